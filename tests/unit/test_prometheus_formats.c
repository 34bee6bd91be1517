/* SPDX-License-Identifier: MIT */
/* OpenMetrics and protobuf: what differs from the text format, and that the series do not. */
#include "unit.h"

#include "prom_world.h"
#include "prometheus_exporter/openmetrics.h"
#include "prometheus_exporter/protobuf.h"
#include "prometheus_exporter/self_table.h"
#include "prometheus_exporter/text.h"

#define URI "stats_uri=\"127.0.0.1:1717\""

static const struct nginx_status page = {.active = 5, .accepts = 7, .handled = 6, .requests = 9};

static const char app[] =
	"{\"workers\":[{\"id\":1,\"status\":\"busy\",\"requests\":3,\"tx\":41,"
	"\"running_time\":1500000,\"apps\":[{\"id\":0,\"mountpoint\":\"/a\\\"\\\\\\n\"}],"
	"\"cores\":[{\"id\":0}]}],\"caches\":[{\"name\":\"c\",\"hits\":4}],"
	"\"metrics\":{\"a\":{\"type\":0,\"value\":1},\"b\":{\"type\":1,\"value\":2}}}";

static void test_openmetrics(void **state)
{
	const struct prom_options options = {0};
	struct prom_world world;
	const struct prom_scene scene = {
		.scrape = &world.scrape, .scrape_len = 1, .options = &options};
	char *text;
	const char *end = "\n# EOF\n";

	(void)state;
	prom_world_start(&world);
	prom_world_nginx(&world, "http://127.0.0.1/", &page);
	prom_world_uwsgi(&world, "127.0.0.1:1717", app);
	text = prom_world_expose(PROM_OPENMETRICS, &scene);
	assert_non_null(strstr(text,
			       "# TYPE nginx_http_requests counter\n"
			       "# UNIT nginx_http_requests requests\n"
			       "# HELP nginx_http_requests Requests begun since nginx started\n"
			       "nginx_http_requests_total 9\n"));
	assert_non_null(strstr(text, "# TYPE nginx_connections_accepted unknown\n"
				     "# HELP nginx_connections_accepted "));
	CHECK_LINES(text, "nginx_connections_accepted 7", "# TYPE uwsgi_cache_hits unknown",
		    "uwsgi_cache_hits{" URI ",name=\"c\"} 4",
		    "# TYPE uwsgi_worker_transmitted_bytes counter",
		    "# UNIT uwsgi_worker_transmitted_bytes bytes",
		    "uwsgi_worker_transmitted_bytes_total{" URI ",worker_id=\"1\"} 41",
		    "# TYPE uwsgi_worker_running_time_seconds gauge",
		    "# UNIT uwsgi_worker_running_time_seconds seconds",
		    "# TYPE uwsgi_worker_status gauge",
		    "uwsgi_worker_status{" URI ",worker_id=\"1\",status=\"busy\"} 1");
	assert_null(strstr(text, "_created"));
	assert_null(strstr(text, "\n\n"));
	assert_int_equal(prom_world_count(text, "# EOF"), 1);
	assert_string_equal(text + strlen(text) - strlen(end), end);
	free(text);
	prom_world_stop(&world);
}

/* A double quote in a HELP, of which there is none in the table. */
static void test_openmetrics_help(void **state)
{
	static const struct prom_printer *const printer[] = {&prom_text_printer,
							     &prom_openmetrics_printer};
	static const char *const shown[] = {"a \"b\"", "a \\\"b\\\""};
	const struct prom_family family = {
		.name = "x", .base = STR("x"), .type = PROM_GAUGE, .help = "a \"b\""};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(printer); i++) {
		struct buf out;

		buf_init(&out, 1000);
		printer[i]->begin(&out, &family);
		assert_non_null(strstr(buf_text(&out), shown[i]));
		buf_free(&out);
	}
}

/* The names of series do not depend on the format. */
static void test_same_samples(void **state)
{
	struct prom_world world;

	(void)state;
	prom_world_start(&world);
	prom_world_nginx(&world, "http://127.0.0.1/", &page);
	prom_world_uwsgi(&world, "127.0.0.1:1717", app);
	for (unsigned strict = 0; strict < 2; strict++) {
		const struct prom_options options = {.strict = strict == 1, .cores = true};
		const struct prom_scene scene = {
			.scrape = &world.scrape, .scrape_len = 1, .options = &options};
		char *text = prom_world_samples(PROM_TEXT, &scene);
		char *openmetrics = prom_world_samples(PROM_OPENMETRICS, &scene);

		assert_true(strlen(text) > 1000);
		assert_string_equal(text, openmetrics);
		free(text);
		free(openmetrics);
	}
	prom_world_stop(&world);
}

static void pack(struct buf *hex, const struct prom_family *family,
		 const struct prom_sample *sample)
{
	const struct prom_printer *printer = &prom_protobuf_printer;
	struct prom_protobuf protobuf;
	struct buf out;

	buf_init(&out, 1000);
	buf_clear(hex);
	prom_protobuf_init(&protobuf, &out);
	printer->begin(&protobuf, family);
	printer->sample(&protobuf, family, sample);
	printer->end(&protobuf, family);
	for (size_t i = 0; i < out.len; i++)
		buf_addf(hex, "%02x", (unsigned)(unsigned char)out.ptr[i]);
	prom_protobuf_free(&protobuf);
	buf_free(&out);
}

/* Bytes that protobuf-c 1.4.1 wrote for Prometheus' own metrics.proto, and protoc read back. */
static void test_protobuf_counter(void **state)
{
	static const char hex[] =
		"540a196e67696e785f687474705f72657175657374735f746f74616c1213546f74616c2068747470"
		"207265717565737473180022200a0b0a067461726765741201611a110900000000000014401a0608"
		"80e2cfaa06";
	const struct prom_family family = {.name = "nginx_http_requests_total",
					   .type = PROM_COUNTER,
					   .help = "Total http requests"};
	struct prom_sample sample = {.value = {.type = FIELD_U64, .u64 = 5}, .since = 1700000000};
	struct buf labels;
	struct buf seen;

	(void)state;
	buf_init(&labels, 1000);
	buf_init(&seen, 1000);
	prom_protobuf_printer.label(&labels, 0, "target", STR("a"));
	sample.labels = buf_str(&labels);
	pack(&seen, &family, &sample);
	assert_string_equal(buf_text(&seen), hex);
	buf_free(&labels);
	buf_free(&seen);
}

#define HEAD "0a0178120168" /* name x, help h */

static void test_protobuf_samples(void **state)
{
	static const struct {
		enum prom_type type;
		struct prom_sample sample;
		const char *hex;
	} given[] = {
		/* a 0 is there too */
		{PROM_GAUGE,
		 {.value = {.type = FIELD_U64}},
		 "18" HEAD "18012a0173"
		 "220b"
		 "12090900000000"
		 "00000000"},
		{PROM_COUNTER,
		 {.value = {.type = FIELD_DOUBLE, .real = 0.5}},
		 "18" HEAD "18002a0173"
		 "220b"
		 "1a0909000000000000e03f"},
		/* a word of ours comes as a label */
		{PROM_GAUGE,
		 {.label = "l", .word = "w", .value = {.type = FIELD_I64, .i64 = -1}},
		 "20" HEAD "18012a0173"
		 "2213"
		 "0a060a016c120177"
		 "120909000000000000f0bf"},
		/* a start within a second: 2.5 */
		{PROM_COUNTER,
		 {.value = {.type = FIELD_U64, .u64 = 1}, .since = 2.5},
		 "22" HEAD "18002a0173"
		 "2215"
		 "1a1309000000000000f03f"
		 "1a08"
		 "0802"
		 "1080cab5ee01"},
	};
	struct buf hex;

	(void)state;
	buf_init(&hex, 1000);
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		const struct prom_family family = {
			.name = "x", .type = given[i].type, .unit = "s", .help = "h"};

		pack(&hex, &family, &given[i].sample);
		assert_string_equal(buf_text(&hex), given[i].hex);
	}
	buf_free(&hex);
}

static void test_protobuf_label(void **state)
{
	struct buf labels;

	(void)state;
	buf_init(&labels, 1000);
	prom_protobuf_printer.label(&labels, 0, "n", str_of("a\"\xff"));
	assert_string_equal(buf_text(&labels), "\x0a\x0a\x0a\x01n\x12\x05"
					       "a\"\xef\xbf\xbd");
	buf_free(&labels);
}

/* A family longer than 127 bytes, and one with many metrics, have lengths of several bytes. */
static void test_protobuf_lengths(void **state)
{
	const struct prom_printer *printer = &prom_protobuf_printer;
	const struct prom_family family = {.name = "x", .type = PROM_GAUGE, .help = "h"};
	const struct prom_sample sample = {.value = {.type = FIELD_U64, .u64 = 1}};
	struct prom_protobuf protobuf;
	struct buf out;

	(void)state;
	buf_init(&out, 1000000);
	prom_protobuf_init(&protobuf, &out);
	printer->begin(&protobuf, &family);
	for (unsigned i = 0; i < 2000; i++)
		printer->sample(&protobuf, &family, &sample);
	printer->end(&protobuf, &family);
	/* 8 of the head and 2000 times 13 are 26008. */
	assert_int_equal(out.len, 3 + 26008);
	assert_memory_equal(out.ptr, "\x98\xcb\x01\x0a", 4);
	prom_protobuf_free(&protobuf);
	buf_free(&out);
}

/* A part that did not fit makes the whole fail. */
static void test_protobuf_fails(void **state)
{
	const struct prom_printer *printer = &prom_protobuf_printer;
	const struct prom_family family = {.name = "x", .type = PROM_GAUGE, .help = "h"};
	const struct prom_sample sample = {.value = {.type = FIELD_U64, .u64 = 1}};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct prom_protobuf protobuf;
		struct buf out;

		buf_init(&out, 1000);
		prom_protobuf_init(&protobuf, &out);
		if (i == 0)
			protobuf.family.ceiling = 20;
		else
			protobuf.value.ceiling = 10;
		printer->begin(&protobuf, &family);
		printer->sample(&protobuf, &family, &sample);
		printer->end(&protobuf, &family);
		assert_false(buf_ok(&out));
		prom_protobuf_free(&protobuf);
		buf_free(&out);
	}
}

/* Names of OpenMetrics families must differ although "_total" is cut off. */
static void check_bases(const struct entity *const *entity, size_t len, struct buf *seen,
			bool strict)
{
	for (size_t i = 0; i < len; i++) {
		const char *last = "";

		for (size_t k = 0; k < entity[i]->metric_len; k++) {
			const struct metric_prom *prom = &entity[i]->metric[k].prom;
			const char *name =
				strict && prom->strict != NULL ? prom->strict : prom->name;
			struct str base = str_of(name);
			struct buf key;

			if (name == NULL || strcmp(name, last) == 0)
				continue;
			last = name;
			if (str_ends(base, STR("_total")))
				base.len -= strlen("_total");
			buf_init(&key, 1000);
			buf_addf(&key, "\n%.*s\n", (int)base.len, base.ptr);
			if (strstr(buf_text(seen), buf_text(&key)) != NULL)
				fail_msg("two families are called %s", buf_text(&key));
			buf_add_text(seen, buf_text(&key));
			buf_free(&key);
		}
	}
}

static void test_openmetrics_names(void **state)
{
	(void)state;
	for (unsigned strict = 0; strict < 2; strict++) {
		struct buf seen;

		buf_init(&seen, 100000);
		check_bases(entity_all, entity_all_len, &seen, strict == 1);
		check_bases(self_entity_all, self_entity_all_len, &seen, strict == 1);
		assert_true(prom_world_count(buf_text(&seen), "\n\n") > 80);
		buf_free(&seen);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_openmetrics),      cmocka_unit_test(test_openmetrics_help),
		cmocka_unit_test(test_same_samples),     cmocka_unit_test(test_protobuf_counter),
		cmocka_unit_test(test_protobuf_samples), cmocka_unit_test(test_protobuf_label),
		cmocka_unit_test(test_protobuf_lengths), cmocka_unit_test(test_openmetrics_names),
		cmocka_unit_test(test_protobuf_fails),
	};

	return cmocka_run_group_tests_name("prometheus_formats", tests, NULL, NULL);
}
