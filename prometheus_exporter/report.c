/* SPDX-License-Identifier: MIT */
/* report.c - what the log hears about targets and findings; see report.h. */
#include "report.h"

#include "same_site.h"

static size_t count_targets(const struct exporter_config *config)
{
	size_t len;
	const struct site *site = exporter_config_sites(config, &len);
	size_t targets = 0;

	for (size_t i = 0; i < len; i++)
		targets += site[i].uwsgi_len + (site[i].has_nginx ? 1 : 0);
	return targets;
}

bool exporter_report_init(struct exporter_report *report, const struct exporter_log *log,
			  const struct exporter_config *config)
{
	size_t len;

	(void)exporter_config_sites(config, &len);
	*report = (struct exporter_report){.log = log};
	/* One too many of each: room for none might be NULL. */
	report->watch = calloc(count_targets(config) + 1, sizeof(*report->watch));
	report->finding = calloc(len + 1, sizeof(*report->finding));
	if (report->watch != NULL && report->finding != NULL)
		return true;
	exporter_report_free(report);
	return false;
}

void exporter_report_free(struct exporter_report *report)
{
	free(report->watch);
	free(report->finding);
	*report = (struct exporter_report){0};
}

/* The targets of a configuration, in the order of the watches. */
static size_t list_targets(const struct target **target, const struct exporter_config *config)
{
	size_t len;
	const struct site *site = exporter_config_sites(config, &len);
	size_t found = 0;

	for (size_t i = 0; i < len; i++) {
		if (site[i].has_nginx)
			target[found++] = &site[i].nginx;
		for (size_t k = 0; k < site[i].uwsgi_len; k++)
			target[found++] = &site[i].uwsgi[k];
	}
	return found;
}

/* Where memory is out, the log hears of them again. */
static void inherit_targets(struct exporter_report *report, const struct exporter_config *config,
			    const struct exporter_report *from,
			    const struct exporter_config *from_config)
{
	const struct target **target = calloc(count_targets(config) + 1, sizeof(*target));
	const struct target **old = calloc(count_targets(from_config) + 1, sizeof(*old));

	if (target != NULL && old != NULL) {
		size_t len = list_targets(target, config);
		size_t old_len = list_targets(old, from_config);

		for (size_t i = 0; i < len; i++) {
			size_t k = 0;

			while (k < old_len && strcmp(old[k]->name, target[i]->name) != 0)
				k++;
			if (k < old_len)
				report->watch[i] = from->watch[k];
		}
	}
	free(target);
	free(old);
}

void exporter_report_inherit(struct exporter_report *report, const struct exporter_config *config,
			     const struct exporter_report *from,
			     const struct exporter_config *from_config)
{
	size_t len;
	size_t from_len;
	const struct site *site = exporter_config_sites(config, &len);
	const struct site *old = exporter_config_sites(from_config, &from_len);

	for (size_t i = 0; i < len; i++) {
		size_t k = same_site_find(old, from_len, &site[i]);

		if (k < from_len)
			report->finding[i] = from->finding[k];
	}
	inherit_targets(report, config, from, from_config);
	report->began = from->began;
}

static void report_probe(const struct exporter_report *report, struct watch *watch,
			 const struct target *target, const struct probe *probe)
{
	/* That says nothing of the target, which is as it was. */
	if (!probe->up && err_is_own(probe->err.kind)) {
		exporter_log(report->log, EXPORTER_WARN, "target could not be asked",
			     LOG_FIELDS({"target", target->name},
					{"reason", err_kind_name(probe->err.kind)},
					{"err", probe->err.text}));
		return;
	}
	switch (watch_probe(watch, probe)) {
	case WATCH_SAME:
		break;
	case WATCH_DOWN:
	case WATCH_REASON:
		exporter_log(report->log, EXPORTER_WARN, "target is down",
			     LOG_FIELDS({"target", target->name},
					{"reason", err_kind_name(probe->err.kind)},
					{"err", probe->err.text}));
		break;
	case WATCH_UP:
		exporter_log(report->log, EXPORTER_INFO, "target is back",
			     LOG_FIELDS({"target", target->name}));
		break;
	}
}

static struct watch *report_targets(const struct exporter_report *report, struct watch *watch,
				    const struct scrape *scrape)
{
	if (scrape->site->has_nginx)
		report_probe(report, watch++, &scrape->site->nginx, &scrape->nginx_probe);
	for (size_t i = 0; i < scrape->uwsgi_len; i++)
		report_probe(report, watch++, scrape->uwsgi[i].target, &scrape->uwsgi[i].probe);
	return watch;
}

/* Whose findings are told. */
struct telling {
	const struct exporter_log *log;
	const struct site *site;
};

static void report_finding(void *ctx, const struct finding_news *news)
{
	const struct telling *telling = ctx;
	const char *site = prom_site_name(telling->site);
	const char *name = finding_name(news->kind);
	const struct finding *finding = news->finding;

	if (finding == NULL) {
		exporter_log(telling->log, EXPORTER_INFO, "finding is over",
			     LOG_FIELDS({"site", site}, {"finding", name}));
		return;
	}
	exporter_log(telling->log, news->severity == SEVERITY_INFO ? EXPORTER_INFO : EXPORTER_WARN,
		     news->event == FINDING_CHANGED ? "finding has changed" : "finding",
		     LOG_FIELDS({"site", site}, {"finding", name},
				{"severity", severity_name(news->severity)},
				{"what", finding->what}, {"evidence", finding->evidence},
				{"advice", finding->advice}));
}

void exporter_report(struct exporter_report *report, const struct exporter_collection *collection)
{
	struct watch *watch = report->watch;

	if (collection->began < report->began)
		return;
	report->began = collection->began;
	for (size_t i = 0; i < collection->len; i++) {
		const struct scrape *scrape = &collection->scrape[i];
		struct telling telling = {report->log, scrape->site};

		watch = report_targets(report, watch, scrape);
		if (!report->only_targets)
			finding_watch_take(&report->finding[i], scrape, report_finding, &telling);
	}
}
