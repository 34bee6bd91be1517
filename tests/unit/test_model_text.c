/* SPDX-License-Identifier: MIT */
/*
 * No text of the model is ever NULL, whatever an answer leaves out: each text of the metric table
 * in turn is absent, no text, empty, very long or not UTF-8, in two objects beside each other, and
 * each front end writes what comes of it. None of them may fail, and none may say a thing twice.
 */
#include "unit.h"

#include "collectd/encode.h"
#include "healthy.h"
#include "markup.h"
#include "munin/encode.h"
#include "nagios/check.h"
#include "nagios/details.h"
#include "nagios/encode.h"
#include "nagios/queue.h"
#include "nagios/story.h"
#include "odd_answer.h"
#include "prometheus_exporter/api.h"
#include "prometheus_exporter/expose.h"
#include "prometheus_exporter/page.h"
#include "uwsgi.h"

enum { LONG_BYTES = 60 * 1024, OUT_BYTES_MAX = 64 * 1024 * 1024, LINES_MAX = 4096 };

static char long_text[LONG_BYTES + 3];

static const char *const odd_value[] = {
	NULL,   "null",      "7",
	"true", "[\"a\",1]", "{\"b\":[{}]}",
	"\"\"", long_text,   "\"\xff\xfe\xc3\x01\"",
};

struct world {
	struct healthy healthy;
	struct exporter_config config;
	struct buf out;
};

/* ---- what the front ends make of it ------------------------------------------------------------
 */

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Cuts the value off each line: what is left may stand once only. */
static void check_once(struct buf *out)
{
	static char *line[LINES_MAX];
	size_t len = 0;

	for (char *at = out->ptr; at != NULL && *at != '\0';) {
		char *end = strchr(at, '\n');
		char *value;

		assert_non_null(end);
		*end = '\0';
		value = strrchr(at, ' ');
		if (*at != '#' && value != NULL) {
			*value = '\0';
			assert_true(len < LINES_MAX);
			line[len++] = at;
		}
		at = end + 1;
	}
	assert_true(len > 50);
	qsort(line, len, sizeof(line[0]), compare);
	for (size_t i = 1; i < len; i++) {
		if (strcmp(line[i - 1], line[i]) == 0)
			fail_msg("twice: %.300s", line[i]);
	}
}

static void write_prometheus(struct world *world)
{
	const struct prom_scene scene = {
		.scrape = &world->healthy.scrape,
		.scrape_len = 1,
		.options = &(struct prom_options){.cores = true},
	};

	prom_expose(&world->out, PROM_OPENMETRICS, &scene);
	buf_clear(&world->out);
	prom_expose(&world->out, PROM_PROTOBUF, &scene);
	assert_true(buf_ok(&world->out));
	buf_clear(&world->out);
	prom_expose(&world->out, PROM_TEXT, &scene);
	check_once(&world->out);
}

static void write_page(struct world *world)
{
	const struct exporter_view view = {
		.config = &world->config, .scrape = &world->healthy.scrape, .scrape_len = 1};

	exporter_api(&world->out, &view);
	buf_clear(&world->out);
	exporter_page(&world->out, &view);
	markup_check(buf_text(&world->out));
}

static void add_value(void *ctx, const struct collectd_value *value)
{
	buf_addf(ctx, "%s/%s-%s 0\n", value->plugin, value->type, value->type_instance);
}

static void write_collectd(struct world *world)
{
	collectd_encode(&world->healthy.scrape, true, add_value, &world->out);
	check_once(&world->out);
}

static const char *no_variable(const void *ctx, const char *name)
{
	(void)ctx;
	(void)name;
	return NULL;
}

static void write_munin(struct world *world)
{
	static const struct munin_env env = {.get = no_variable};
	struct munin_memory memory;
	struct munin_encoder encoder = {.name = "connledger",
					.env = &env,
					.scrape = &world->healthy.scrape,
					.memory = &memory,
					.out = &world->out,
					.log = &world->out};

	munin_memory_init(&memory);
	munin_memory_take(&memory, &world->healthy.scrape);
	for (size_t i = 0; i < munin_graph_all_len; i++) {
		munin_encode_opening(&encoder, &munin_graph_all[i]);
		munin_encode_config(&encoder, &munin_graph_all[i]);
		munin_encode_values(&encoder, &munin_graph_all[i]);
	}
}

static void write_nagios(struct world *world)
{
	struct scrape *scrape = &world->healthy.scrape;
	const struct nagios_program *const program[] = {&nagios_program_uwsgi,
							&nagios_program_connections};
	struct nagios_settings settings = {.site = world->healthy.site};
	struct err why = {0};

	nagios_queue_settle(scrape, &why);
	for (size_t i = 0; i < ARRAY_LEN(program); i++) {
		nagios_items_init(&settings.items, program[i]->root, program[i]->root_len);
		nagios_items_fill(&settings.items, scrape);
		program[i]->describe(&settings.items, scrape, &world->out);
		nagios_encode_perfdata(&settings.items, true, &world->out);
	}
	nagios_details_answers(scrape, &world->out);
	nagios_details_objects(scrape, &world->out);
	nagios_story(&settings, scrape, &world->out);
}

static void (*const front[])(struct world *world) = {write_prometheus, write_page, write_collectd,
						     write_munin, write_nagios};

/* ---- the model ----------------------------------------------------------------------------------
 */

static void check_texts(void *ctx, const struct place *place)
{
	size_t *seen = ctx;

	(*seen)++;
	for (size_t i = 0; i < place->entity->label_len; i++) {
		const struct label *label = &place->entity->label[i];
		const char *text;

		if (label->type != FIELD_TEXT)
			continue;
		memcpy(&text, (const char *)place->object + label->offset, sizeof(text));
		if (text == NULL)
			fail_msg("%s: \"%s\" is NULL", place->entity->name,
				 label->key == NULL ? label->name : label->key);
	}
}

/* The kernel knows a socket, and it has another name than any of the answer's. */
static void check_answer(const struct odd_text *odd)
{
	struct world world = {.config = {.telemetry_path = "/metrics"}};
	struct scrape *scrape = &world.healthy.scrape;
	struct err err = {0};
	size_t seen = 0;

	healthy_init(&world.healthy);
	arena_init(&scrape->arena, OUT_BYTES_MAX);
	buf_init(&world.out, OUT_BYTES_MAX);
	odd_answer(odd, &world.out);
	assert_true(buf_ok(&world.out));
	if (!uwsgi_parse(&world.healthy.uwsgi[0].stats, buf_str(&world.out), &err))
		fail_msg("%s: %s", odd->entity->name, err.text);
	site_init(&world.healthy.site);
	assert_true(site_set_nginx(&world.healthy.site, "http://127.0.0.1/stub_status", &err));
	assert_true(site_add_uwsgi(&world.healthy.site, "unix:/run/app.stats", &err));
	scrape->uwsgi[0].target = &world.healthy.site.uwsgi[0];
	scrape_add_up(scrape);
	for (size_t i = 0; i < entity_all_len; i++)
		scrape_each(scrape, entity_all[i], check_texts, &seen);
	assert_true(seen > 40);
	assert_true(scrape_judge(scrape, NULL));
	for (size_t i = 0; i < ARRAY_LEN(front); i++) {
		buf_clear(&world.out);
		front[i](&world);
		assert_true(buf_ok(&world.out));
	}
	uwsgi_stats_free(&world.healthy.uwsgi[0].stats);
	site_free(&world.healthy.site);
	arena_free(&scrape->arena);
	buf_free(&world.out);
}

static void test_every_text(void **state)
{
	size_t tried = 0;

	(void)state;
	memset(long_text, 'x', sizeof(long_text));
	long_text[0] = long_text[sizeof(long_text) - 2] = '"';
	long_text[sizeof(long_text) - 1] = '\0';
	for (size_t i = 0; i < entity_all_len; i++) {
		const struct entity *entity = entity_all[i];

		for (size_t k = 0; entity->root == ROOT_UWSGI && k < entity->label_len; k++) {
			for (size_t n = 0; n < ARRAY_LEN(odd_value); n++) {
				const struct odd_text odd = {entity, k, odd_value[n]};

				if (entity->label[k].type != FIELD_TEXT)
					continue;
				check_answer(&odd);
				tried++;
			}
		}
	}
	assert_true(tried > 25 * ARRAY_LEN(odd_value));
}

/* Two sockets without a name are one, as two of one name are. */
static void test_sockets_without_a_name(void **state)
{
	struct uwsgi_stats stats;
	struct err err = {0};

	(void)state;
	assert_true(uwsgi_parse(&stats,
				STR("{\"workers\":[],\"sockets\":[{\"queue\":1},{\"name\":null},"
				    "{\"name\":\"\",\"proto\":7},{\"proto\":\"http\"}]}"),
				&err));
	assert_int_equal(stats.sockets.len, 2);
	assert_int_equal(stats.folded, 2);
	uwsgi_stats_free(&stats);
	assert_string_equal(stats.version, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_text),
		cmocka_unit_test(test_sockets_without_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
