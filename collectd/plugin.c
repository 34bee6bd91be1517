/* SPDX-License-Identifier: MIT */
/*
 * plugin.c - connledger.so: what collectd calls. A <Site> block is one read callback, which
 * scrapes, dispatches and returns 0 even when a target is down: after any other result collectd
 * would ask less and less often.
 */
#include <strings.h>

#include "clock.h"
#include "config.h"
#include "daemon.h"
#include "desk.h"
#include "emit.h"
#include "encode.h"
#include "report.h"
#include "resolver.h"

enum { ARGS_MAX = 64 };

/* Of all sites; there from module_register() to the plugin's end. */
static struct desk desk;
static bool has_desk;

/* What a read callback has of its own: collectd never runs one beside itself. */
struct reader {
	struct collectd_site *site;
	struct report report;
	struct history history;
};

/* ---- reading -------------------------------------------------------------------------------- */

/* The pages, then the ledger: both together take no longer than the site's Timeout, since a thread
 * that waits for one site is missing for all plugins of the daemon. */
static bool read_all(struct reader *reader, struct scrape *scrape, struct err *err)
{
	struct site *site = &reader->site->site;
	double start = clock_now(CLOCK_MONOTONIC);
	double deadline = start + reader->site->timeout - SCRAPE_OVERTIME_MS / 1e3;

	site->memory = reader->history.memory;
	desk_enter(&desk);
	if (scrape_fetch_all(scrape, site, 1, NULL, err))
		return desk_observe(&desk, scrape, deadline, err);
	desk_leave(&desk);
	return false;
}

static int read_site(user_data_t *user_data)
{
	struct reader *reader = user_data->data;
	struct dispatch dispatch = {.site = reader->site, .time = cdtime()};
	struct scrape scrape;
	struct err err = {0};

	(void)err_own_take();
	if (read_all(reader, &scrape, &err)) {
		if (!scrape_judge(&scrape, &reader->history))
			err_set(&err, ERR_MEMORY, "out of memory for findings");
		collectd_encode(&scrape, reader->site->per_worker, emit_value, &dispatch);
	}
	/* What is missing then says nothing of the servers. */
	if (err_own_seen() != ERR_NONE)
		(void)err_set(&err, err_own_seen(), "%s", err_own_text(err_own_seen()));
	report_read(&reader->report, &dispatch, &scrape, &err);
	scrape_free(&scrape);
	return 0;
}

/* ---- configuration -------------------------------------------------------------------------- */

static void reader_free(void *data)
{
	struct reader *reader = data;

	collectd_site_free(reader->site);
	report_free(&reader->report);
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
	if (reader->site != NULL && report_init(&reader->report, &reader->site->site)) {
		reader->site->site.own = &desk.own;
		return reader;
	}
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

/* The daemon has ended the threads that read. */
static int shut_down(void)
{
	resolver_of_process_free();
	if (has_desk)
		desk_free(&desk);
	has_desk = false;
	return 0;
}

EXPORTED void module_register(void)
{
	has_desk = desk_init(&desk);
	if (!has_desk) {
		ERROR(LOG_PREFIX "out of memory");
		return;
	}
	(void)plugin_register_complex_config(PLUGIN_NAME, config);
	(void)plugin_register_shutdown(PLUGIN_NAME, shut_down);
}
