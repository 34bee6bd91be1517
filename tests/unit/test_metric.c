/* SPDX-License-Identifier: MIT */
/*
 * Walks the metric table: every row must be whole, and its names valid and unique in every dialect.
 * A mistake in a row is found here, not by a user's dashboard.
 */
#include "unit.h"

#include <ctype.h>

#include "../../munin/encode.h"
#include "metric.h"
#include "model.h"

struct row {
	const struct entity *entity;
	const struct metric *metric;
};

enum { ROWS_MAX = 400 };

static size_t all_rows(struct row *row)
{
	size_t len = 0;

	for (size_t e = 0; e < entity_all_len; e++) {
		for (size_t m = 0; m < entity_all[e]->metric_len; m++) {
			assert_true(len < ROWS_MAX);
			row[len++] = (struct row){entity_all[e], &entity_all[e]->metric[m]};
		}
	}
	return len;
}

#define FAIL_ROW(row, ...)                                                                         \
	do {                                                                                       \
		print_error("%s.%s: ", (row).entity->name, (row).metric->key);                      \
		fail_msg(__VA_ARGS__);                                                              \
	} while (0)

static bool only(const char *text, const char *more)
{
	if (*text == '\0' || isdigit((unsigned char)*text))
		return false;
	for (; *text != '\0'; text++) {
		if (!isalnum((unsigned char)*text) && strchr(more, *text) == NULL)
			return false;
	}
	return true;
}

static bool is_word(const char *text, const char *const *words)
{
	for (; *words != NULL; words++) {
		if (strcmp(text, *words) == 0)
			return true;
	}
	return false;
}

static bool same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static void test_rows_are_whole(void **state)
{
	static const char *const units[] = {
		"",         "applications", "attempts", "blocks", "bytes",   "connections", "cores",
		"entries",  "errors",       "exceptions", "failures", "items", "kills",     "lookups",
		"members",  "percent",      "requests", "samples", "seconds", "servers", "sessions",
		"signals",  "slots",        "starts",   "tasks",    "workers", NULL,
	};
	static struct row row[ROWS_MAX];
	size_t len = all_rows(row);

	(void)state;
	assert_true(len > 100);
	for (size_t i = 0; i < len; i++) {
		const struct metric *m = row[i].metric;

		assert_non_null(m->key);
		if (m->help == NULL || strlen(m->help) < 10 || strlen(m->help) > 160 ||
		    m->help[strlen(m->help) - 1] == '.' || !isupper((unsigned char)m->help[0]))
			if (m->help == NULL || (strncmp(m->help, "uWSGI", 5) != 0 &&
						strncmp(m->help, "nginx", 5) != 0))
				FAIL_ROW(row[i], "help must be a sentence fragment");
		if (m->unit == NULL || !is_word(m->unit, units))
			FAIL_ROW(row[i], "unknown unit \"%s\"", m->unit == NULL ? "" : m->unit);
		if (m->type == FIELD_NONE || m->type == FIELD_TEXT)
			FAIL_ROW(row[i], "no number");
		if (m->offset >= row[i].entity->size)
			FAIL_ROW(row[i], "field outside of its object");
		if (m->is && m->type != FIELD_ENUM)
			FAIL_ROW(row[i], "`is` without an enum");
		if ((m->kind == METRIC_STATE) != (m->names != NULL))
			FAIL_ROW(row[i], "a state has names, nothing else has");
		if (m->scale < 0 || (m->scale > 0 && m->unit[0] == '\0'))
			FAIL_ROW(row[i], "scale without a unit");
		if (m->total > sizeof(struct uwsgi_totals) - sizeof(uint64_t) + 1)
			FAIL_ROW(row[i], "total outside of struct uwsgi_totals");
	}
}

static void test_keys_are_unique(void **state)
{
	static struct row row[ROWS_MAX];
	size_t len = all_rows(row);

	(void)state;
	for (size_t i = 0; i < len; i++) {
		for (size_t k = 0; k < i; k++) {
			if (row[i].entity == row[k].entity && same(row[i].metric->key, row[k].metric->key))
				FAIL_ROW(row[i], "key used twice");
		}
	}
}

static void test_entities(void **state)
{
	(void)state;
	for (size_t i = 0; i < entity_all_len; i++) {
		const struct entity *e = entity_all[i];
		bool parent_seen = e->parent == NULL;

		assert_true(only(e->name, "_"));
		assert_non_null(e->title);
		assert_true(e->size > 0);
		assert_true(e->parent != NULL || e->shape == SHAPE_NONE);
		assert_int_equal(e->shape == SHAPE_NONE, e->json == NULL);
		for (size_t k = 0; k < i; k++) {
			assert_string_not_equal(entity_all[k]->name, e->name);
			parent_seen = parent_seen || entity_all[k] == e->parent;
			assert_ptr_not_equal(entity_all[k], e);
		}
		/* The scrape itself has no rows, and is nobody's entity but the findings'. */
		if (!parent_seen && e->root != ROOT_SCRAPE)
			fail_msg("%s: its parent must come before it", e->name);
		for (size_t k = 0; k < e->label_len; k++) {
			assert_true(e->label[k].type == FIELD_TEXT || e->label[k].type == FIELD_U64);
			assert_true(e->label[k].name == NULL || only(e->label[k].name, "_"));
		}
	}
}

static void check_prom_name(const struct row *row, const char *name, bool counter)
{
	if (!only(name, "_:"))
		FAIL_ROW(*row, "Prometheus name \"%s\"", name);
	if (counter && !str_ends(str_of(name), STR("_total")))
		FAIL_ROW(*row, "a counter without _total: \"%s\"", name);
	if (!counter && str_ends(str_of(name), STR("_total")))
		FAIL_ROW(*row, "_total on what is no counter: \"%s\"", name);
}

/* Rows that share a name are one family: they stand together and differ in a word. */
static bool is_family(const struct row *row, size_t i, size_t k)
{
	const struct metric_prom *a = &row[i].metric->prom;
	const struct metric_prom *b = &row[k].metric->prom;

	return row[i].entity == row[k].entity && same(row[i - 1].metric->prom.name, a->name) &&
	       row[i].metric->kind == row[k].metric->kind && same(a->label, b->label) &&
	       a->word != NULL && b->word != NULL && !same(a->word, b->word) &&
	       same(a->help, b->help);
}

static void test_prometheus(void **state)
{
	static struct row row[ROWS_MAX];
	size_t len = all_rows(row);

	(void)state;
	for (size_t i = 0; i < len; i++) {
		const struct metric *m = row[i].metric;
		const char *strict = m->prom.strict != NULL ? m->prom.strict : m->prom.name;

		if (m->prom.name == NULL) {
			assert_true(m->prom.strict == NULL && m->prom.label == NULL && !m->prom.gauge);
			continue;
		}
		check_prom_name(&row[i], strict, m->kind == METRIC_COUNTER);
		assert_true(only(m->prom.name, "_:"));
		assert_int_equal(m->kind == METRIC_STATE || m->prom.word != NULL,
				 m->prom.label != NULL);
		assert_true(m->kind != METRIC_STATE || m->prom.word == NULL);
		if (strcmp(m->unit, "seconds") == 0 && m->kind == METRIC_GAUGE &&
		    strstr(strict, "_seconds") == NULL)
			FAIL_ROW(row[i], "seconds must be said in the name");
		for (size_t k = 0; k < i; k++) {
			if ((same(m->prom.name, row[k].metric->prom.name) &&
			     !is_family(row, i, k)) ||
			    same(strict, row[k].metric->prom.strict))
				FAIL_ROW(row[i], "Prometheus name used twice");
		}
	}
}

static const struct munin_graph *find_graph(const char *suffix)
{
	for (size_t i = 0; i < munin_graph_all_len; i++) {
		if (strcmp(munin_graph_all[i].suffix, suffix) == 0)
			return &munin_graph_all[i];
	}
	return NULL;
}

/* A field that is reckoned out of others. Munin 3 cannot, so a cdef has its own field only. */
static void test_reckoned(struct row row, const struct metric_munin *munin)
{
	const struct metric *per = NULL;

	if (munin->cdef != NULL) {
		struct str rest = str_of(munin->cdef);

		if (!str_equal(str_cut(&rest, ','), str_of(munin->field)))
			FAIL_ROW(row, "cdef %s", munin->cdef);
		for (size_t i = 0; i < rest.len; i++)
			assert_non_null(strchr("0123456789,.+-*/", rest.ptr[i]));
	}
	if (munin->per == NULL)
		return;
	for (size_t i = 0; i < row.entity->metric_len; i++) {
		if (strcmp(row.entity->metric[i].key, munin->per) == 0)
			per = &row.entity->metric[i];
	}
	if (per == NULL || munin->unknown == NULL || munin->cdef != NULL)
		FAIL_ROW(row, "a mean per %s", munin->per);
	/* Two counters of one object that are always told. */
	assert_null(row.entity->parent);
	assert_true(row.entity->root == ROOT_TOTALS || row.entity->root == ROOT_NGINX);
	assert_true(row.metric->kind == METRIC_COUNTER && per->kind == METRIC_COUNTER);
	assert_true(row.metric->type == FIELD_U64 && per->type == FIELD_U64);
	assert_true(row.metric->known == NULL && per->known == NULL);
}

static void test_munin(void **state)
{
	static struct row row[ROWS_MAX];
	size_t len = all_rows(row);

	(void)state;
	for (size_t i = 0; i < len; i++) {
		for (size_t k = 0; k < METRIC_MUNIN_MAX; k++) {
			const struct metric_munin *munin = &row[i].metric->munin[k];
			const struct munin_graph *graph;

			if (munin->graph == NULL)
				continue;
			graph = find_graph(munin->graph);
			if (graph == NULL || graph->root != row[i].entity->root)
				FAIL_ROW(row[i], "no graph \"%s\" for this entity", munin->graph);
			if (!only(munin->field, "_") || strcmp(munin->field, "root") == 0)
				FAIL_ROW(row[i], "Munin field \"%s\"", munin->field);
			assert_non_null(munin->label);
			assert_null(strpbrk(munin->label, "#\\"));
			/* A listed graph has as many fields as there are queues: Munin chooses. */
			if (!munin->plain && !graph->listed && munin->colour == NULL)
				FAIL_ROW(row[i], "no colour in graph %s", munin->graph);
			assert_true(munin->colour == NULL || strlen(munin->colour) == 6);
			test_reckoned(row[i], munin);
		}
	}
	for (size_t g = 0; g < munin_graph_all_len; g++) {
		struct munin_field field[MUNIN_FIELDS_MAX];
		size_t fields = munin_graph_fields(&munin_graph_all[g], field);

		assert_true(fields > 0);
		for (size_t i = 0; i < fields; i++) {
			for (size_t k = 0; k < i; k++)
				assert_string_not_equal(field[i].munin->field, field[k].munin->field);
		}
	}
}

static void test_nagios(void **state)
{
	static struct row row[ROWS_MAX];
	size_t len = all_rows(row);

	(void)state;
	for (size_t i = 0; i < len; i++) {
		const struct metric *m = row[i].metric;

		if (m->nagios.name == NULL)
			continue;
		if (!only(m->nagios.name, "_.-") || strlen(m->nagios.name) > 30)
			FAIL_ROW(row[i], "Nagios label \"%s\"", m->nagios.name);
		if ((m->kind == METRIC_COUNTER) != str_ends(str_of(m->nagios.name), STR("_per_second")))
			FAIL_ROW(row[i], "a counter is shown as its rate, and nothing else is");
		for (size_t k = 0; k < i; k++) {
			/* nginx and uWSGI are two checks. */
			if (strncmp(row[i].entity->name, row[k].entity->name, 5) == 0 &&
			    same(m->nagios.name, row[k].metric->nagios.name))
				FAIL_ROW(row[i], "Nagios label used twice");
		}
	}
}

/* Looks a type up in collectd's own types.db: "nginx_requests  value:DERIVE:0:U". */
static bool type_has(const char *type, const char *data_source)
{
	char line[512];
	bool found = false;
	FILE *file = fopen("/usr/share/collectd/types.db", "r");

	assert_non_null(file);
	while (!found && fgets(line, sizeof(line), file) != NULL) {
		size_t len = strcspn(line, " \t\n");

		if (len != strlen(type) || strncmp(line, type, len) != 0)
			continue;
		found = strstr(line, data_source) != NULL && strchr(line, ',') == NULL;
		break;
	}
	(void)fclose(file);
	return found;
}

/* Which of collectd's plugins shows an entity; a single worker's values say which it is. */
static unsigned plugin_of(const struct entity *entity)
{
	enum entity_root root = entity->root;

	if (root == ROOT_NGINX_PROBE || root == ROOT_NGINX)
		return 0;
	if (root == ROOT_UWSGI)
		return 3;
	return root == ROOT_LEDGER || root == ROOT_SCRAPE ? 1 : 2;
}

static void test_collectd(void **state)
{
	static struct row row[ROWS_MAX];
	size_t len = all_rows(row);

	(void)state;
	for (size_t i = 0; i < len; i++) {
		const struct metric_collectd *c = &row[i].metric->collectd;

		if (c->type == NULL)
			continue;
		if (!type_has(c->type, row[i].metric->kind == METRIC_COUNTER ? ":DERIVE:" : ":GAUGE:"))
			FAIL_ROW(row[i], "types.db has no such \"%s\"", c->type);
		if (row[i].metric->below_zero && !type_has(c->type, ":GAUGE:U:"))
			FAIL_ROW(row[i], "\"%s\" does not go below 0", c->type);
		for (size_t k = 0; k < i; k++) {
			const struct metric_collectd *d = &row[k].metric->collectd;

			if (plugin_of(row[i].entity) == plugin_of(row[k].entity) &&
			    same(c->type, d->type) &&
			    (c->instance == d->instance || same(c->instance, d->instance)))
				FAIL_ROW(row[i], "collectd identifier used twice");
		}
	}
}

static void test_values(void **state)
{
	struct uwsgi_worker worker = {.status = WORKER_BUSY, .running_time = 1500000};
	const struct metric busy = {FIELD(struct uwsgi_worker, status), .is = true, .equals = WORKER_BUSY};
	const struct metric idle = {FIELD(struct uwsgi_worker, status), .is = true, .equals = WORKER_IDLE};
	const struct metric time = {FIELD(struct uwsgi_worker, running_time), .scale = 1e-6};
	struct nginx_status status = {.active = -1, .requests_per_connection = NOT_KNOWN};
	const struct metric active = {FIELD(struct nginx_status, active)};
	const struct metric ratio = {FIELD(struct nginx_status, requests_per_connection)};
	struct value value;

	(void)state;
	assert_true(metric_value(&busy, &worker, &value) && value.u64 == 1);
	assert_true(metric_value(&idle, &worker, &value) && value.u64 == 0);
	assert_true(metric_value(&time, &worker, &value) && metric_scaled(&time, value) == 1.5);
	assert_true(metric_value(&active, &status, &value) && value_double(value) == -1);
	assert_false(metric_value(&ratio, &status, &value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_are_whole), cmocka_unit_test(test_keys_are_unique),
		cmocka_unit_test(test_entities),       cmocka_unit_test(test_prometheus),
		cmocka_unit_test(test_munin),          cmocka_unit_test(test_nagios),
		cmocka_unit_test(test_collectd),       cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
