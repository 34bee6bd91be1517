/* SPDX-License-Identifier: MIT */
/* page_workers.c - uWSGI's workers at a glance: a cell for each, what they add up to, and a table;
 * see page_part.h. */
#include <inttypes.h>

#include "page_part.h"
#include "uwsgi.h"

enum {
	CELLS_MAX = 1024, /* of a server; the JSON has all */
	ROWS_MAX = 256,
	FILL_STEPS = 4, /* a cell is filled by quarters */
};

static const struct entity *worker_entity(void)
{
	return view_list(ROOT_UWSGI, offsetof(struct uwsgi_stats, workers));
}

/* A column of the table is a row of the metric table that sums are made of. */
static bool is_column(const struct metric *metric)
{
	return metric->total != 0 && !metric->is;
}

/* "3 busy, 1 idle" */
static void add_states(struct buf *out, const struct uwsgi_stats *stats)
{
	const struct uwsgi_worker *worker = stats->workers.item;
	uint64_t count[WORKER_STATUS_MAX] = {[WORKER_CHEAP] = stats->unstarted};
	bool any = false;

	for (size_t i = 0; i < stats->workers.len; i++)
		count[worker[i].status]++;
	for (size_t i = 0; i < WORKER_STATUS_MAX; i++) {
		if (count[i] == 0)
			continue;
		buf_addf(out, "%s%" PRIu64 " %s", any ? ", " : "", count[i], worker_status_name[i]);
		any = true;
	}
	if (!any)
		buf_add_text(out, "no workers");
}

static void add_cell(struct buf *out, const struct uwsgi_worker *worker)
{
	uint64_t cores = worker->core_count > 0 ? worker->core_count : 1;
	uint64_t busy = view_busy_cores(worker);
	uint64_t fill = (busy * FILL_STEPS + cores - 1) / cores;

	buf_addf(out, "<i class=\"w-%s f%" PRIu64 "\" title=\"worker %" PRIu64 ": %s",
		 worker_status_name[worker->status], fill < FILL_STEPS ? fill : FILL_STEPS,
		 worker->id, worker_status_name[worker->status]);
	if (worker->core_count > 1)
		buf_addf(out, ", %" PRIu64 " of %" PRIu64 " cores busy", busy, worker->core_count);
	buf_add_text(out, "\"></i>");
}

static void add_cells(struct buf *out, const struct uwsgi_stats *stats)
{
	const struct uwsgi_worker *worker = stats->workers.item;
	size_t len = stats->workers.len < CELLS_MAX ? stats->workers.len : CELLS_MAX;

	buf_add_text(out, "<div class=\"cells\" data-cells role=\"img\" aria-label=\"");
	add_states(out, stats);
	buf_add_text(out, "\">");
	for (size_t i = 0; i < len; i++)
		add_cell(out, &worker[i]);
	buf_add_text(out, "</div>\n<p class=\"quiet\" data-states>");
	add_states(out, stats);
	buf_add_text(out, "</p>\n");
}

static void add_row(struct buf *out, const struct uwsgi_worker *worker)
{
	const struct entity *entity = worker_entity();

	buf_addf(out,
		 "<tr><th scope=\"row\">%" PRIu64 "</th><td>%s</td><td class=\"n\">%" PRIu64
		 " of %" PRIu64 "</td>",
		 worker->id, worker_status_name[worker->status], view_busy_cores(worker),
		 worker->core_count);
	for (size_t i = 0; i < entity->metric_len; i++) {
		const struct metric *metric = &entity->metric[i];
		double number;

		if (!is_column(metric))
			continue;
		buf_add_text(out, "<td class=\"n\">");
		if (view_number(metric, worker, &number))
			page_add_number(out, number, metric->unit);
		buf_add_text(out, "</td>");
	}
	buf_add_text(out, "</tr>\n");
}

static void add_table_head(struct buf *out)
{
	const struct entity *entity = worker_entity();

	buf_add_text(out, "<thead><tr><th scope=\"col\">worker</th><th scope=\"col\">status</th>"
			  "<th scope=\"col\">busy cores</th>");
	for (size_t i = 0; i < entity->metric_len; i++) {
		const struct metric *metric = &entity->metric[i];

		if (!is_column(metric))
			continue;
		buf_addf(out, "<th scope=\"col\" data-key=\"%s\" data-u=\"%s\" title=\"",
			 metric->key, metric->unit);
		html_add(out, metric->help);
		buf_add_text(out, "\">");
		page_add_key(out, metric);
		buf_add_text(out, "</th>");
	}
	buf_add_text(out, "</tr></thead>\n");
}

static void add_table(struct buf *out, const struct uwsgi_scrape *server, bool named)
{
	const struct uwsgi_stats *stats = &server->stats;
	const struct uwsgi_worker *worker = stats->workers.item;
	size_t len = stats->workers.len < ROWS_MAX ? stats->workers.len : ROWS_MAX;

	buf_add_text(out, "<details><summary>Each worker");
	if (named) {
		buf_add_text(out, " of <code>");
		html_add(out, server->target->name);
		buf_add_text(out, "</code>");
	}
	buf_add_text(out, "</summary>\n<div class=\"wide\" role=\"region\" "
			  "aria-label=\"Each worker\" tabindex=\"0\">\n<table data-table>");
	add_table_head(out);
	buf_add_text(out, "<tbody>\n");
	for (size_t i = 0; i < len; i++)
		add_row(out, &worker[i]);
	buf_addf(out,
		 "</tbody></table></div>\n<p class=\"quiet\">At most %d workers stand here; the "
		 "JSON has all.</p>\n</details>\n",
		 ROWS_MAX);
}

static bool is_shown(const struct uwsgi_scrape *server)
{
	return server->probe.up && server->stats.kind == UWSGI_APP;
}

static void add_server(struct buf *out, const struct uwsgi_scrape *server, size_t number,
		       bool named)
{
	buf_addf(out, "<div data-server=\"%zu\"", number);
	page_add_hidden(out, is_shown(server));
	buf_add_char(out, '>');
	if (named) {
		buf_add_text(out, "<h4><code>");
		html_add(out, server->target->name);
		buf_add_text(out, "</code></h4>\n");
	}
	add_cells(out, &server->stats);
	buf_add_text(out, "</div>\n");
}

static const struct uwsgi_totals *totals_of(const struct scrape *scrape)
{
	return scrape->uwsgi_len > 0 && scrape->uwsgi_site.up ? &scrape->totals : NULL;
}

static void add_load(struct buf *out, const struct scrape *scrape)
{
	const struct entity *entity = view_root(ROOT_TOTALS);
	const struct uwsgi_totals *totals = totals_of(scrape);

	buf_add_text(out, "<p class=\"total\" data-totals");
	page_add_hidden(out, totals != NULL);
	buf_add_text(out, "><strong>");
	page_add_value(out, "totals", page_row(entity, offsetof(struct uwsgi_totals, busy_cores)),
		       totals);
	buf_add_text(out, "</strong> of ");
	page_add_value(out, "totals", page_row(entity, offsetof(struct uwsgi_totals, cores)),
		       totals);
	buf_add_text(out, " cores are in a request</p>\n");
}

static void add_totals(struct buf *out, const struct scrape *scrape)
{
	static const size_t shown[] = {
		offsetof(struct uwsgi_totals, oldest_request),
		offsetof(struct uwsgi_totals, average_seconds),
		offsetof(struct uwsgi_totals, requests),
		offsetof(struct uwsgi_totals, exceptions),
		offsetof(struct uwsgi_totals, harakiri_count),
		offsetof(struct uwsgi_totals, respawn_count),
	};
	const struct entity *entity = view_root(ROOT_TOTALS);

	buf_add_text(out, "<dl class=\"numbers\" data-totals");
	page_add_hidden(out, totals_of(scrape) != NULL);
	buf_add_text(out, ">\n");
	for (size_t i = 0; i < ARRAY_LEN(shown); i++)
		page_add_entry(out, "totals", page_row(entity, shown[i]), totals_of(scrape));
	buf_add_text(out, "</dl>\n");
}

/* The tables of all workers stand below everything else. */
static void add_tables(struct buf *out, const struct scrape *scrape)
{
	for (size_t i = 0; i < scrape->uwsgi_len; i++) {
		const struct uwsgi_scrape *server = &scrape->uwsgi[i];

		buf_addf(out, "<div data-server=\"%zu\"", i);
		page_add_hidden(out, is_shown(server));
		buf_add_char(out, '>');
		add_table(out, server, scrape->uwsgi_len > 1);
		buf_add_text(out, "</div>\n");
	}
}

void page_add_workers(struct buf *out, const struct page_site *site)
{
	const struct scrape *scrape = site->scrape;
	bool any = false;

	if (scrape->uwsgi_len == 0)
		return;
	for (size_t i = 0; i < scrape->uwsgi_len; i++)
		any = any || is_shown(&scrape->uwsgi[i]);
	buf_addf(out, "<section class=\"card workers\" data-workers aria-labelledby=\"w%zu\"",
		 site->number);
	page_add_hidden(out, any);
	buf_addf(out, ">\n<h3 id=\"w%zu\">uWSGI workers</h3>\n", site->number);
	add_load(out, scrape);
	for (size_t i = 0; i < scrape->uwsgi_len; i++)
		add_server(out, &scrape->uwsgi[i], i, scrape->uwsgi_len > 1);
	add_totals(out, scrape);
	add_tables(out, scrape);
	buf_add_text(out, "</section>\n");
}
