/* SPDX-License-Identifier: MIT */
/* api.c - the JSON behind the status page; see api.h. The members of an object are the rows of its
 * entity in the metric table. */
#include "api.h"

#include "json.h"

static void add_row(struct json *json, const struct metric *metric, const void *object)
{
	struct value value;

	if (!metric_value(metric, object, &value))
		json_null(json, metric->key);
	else if (metric->kind == METRIC_STATE)
		json_text(json, metric->key, metric->names[value.u64]);
	else if (metric->type == FIELD_BOOL)
		json_bool(json, metric->key, value.u64 != 0);
	else if (value.type == FIELD_DOUBLE || (metric->scale > 0 && metric->scale < 1))
		json_double(json, metric->key, metric_scaled(metric, value));
	else if (value.type == FIELD_I64)
		json_i64(json, metric->key, value.i64);
	else
		json_u64(json, metric->key, value.u64);
}

/* The lines of the ledger are a list of their own; what a state is, its own row says. */
static void add_rows(struct json *json, const struct entity *entity, const void *object)
{
	for (size_t i = 0; i < entity->metric_len; i++) {
		const struct metric *metric = &entity->metric[i];

		if (metric->prom.word == NULL && !metric->is)
			add_row(json, metric, object);
	}
}

/* A text of the model: "" is one that is not known. */
static void add_text(struct json *json, const char *name, const char *text)
{
	json_text(json, name, text[0] != '\0' ? text : NULL);
}

static void add_label(struct json *json, const struct label *label, const void *object)
{
	const struct metric row = {.key = label->key, .type = label->type, .offset = label->offset};
	const char *text;

	if (label->type == FIELD_TEXT) {
		memcpy(&text, (const char *)object + label->offset, sizeof(text));
		add_text(json, label->key, text);
	} else {
		add_row(json, &row, object);
	}
}

static void add_labels(struct json *json, const struct entity *entity, const void *object)
{
	for (size_t i = 0; i < entity->label_len; i++)
		add_label(json, &entity->label[i], object);
}

/* An object: its labels, then its numbers. Left open. */
static void open_object(struct json *json, const char *name, const struct entity *entity,
			const void *object)
{
	json_open(json, name, '{');
	add_labels(json, entity, object);
	add_rows(json, entity, object);
}

static void add_object(struct json *json, const char *name, const struct entity *entity,
		       const void *object)
{
	open_object(json, name, entity, object);
	json_close(json, '}');
}

/* A list of objects. */
static void add_list(struct json *json, const char *name, const struct entity *entity,
		     const struct list *list)
{
	json_open(json, name, '[');
	for (size_t i = 0; i < list->len; i++)
		add_object(json, NULL, entity, (const char *)list->item + i * entity->size);
	json_close(json, ']');
}

static void add_probe(struct json *json, const struct target *target, const struct probe *probe)
{
	json_text(json, "target", target->name);
	if (!probe->up && err_is_own(probe->err.kind))
		json_null(json, "up");
	else
		json_bool(json, "up", probe->up);
	json_text(json, "error", probe->up ? NULL : probe->err.text);
	json_double(json, "seconds", probe->seconds);
}

static void add_nginx(struct json *json, const struct scrape *scrape)
{
	if (!scrape->site->has_nginx) {
		json_null(json, "nginx");
		return;
	}
	json_open(json, "nginx", '{');
	add_probe(json, &scrape->site->nginx, &scrape->nginx_probe);
	add_text(json, "server", scrape->nginx.server);
	if (scrape->nginx_probe.up)
		add_object(json, "counters", view_root(ROOT_NGINX), &scrape->nginx);
	else
		json_null(json, "counters");
	json_close(json, '}');
}

static void add_workers(struct json *json, const struct uwsgi_stats *stats)
{
	const struct entity *entity = view_list(ROOT_UWSGI, offsetof(struct uwsgi_stats, workers));
	const struct uwsgi_worker *worker = stats->workers.item;

	json_open(json, "workers", '[');
	for (size_t i = 0; i < stats->workers.len; i++) {
		open_object(json, NULL, entity, &worker[i]);
		json_u64(json, "busy_cores", view_busy_cores(&worker[i]));
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void add_server(struct json *json, const struct uwsgi_scrape *server)
{
	const struct uwsgi_stats *stats = &server->stats;

	json_open(json, NULL, '{');
	add_probe(json, server->target, &server->probe);
	add_text(json, "version", server->probe.up ? stats->version : "");
	if (server->probe.up) {
		json_open(json, "server", '{');
		add_rows(json, view_root(ROOT_UWSGI), stats);
		json_close(json, '}');
		add_list(json, "sockets",
			 view_list(ROOT_UWSGI, offsetof(struct uwsgi_stats, sockets)),
			 &stats->sockets);
		add_workers(json, stats);
	} else {
		json_null(json, "server");
		json_null(json, "sockets");
		json_null(json, "workers");
	}
	json_close(json, '}');
}

static void add_uwsgi(struct json *json, const struct scrape *scrape)
{
	json_open(json, "uwsgi", '[');
	for (size_t i = 0; i < scrape->uwsgi_len; i++)
		add_server(json, &scrape->uwsgi[i]);
	json_close(json, ']');
	if (scrape->uwsgi_len > 0 && scrape->uwsgi_site.up)
		add_object(json, "totals", view_root(ROOT_TOTALS), &scrape->totals);
	else
		json_null(json, "totals");
}

static void add_bounds(struct json *json, const struct ledger *ledger, size_t offset)
{
	struct ledger_bounds bounds;

	if (!ledger_bounds(&bounds, ledger, offset) || !(bounds.low < bounds.high))
		return;
	json_double(json, "low", bounds.low);
	json_double(json, "high", bounds.high);
}

static void add_lines(struct json *json, const struct ledger *ledger)
{
	json_open(json, "lines", '[');
	for (size_t i = 0; i < course_lines(); i++) {
		const struct metric *line = course_line(i);
		double number;

		json_open(json, NULL, '{');
		json_text(json, "held_by", line->prom.word);
		json_double(json, "connections",
			    view_number(line, ledger, &number) ? number : NOT_KNOWN);
		add_bounds(json, ledger, line->offset);
		json_text(json, "help", line->help);
		json_close(json, '}');
	}
	json_close(json, ']');
}

/* Those of the applications: the rows that say where a request is. */
static void add_requests(struct json *json, const struct ledger *ledger)
{
	const struct entity *entity = view_root(ROOT_LEDGER);

	json_open(json, "requests", '[');
	for (size_t i = 0; i < REQUESTS_MAX; i++) {
		size_t offset = offsetof(struct ledger, requests) + i * sizeof(double);
		const struct metric *row = entity->metric;

		while (row->offset != offset)
			row++;
		json_open(json, NULL, '{');
		json_text(json, "held_by", row->prom.word);
		json_double(json, "requests", ledger->requests[i]);
		add_bounds(json, ledger, offset);
		json_text(json, "help", row->help);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void add_ledger(struct json *json, const struct scrape *scrape)
{
	const struct ledger *ledger = &scrape->ledger;
	const struct list none = {0};

	if (ledger->asked) {
		open_object(json, "ledger", view_root(ROOT_LEDGER), ledger);
		add_text(json, "reason", ledger->reason);
		if (ledger->has_lines)
			add_lines(json, ledger);
		else
			json_null(json, "lines");
		if (isnan(ledger->requests[0]))
			json_null(json, "requests");
		else
			add_requests(json, ledger);
		add_text(json, "requests_reason", ledger->requests_reason);
		json_close(json, '}');
	} else {
		json_null(json, "ledger");
	}
	add_list(json, "listeners", view_list(ROOT_LEDGER, offsetof(struct ledger, listeners)),
		 ledger->asked ? &ledger->listeners : &none);
	add_list(json, "sockets", view_list(ROOT_LEDGER, offsetof(struct ledger, sockets)),
		 ledger->asked ? &ledger->sockets : &none);
}

static void add_findings(struct json *json, const struct scrape *scrape)
{
	const struct finding *finding = scrape->findings.item;

	json_open(json, "findings", '[');
	for (size_t i = 0; i < scrape->findings.len; i++) {
		json_open(json, NULL, '{');
		json_text(json, "finding", finding[i].name);
		json_text(json, "severity", finding[i].severity_name);
		json_text(json, "what", finding[i].what);
		json_text(json, "evidence", finding[i].evidence);
		json_text(json, "advice", finding[i].advice);
		json_close(json, '}');
	}
	json_close(json, ']');
}

/* A thousandth is enough, and short. */
static void add_rounded(struct json *json, double value)
{
	json_double(json, NULL, round(value * 1e3) / 1e3);
}

static void add_course(struct json *json, const struct course *course)
{
	if (course == NULL) {
		json_null(json, "course");
		return;
	}
	json_open(json, "course", '{');
	json_u64(json, "step_seconds", course->step_seconds);
	json_open(json, "lines", '[');
	for (size_t i = 0; i < course_lines(); i++)
		json_text(json, NULL, course_line(i)->prom.word);
	json_close(json, ']');
	json_open(json, "samples", '[');
	for (size_t i = 0; i < course->len; i++) {
		const struct course_sample *sample = course_at(course, i);

		json_open(json, NULL, '[');
		add_rounded(json, sample->time);
		for (size_t k = 0; k < course_lines(); k++)
			add_rounded(json, (double)sample->line[k]);
		json_close(json, ']');
	}
	json_close(json, ']');
	json_close(json, '}');
}

void exporter_api(struct buf *out, const struct exporter_view *view)
{
	const struct view_whole whole = view_whole(view);
	struct json json;

	json_init(&json, out);
	json_open(&json, NULL, '{');
	json_text(&json, "version", CONNLEDGER_VERSION);
	json_double(&json, "generated", view_time(view));
	json_open(&json, "sites", '[');
	for (size_t i = 0; i < view->scrape_len; i++) {
		const struct scrape *scrape = &view->scrape[i];

		json_open(&json, NULL, '{');
		json_text(&json, "name", prom_site_name(scrape->site));
		json_text(&json, "severity", view_level_name(view_level(scrape)));
		json_double(&json, "time", scrape->time);
		json_double(&json, "seconds", scrape->seconds);
		add_nginx(&json, scrape);
		add_uwsgi(&json, scrape);
		add_ledger(&json, scrape);
		add_findings(&json, scrape);
		add_course(&json, view_is_whole(&whole, i) ? view_course(view, i) : NULL);
		json_close(&json, '}');
	}
	json_close(&json, ']');
	json_close(&json, '}');
	buf_add_char(out, '\n');
}
