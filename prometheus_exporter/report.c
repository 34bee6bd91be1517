/* SPDX-License-Identifier: MIT */
/* report.c - what the log hears about targets; see report.h. */
#include "report.h"

bool exporter_report_init(struct exporter_report *report, const struct exporter_log *log,
			  const struct exporter_config *config, struct err *err)
{
	size_t len;
	const struct site *site = exporter_config_sites(config, &len);
	size_t targets = 1; /* one too many: room for none might be NULL */

	*report = (struct exporter_report){.log = log};
	for (size_t i = 0; i < len; i++)
		targets += site[i].uwsgi_len + (site[i].has_nginx ? 1 : 0);
	report->watch = calloc(targets, sizeof(*report->watch));
	if (report->watch == NULL || pthread_mutex_init(&report->lock, NULL) != 0) {
		free(report->watch);
		report->watch = NULL;
		return err_set(err, ERR_MEMORY, "out of memory");
	}
	return true;
}

void exporter_report_free(struct exporter_report *report)
{
	if (report->watch != NULL)
		(void)pthread_mutex_destroy(&report->lock);
	free(report->watch);
	*report = (struct exporter_report){0};
}

static void report_probe(const struct exporter_report *report, struct watch *watch,
			 const struct target *target, const struct probe *probe)
{
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

void exporter_report(struct exporter_report *report, const struct scrape *scrape, size_t scrape_len)
{
	struct watch *watch = report->watch;

	(void)pthread_mutex_lock(&report->lock);
	for (size_t i = 0; i < scrape_len; i++) {
		if (scrape[i].site->has_nginx)
			report_probe(report, watch++, &scrape[i].site->nginx,
				     &scrape[i].nginx_probe);
		for (size_t k = 0; k < scrape[i].uwsgi_len; k++)
			report_probe(report, watch++, scrape[i].uwsgi[k].target,
				     &scrape[i].uwsgi[k].probe);
	}
	(void)pthread_mutex_unlock(&report->lock);
}
