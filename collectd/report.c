/* SPDX-License-Identifier: MIT */
/* report.c - log lines and notifications; see report.h. */
#include "report.h"

#include "notice.h"

enum { SECONDS_OF_HOUR = 3600 };

bool report_init(struct report *report, const struct site *site)
{
	*report = (struct report){0};
	report->target = calloc(1 + site->uwsgi_len, sizeof(*report->target));
	return report->target != NULL;
}

void report_free(struct report *report)
{
	free(report->target);
	*report = (struct report){0};
}

static void copy_name(char ret[DATA_MAX_NAME_LEN], const char *text)
{
	(void)snprintf(ret, DATA_MAX_NAME_LEN, "%s", text);
}

/* What a notification is about; the type is "bool": it holds or it does not. */
struct subject {
	const char *plugin;
	const char *type_instance;
};

static void notify(const struct dispatch *dispatch, int severity, struct subject subject,
		   const char *message)
{
	notification_t notification = {.severity = severity, .time = dispatch->time};
	const char *host = dispatch->site->host;

	if (!dispatch->site->notify)
		return;
	(void)snprintf(notification.message, sizeof(notification.message), "%s", message);
	copy_name(notification.host, host != NULL ? host : hostname_g);
	copy_name(notification.plugin, subject.plugin);
	copy_name(notification.plugin_instance, dispatch->site->site.name);
	copy_name(notification.type, "bool");
	copy_name(notification.type_instance, subject.type_instance);
	(void)plugin_dispatch_notification(&notification);
}

/* ---- targets -------------------------------------------------------------------------------- */

/* Says of a target what is to be said; `level` is that of a failure. Whether it went down or came
 * back is in the result. */
static enum outage_line log_outage(const struct dispatch *dispatch, struct outage *outage,
				   const struct probe *probe, int level, const char *back)
{
	const char *name = dispatch->site->site.name;
	double now = CDTIME_T_TO_DOUBLE(dispatch->time);
	enum outage_line line = outage_take(outage, probe, now);

	switch (line) {
	case OUTAGE_NONE:
		break;
	case OUTAGE_BEGAN:
	case OUTAGE_REASON:
		plugin_log(level, LOG_PREFIX "site \"%s\": %s", name, probe->err.text);
		break;
	case OUTAGE_STILL:
		plugin_log(level, LOG_PREFIX "site \"%s\": for %.0f h now: %s", name,
			   (now - outage->since) / SECONDS_OF_HOUR, probe->err.text);
		break;
	case OUTAGE_OVER:
		NOTICE(LOG_PREFIX "site \"%s\": %s", name, back);
		break;
	}
	return line;
}

static void report_target(const struct dispatch *dispatch, struct outage *outage,
			  const char *plugin, const struct target *target,
			  const struct probe *probe)
{
	const struct subject subject = {plugin, "up"};
	char back[NOTIF_MAX_MSG_LEN];
	enum outage_line line;

	(void)snprintf(back, sizeof(back), "%s answers again", target->name);
	line = log_outage(dispatch, outage, probe, LOG_WARNING, back);
	if (line == OUTAGE_BEGAN)
		notify(dispatch, NOTIF_FAILURE, subject, probe->err.text);
	else if (line == OUTAGE_OVER)
		notify(dispatch, NOTIF_OKAY, subject, back);
}

static void report_targets(const struct dispatch *dispatch, struct outage *outage,
			   const struct scrape *scrape)
{
	if (scrape->site->has_nginx)
		report_target(dispatch, outage++, "nginx", &scrape->site->nginx,
			      &scrape->nginx_probe);
	for (size_t i = 0; i < scrape->uwsgi_len; i++)
		report_target(dispatch, outage++, "uwsgi", scrape->uwsgi[i].target,
			      &scrape->uwsgi[i].probe);
}

/* ---- findings ------------------------------------------------------------------------------- */

static void report_finding(void *ctx, const struct finding_news *news)
{
	const struct dispatch *dispatch = ctx;
	const char *site = dispatch->site->site.name;
	const char *name = finding_name(news->kind);
	const struct subject subject = {PLUGIN_NAME, name};
	char message[COLLECTD_MESSAGE_MAX];

	collectd_notice_text(message, news);
	if (news->event == FINDING_ENDED)
		NOTICE(LOG_PREFIX "site \"%s\": %s", site, message);
	else
		plugin_log(news->severity == SEVERITY_INFO ? LOG_INFO : LOG_WARNING,
			   LOG_PREFIX "site \"%s\": %s (%s): %s", site, name,
			   severity_name(news->severity), message);
	switch (collectd_notice_level(news)) {
	case COLLECTD_QUIET:
		break;
	case COLLECTD_OKAY:
		notify(dispatch, NOTIF_OKAY, subject, message);
		break;
	case COLLECTD_WARNING:
		notify(dispatch, NOTIF_WARNING, subject, message);
		break;
	case COLLECTD_FAILURE:
		notify(dispatch, NOTIF_FAILURE, subject, message);
		break;
	}
}

void report_read(struct report *report, const struct dispatch *dispatch,
		 const struct scrape *scrape, const struct err *err)
{
	struct probe own = {.asked = true, .up = err->kind == ERR_NONE, .err = *err};
	struct dispatch copy = *dispatch;

	(void)log_outage(dispatch, &report->own, &own, LOG_ERR, "reads work again");
	if (!own.up)
		return;
	report_targets(dispatch, report->target, scrape);
	finding_watch_take(&report->finding, scrape, report_finding, &copy);
}
