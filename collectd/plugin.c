/* SPDX-License-Identifier: MIT */
/*
 * plugin.c - connledger.so: what collectd calls, and the only file that knows its headers. A <Site>
 * block is one read callback, which scrapes, dispatches and returns 0 even when a target is down:
 * after any other result collectd would ask less and less often.
 */
#include <collectd/core/daemon/plugin.h>
#include <strings.h>

#include "config.h"
#include "encode.h"
#include "notice.h"
#include "watch.h"

enum { ARGS_MAX = 64 };

#define PLUGIN_NAME "connledger"
#define LOG_PREFIX  PLUGIN_NAME " plugin: "

/* What a read callback has of its own: collectd never runs one beside itself. */
struct reader {
	struct collectd_site *site;
	struct watch *watch; /* one for each target: nginx, then uWSGI */
	struct finding_watch finding;
	struct history history;
};

/* One read: the site, and the time that all its values carry. */
struct dispatch {
	const struct collectd_site *site;
	cdtime_t time;
};

static void copy_name(char ret[DATA_MAX_NAME_LEN], const char *text)
{
	(void)snprintf(ret, DATA_MAX_NAME_LEN, "%s", text);
}

/* ---- reading -------------------------------------------------------------------------------- */

static void dispatch_value(void *ctx, const struct collectd_value *value)
{
	const struct dispatch *dispatch = ctx;
	value_t number = {.gauge = value->gauge};
	value_list_t list = {.values = &number, .values_len = 1, .time = dispatch->time};

	if (value->counter)
		number.derive = value->derive;
	/* An empty host becomes the daemon's own. */
	copy_name(list.host, dispatch->site->host != NULL ? dispatch->site->host : "");
	copy_name(list.plugin, value->plugin);
	copy_name(list.plugin_instance, dispatch->site->site.name);
	copy_name(list.type, value->type);
	copy_name(list.type_instance, value->type_instance);
	(void)plugin_dispatch_values(&list);
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

/* Says what is new about a target, once. */
static void report(const struct dispatch *dispatch, struct watch *watch, const char *plugin,
		   const struct target *target, const struct probe *probe)
{
	const char *name = dispatch->site->site.name;
	const struct subject subject = {plugin, "up"};
	char message[NOTIF_MAX_MSG_LEN];

	switch (watch_probe(watch, probe)) {
	case WATCH_SAME:
		break;
	case WATCH_DOWN:
		WARNING(LOG_PREFIX "site \"%s\": %s", name, probe->err.text);
		notify(dispatch, NOTIF_FAILURE, subject, probe->err.text);
		break;
	case WATCH_REASON:
		WARNING(LOG_PREFIX "site \"%s\": %s", name, probe->err.text);
		break;
	case WATCH_UP:
		(void)snprintf(message, sizeof(message), "%s answers again", target->name);
		NOTICE(LOG_PREFIX "site \"%s\": %s", name, message);
		notify(dispatch, NOTIF_OKAY, subject, message);
		break;
	}
}

static void report_all(const struct dispatch *dispatch, struct watch *watch,
		       const struct scrape *scrape)
{
	if (scrape->site->has_nginx)
		report(dispatch, watch++, "nginx", &scrape->site->nginx, &scrape->nginx_probe);
	for (size_t i = 0; i < scrape->uwsgi_len; i++)
		report(dispatch, watch++, "uwsgi", scrape->uwsgi[i].target,
		       &scrape->uwsgi[i].probe);
}

/* Says what is new about a finding, once. */
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

static int read_site(user_data_t *user_data)
{
	struct reader *reader = user_data->data;
	struct dispatch dispatch = {.site = reader->site, .time = cdtime()};
	struct scrape scrape;
	struct err err = {0};

	reader->site->site.memory = reader->history.memory;
	if (scrape_run(&scrape, &reader->site->site, &err)) {
		if (!scrape_judge(&scrape, &reader->history))
			err_set(&err, ERR_MEMORY, "out of memory for findings");
		collectd_encode(&scrape, dispatch_value, &dispatch);
		report_all(&dispatch, reader->watch, &scrape);
		if (err.kind == ERR_NONE)
			finding_watch_take(&reader->finding, &scrape, report_finding, &dispatch);
	}
	if (err.kind != ERR_NONE)
		ERROR(LOG_PREFIX "site \"%s\": %s", reader->site->site.name, err.text);
	scrape_free(&scrape);
	return 0;
}

/* ---- configuration -------------------------------------------------------------------------- */

static void reader_free(void *data)
{
	struct reader *reader = data;

	collectd_site_free(reader->site);
	free(reader->watch);
	free(reader);
}

/* collectd frees the reader from here on, even when it refuses it. */
static int register_reader(struct reader *reader)
{
	const struct collectd_site *site = reader->site;
	user_data_t user_data = {.data = reader, .free_func = reader_free};
	char name[DATA_MAX_NAME_LEN];

	(void)snprintf(name, sizeof(name), PLUGIN_NAME "/%s", site->site.name);
	if (collectd_site_is_slow(site))
		WARNING(LOG_PREFIX "site \"%s\": Timeout %g is not less than the interval of %g "
				   "seconds: a target that hangs will hold up other plugins",
			site->site.name, site->timeout, site->interval);
	return plugin_register_complex_read(PLUGIN_NAME, name, read_site,
					    DOUBLE_TO_CDTIME_T(site->interval), &user_data);
}

static bool take_line(struct collectd_site *site, const oconfig_item_t *item, struct err *err)
{
	struct collectd_arg arg[ARGS_MAX];

	if (item->children_num > 0 || item->values_num > ARGS_MAX)
		return err_set(err, ERR_USAGE, "%.60s: expected at most %d values and no block",
			       item->key, ARGS_MAX);
	for (int i = 0; i < item->values_num; i++) {
		const oconfig_value_t *value = &item->values[i];

		arg[i] = (struct collectd_arg){.kind = COLLECTD_STRING};
		if (value->type == OCONFIG_TYPE_STRING) {
			arg[i].text = value->value.string;
		} else if (value->type == OCONFIG_TYPE_NUMBER) {
			arg[i].kind = COLLECTD_NUMBER;
			arg[i].number = value->value.number;
		} else {
			arg[i].kind = COLLECTD_BOOLEAN;
			arg[i].boolean = value->value.boolean != 0;
		}
	}
	return collectd_site_set(site, item->key, arg, (size_t)item->values_num, err);
}

static struct collectd_site *read_block(const oconfig_item_t *block, struct err *err)
{
	struct collectd_site *site = collectd_site_new(block->values[0].value.string, err);

	for (int i = 0; site != NULL && i < block->children_num; i++) {
		if (!take_line(site, &block->children[i], err)) {
			collectd_site_free(site);
			return NULL;
		}
	}
	if (site != NULL &&
	    !collectd_site_finish(site, CDTIME_T_TO_DOUBLE(plugin_get_interval()), err)) {
		collectd_site_free(site);
		return NULL;
	}
	return site;
}

static struct reader *reader_new(const oconfig_item_t *block, struct err *err)
{
	struct reader *reader = calloc(1, sizeof(*reader));

	if (reader == NULL) {
		err_set(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	history_init(&reader->history);
	reader->site = read_block(block, err);
	if (reader->site != NULL)
		reader->watch = calloc(1 + reader->site->site.uwsgi_len, sizeof(*reader->watch));
	if (reader->watch != NULL)
		return reader;
	err_set(err, ERR_MEMORY, "out of memory");
	reader_free(reader);
	return NULL;
}

static int config_site(const oconfig_item_t *block)
{
	struct reader *reader;
	struct err err = {0};

	if (block->values_num != 1 || block->values[0].type != OCONFIG_TYPE_STRING) {
		ERROR(LOG_PREFIX "Site: expected one name, as in <Site \"blog\">");
		return -1;
	}
	reader = reader_new(block, &err);
	if (reader != NULL)
		return register_reader(reader);
	ERROR(LOG_PREFIX "site \"%s\": %s", block->values[0].value.string, err.text);
	return -1;
}

static int config(oconfig_item_t *block)
{
	for (int i = 0; i < block->children_num; i++) {
		if (strcasecmp(block->children[i].key, "Site") != 0) {
			ERROR(LOG_PREFIX "unknown key \"%s\": expected <Site \"name\">",
			      block->children[i].key);
			return -1;
		}
		if (config_site(&block->children[i]) != 0)
			return -1;
	}
	return 0;
}

EXPORTED void module_register(void)
{
	(void)plugin_register_complex_config(PLUGIN_NAME, config);
}
