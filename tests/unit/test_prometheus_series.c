/* SPDX-License-Identifier: MIT */
/* Which series there are, with which labels, in which order, and what a limit leaves out. */
#include "unit.h"

#include "prom_world.h"

enum { SERIES_MAX = 1000 };

static const struct nginx_status page = {.active = 5, .accepts = 7, .handled = 6, .requests = 9};

static const char app[] =
	"{\"workers\":[{\"id\":1,\"status\":\"busy\",\"cores\":[{\"id\":0},{\"id\":1}],"
	"\"apps\":[{\"id\":0,\"mountpoint\":\"/\",\"chdir\":\"/srv\"}]}]}";

struct limited {
	struct prom_world world;
	struct exporter_self self;
	struct prom_options options;
	struct prom_scene scene;
};

static void start(struct limited *limited)
{
	prom_world_start(&limited->world);
	prom_world_nginx(&limited->world, "http://127.0.0.1/", &page);
	prom_world_uwsgi(&limited->world, "127.0.0.1:1717", app);
	limited->world.scrape.ledger =
		(struct ledger){.asked = true, .has_lines = true, .seconds = 1, .samples = 1};
	limited->options = (struct prom_options){.cores = true};
	limited->scene = (struct prom_scene){
		.scrape = &limited->world.scrape, .scrape_len = 1, .options = &limited->options};
}

static char *samples(struct limited *limited, enum prom_format format, size_t max)
{
	limited->options.series_max = max;
	return prom_world_samples(format, &limited->scene);
}

#define LEFT_OUT "connledger_exporter_series_left_out"

/* The gauge's number; 0 without it. */
static size_t left_out(const char *text)
{
	const char *at = strstr(text, LEFT_OUT " ");
	uint64_t ret = 0;
	struct str number;

	if (at == NULL)
		return 0;
	number = str_of(at + strlen(LEFT_OUT " "));
	assert_true(str_take_u64(&number, &ret));
	assert_string_equal(number.ptr, "\n");
	return (size_t)ret;
}

/* Never more than the limit, the first of what there is, and all of it is accounted for. */
static void test_limit(void **state)
{
	struct limited limited;
	char *all;
	size_t len;

	(void)state;
	start(&limited);
	all = samples(&limited, PROM_TEXT, 0);
	len = prom_world_count(all, "\n");
	assert_null(strstr(all, LEFT_OUT));
	assert_true(len > 60 && len < SERIES_MAX);
	for (size_t max = 1; max <= len + 2; max++) {
		char *text = samples(&limited, PROM_TEXT, max);
		char *openmetrics = samples(&limited, PROM_OPENMETRICS, max);
		size_t told = strstr(text, LEFT_OUT) != NULL ? 1 : 0;
		size_t shown = prom_world_count(text, "\n") - told;

		assert_true(shown + told <= max);
		assert_int_equal(shown + left_out(text), len);
		assert_int_equal(told, max <= len);
		assert_int_equal(
			strncmp(text, all,
				strlen(text) - (told ? strlen(strstr(text, LEFT_OUT)) : 0)),
			0);
		assert_string_equal(text, openmetrics);
		/* The states of one object are shown together or not at all. */
		assert_int_equal(prom_world_count(text, "uwsgi_worker_status{") % 5, 0);
		assert_int_equal(prom_world_count(text, "connledger_confidence{") % 3, 0);
		free(text);
		free(openmetrics);
	}
	free(all);
	prom_world_stop(&limited.world);
}

/* In protobuf the limit is the same: as many metrics are there. */
static void test_limit_in_protobuf(void **state)
{
	struct limited limited;
	struct buf out;
	char *text;

	(void)state;
	start(&limited);
	text = samples(&limited, PROM_TEXT, 3);
	buf_init(&out, 100000);
	prom_expose(&out, PROM_PROTOBUF, &limited.scene);
	assert_int_equal(prom_world_count(text, "\n"), 3);
	assert_null(memchr(out.ptr, '{', out.len));
	for (struct str rest = str_of(text); rest.len > 0;) {
		struct str line = str_cut(&rest, '\n');
		size_t name = 0;
		bool found = false;

		while (line.ptr[name] != '{' && line.ptr[name] != ' ')
			name++;
		for (size_t i = 0; i + name <= out.len && !found; i++)
			found = memcmp(out.ptr + i, line.ptr, name) == 0;
		assert_true(found);
	}
	free(text);
	buf_free(&out);
	prom_world_stop(&limited.world);
}

/* The gauge is always there beside the exporter's own, and within the limit. */
static void test_limit_with_self(void **state)
{
	struct limited limited;
	char *text;
	size_t len;

	(void)state;
	start(&limited);
	exporter_self_init(&limited.self);
	limited.scene.self = &limited.self;
	text = samples(&limited, PROM_TEXT, 0);
	len = prom_world_count(text, "\n");
	assert_non_null(strstr(text, "\n" LEFT_OUT " 0\n"));
	free(text);
	text = samples(&limited, PROM_TEXT, len);
	assert_int_equal(prom_world_count(text, "\n"), len);
	assert_int_equal(left_out(text), 0);
	free(text);
	text = samples(&limited, PROM_TEXT, len - 1);
	assert_int_equal(prom_world_count(text, "\n"), len - 1);
	assert_int_equal(left_out(text), 1);
	free(text);
	prom_world_stop(&limited.world);
}

static void test_order(void **state)
{
	static const char *const order[] = {
		"nginx_up ",
		"uwsgi_up ",
		"nginx_connections_active ",
		"connledger_connections{",
		"uwsgi_workers{",
		"connledger_exporter_build_info{",
		"uwsgi_worker_requests_total{",
		"uwsgi_worker_app_requests_total{",
		"uwsgi_worker_core_busy{",
		LEFT_OUT " ",
	};
	struct limited limited;
	char *text;
	const char *at;

	(void)state;
	start(&limited);
	exporter_self_init(&limited.self);
	limited.scene.self = &limited.self;
	text = samples(&limited, PROM_TEXT, 0);
	at = text;
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		const char *found = strstr(text, order[i]);

		assert_non_null(found);
		assert_true(found >= at);
		at = found;
	}
	free(text);
	prom_world_stop(&limited.world);
}

/* What the configuration says of a site stands after the object's labels and before the constant
 * ones, and instead of one of the same name. */
static void test_site_labels(void **state)
{
	static const struct prom_label label[] = {{"team", "web\n"}, {"dc", "\xff"}};
	static const struct prom_labels site_label[] = {{label, 2}, {NULL, 0}};
	static const struct prom_label constant[] = {{"env", "x"}, {"team", "all"}};
	struct prom_world first;
	struct prom_world second;
	struct scrape scrape[2];
	const struct prom_options options = {.label = constant, .label_len = 2};
	struct exporter_self self;
	const struct prom_scene scene = {.scrape = scrape,
					 .scrape_len = 2,
					 .site_label = site_label,
					 .options = &options,
					 .self = &self};
	char *text;

	(void)state;
	exporter_self_init(&self);
	prom_world_start(&first);
	prom_world_nginx(&first, "http://a/", NULL);
	prom_world_uwsgi(&first, "127.0.0.1:1717", app);
	prom_world_start(&second);
	prom_world_nginx(&second, "http://b/", NULL);
	scrape[0] = first.scrape;
	scrape[1] = second.scrape;
	text = prom_world_expose(PROM_TEXT, &scene);
#define OWN "team=\"web\\n\",dc=\"\xef\xbf\xbd\",env=\"x\"}"
	CHECK_LINES(
		text, "nginx_up{site=\"http://a/\"," OWN " 0",
		"nginx_up{site=\"http://b/\",env=\"x\",team=\"all\"} 0",
		"uwsgi_worker_requests_total{site=\"http://a/\",stats_uri=\"127.0.0.1:1717\","
		"worker_id=\"1\"," OWN " 0",
		"uwsgi_worker_app_requests_total{site=\"http://a/\",stats_uri=\"127.0.0.1:1717\","
		"worker_id=\"1\",app_id=\"0\",mountpoint=\"/\",chdir=\"/srv\"," OWN " 0",
		"connledger_exporter_build_info{version=\"" CONNLEDGER_VERSION
		"\",env=\"x\",team=\"all\"} 1");
	free(text);
	prom_world_stop(&first);
	prom_world_stop(&second);
}

/* Labels that are numbers, whatever their sign. */
static void test_number_labels(void **state)
{
	struct object {
		int64_t below;
		uint64_t above;
	};
	static const struct label label[] = {
		{.name = "below", FIELD(struct object, below)},
		{.name = "above", FIELD(struct object, above)},
	};
	const struct entity entity = {.label = label, .label_len = ARRAY_LEN(label)};
	const struct object object = {.below = INT64_MIN, .above = UINT64_MAX};
	const struct place place = {.entity = &entity, .object = &object};
	const struct prom_options options = {0};
	const struct prom_view view = {.options = &options, .add = prom_add_label};
	struct buf labels;

	(void)state;
	buf_init(&labels, 1000);
	prom_add_place(&labels, &place, NULL, &view);
	assert_string_equal(buf_text(&labels), "below=\"-9223372036854775808\","
					       "above=\"18446744073709551615\"");
	buf_free(&labels);
}

/* A label that stood twice on a series would make Prometheus refuse the scrape. */
static void test_taken(void **state)
{
	static const char *const taken[] = {"site",      "stats_uri", "worker_id",
					    "held_by",   "status",    "version",
					    "goversion", "tags",      "code"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(taken); i++)
		assert_true(prom_label_name_taken(str_of(taken[i])));
	assert_false(prom_label_name_taken(STR("team")));
}

/* Labels longer than there is room for are no answer in any format. */
static void test_long_labels(void **state)
{
	enum { LONG = 64 * 1024 * 1024 + 1 };
	struct limited limited;
	char *value = malloc(LONG + 1);
	struct prom_label label = {"long", value};

	(void)state;
	assert_non_null(value);
	memset(value, 'a', LONG);
	value[LONG] = '\0';
	start(&limited);
	limited.options = (struct prom_options){.label = &label, .label_len = 1};
	for (unsigned format = PROM_TEXT; format <= PROM_PROTOBUF; format++) {
		struct buf out;

		buf_init(&out, PROM_BYTES_MAX);
		prom_expose(&out, (enum prom_format)format, &limited.scene);
		assert_false(buf_ok(&out));
		buf_free(&out);
	}
	prom_world_stop(&limited.world);
	free(value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limit),           cmocka_unit_test(test_limit_in_protobuf),
		cmocka_unit_test(test_limit_with_self), cmocka_unit_test(test_order),
		cmocka_unit_test(test_site_labels),     cmocka_unit_test(test_number_labels),
		cmocka_unit_test(test_taken),           cmocka_unit_test(test_long_labels),
	};

	return cmocka_run_group_tests_name("prometheus_series", tests, NULL, NULL);
}
