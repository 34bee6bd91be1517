/* SPDX-License-Identifier: MIT */
/* The ledger, its queues and the findings in the text format. */
#include "unit.h"

#include "prometheus_exporter/expose.h"

enum { SITES = 2 };

struct world {
	struct site site[SITES];
	struct scrape scrape[SITES];
	struct buf out;
};

static void start(struct world *world)
{
	*world = (struct world){0};
	for (size_t i = 0; i < SITES; i++) {
		struct err err = {0};
		struct ledger *ledger = &world->scrape[i].ledger;

		site_init(&world->site[i]);
		assert_true(site_set_name(&world->site[i], i == 0 ? "a" : "b", &err));
		world->scrape[i].site = &world->site[i];
		*ledger = (struct ledger){.asked = true,
					  .has_lines = true,
					  .confidence = CONFIDENCE_EXACT,
					  .orphaned = NOT_KNOWN,
					  .abandoned = NOT_KNOWN,
					  .blocked_app = NOT_KNOWN,
					  .oldest_request = 12.5,
					  .backlog_percent = NOT_KNOWN,
					  .samples = 5,
					  .seconds = 0.25};
		for (size_t line = 0; line < HELD_MAX; line++)
			ledger->held[line] = (double)(100 * i + line);
	}
}

static const char *encode(struct world *world, size_t len, const struct prom_options *options)
{
	const struct prom_scene scene = {
		.scrape = world->scrape, .scrape_len = len, .options = options};

	buf_init(&world->out, PROM_BYTES_MAX);
	prom_expose(&world->out, PROM_TEXT, &scene);
	assert_true(buf_ok(&world->out));
	return buf_text(&world->out);
}

static void stop(struct world *world)
{
	buf_free(&world->out);
	for (size_t i = 0; i < SITES; i++)
		site_free(&world->site[i]);
}

static void check_part(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("no \"%s\" in:\n%s", part, text);
}

static size_t count(const char *text, const char *part)
{
	size_t found = 0;

	for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
		found++;
	return found;
}

#define HELP                                                                                       \
	"# HELP connledger_connections Client connections of nginx by who holds them; all lines "  \
	"together are what nginx counts as active, less the scrape's own\n"                        \
	"# TYPE connledger_connections gauge\n"

/* One family, its lines in the order of the ledger. */
static void test_lines(void **state)
{
	const struct prom_options options = {0};
	struct world world;
	const char *text;

	(void)state;
	start(&world);
	text = encode(&world, 1, &options);
	check_part(text, HELP "connledger_connections{held_by=\"request\"} 0\n"
			      "connledger_connections{held_by=\"keepalive\"} 1\n"
			      "connledger_connections{held_by=\"unanswered\"} 2\n"
			      "connledger_connections{held_by=\"app_queue\"} 3\n"
			      "connledger_connections{held_by=\"app\"} 4\n"
			      "connledger_connections{held_by=\"sending\"} 5\n"
			      "connledger_connections{held_by=\"stalled_client\"} 6\n"
			      "connledger_connections{held_by=\"vanished_client\"} 7\n"
			      "connledger_connections{held_by=\"half_closed\"} 8\n"
			      "connledger_connections{held_by=\"lingering\"} 9\n"
			      "connledger_connections{held_by=\"long_lived\"} 10\n"
			      "connledger_connections{held_by=\"phantom\"} 11\n"
			      "connledger_connections{held_by=\"unexplained\"} 12\n# ");
	assert_int_equal(count(text, "# HELP connledger_connections "), 1);
	assert_int_equal(count(text, "# TYPE connledger_connections "), 1);
	check_part(text, "connledger_confidence{level=\"unknown\"} 0\n"
			 "connledger_confidence{level=\"bounded\"} 0\n"
			 "connledger_confidence{level=\"exact\"} 1\n");
	check_part(text, "\nconnledger_oldest_request_seconds 12.5\n");
	assert_null(strstr(text, "connledger_orphaned_requests"));
	assert_null(strstr(text, "nginx_up"));
	stop(&world);
}

/* What is not known is absent, and the family's head stays. */
static void test_not_known(void **state)
{
	const struct prom_options options = {0};
	struct world world;
	const char *text;

	(void)state;
	start(&world);
	world.scrape[0].ledger.held[HELD_REQUEST] = NOT_KNOWN;
	world.scrape[0].ledger.held[HELD_PHANTOM] = NOT_KNOWN;
	world.scrape[0].ledger.held[HELD_UNEXPLAINED] = -2;
	text = encode(&world, 1, &options);
	check_part(text, HELP "connledger_connections{held_by=\"keepalive\"} 1\n");
	check_part(text, "{held_by=\"long_lived\"} 10\n"
			 "connledger_connections{held_by=\"unexplained\"} -2\n");
	buf_free(&world.out);
	for (size_t i = 0; i < HELD_MAX; i++)
		world.scrape[0].ledger.held[i] = world.scrape[0].ledger.low[i] =
			world.scrape[0].ledger.high[i] = NOT_KNOWN;
	assert_null(strstr(encode(&world, 1, &options), "connledger_connections"));
	buf_free(&world.out);
	world.scrape[0].ledger.has_lines = false;
	text = encode(&world, 1, &options);
	assert_null(strstr(text, "connledger_confidence"));
	assert_non_null(strstr(text, "connledger_oldest_request_seconds"));
	buf_free(&world.out);
	world.scrape[0].ledger.asked = false;
	assert_null(strstr(encode(&world, 1, &options), "connledger_"));
	stop(&world);
}

/* Labels come in one order everywhere, and each site's lines stand together. */
static void test_sites(void **state)
{
	const struct prom_label label[] = {{"team", "web"}};
	const struct prom_options options = {.strict = true, .label = label, .label_len = 1};
	struct world world;
	const char *text;

	(void)state;
	start(&world);
	text = encode(&world, 2, &options);
	check_part(text,
		   HELP "connledger_connections{site=\"a\",team=\"web\",held_by=\"request\"} 0\n");
	check_part(text,
		   "{site=\"a\",team=\"web\",held_by=\"unexplained\"} 12\n"
		   "connledger_connections{site=\"b\",team=\"web\",held_by=\"request\"} 100\n");
	check_part(text, "connledger_confidence{site=\"b\",team=\"web\",level=\"exact\"} 1\n");
	assert_int_equal(count(text, "# TYPE connledger_connections "), 1);
	stop(&world);
}

static void test_queues(void **state)
{
	struct backlog listener[] = {{.name = "127.0.0.1:80", .queue = 1, .limit = 511},
				     {.name = "[::]:443", .queue = 9, .limit = NOT_KNOWN}};
	struct backlog socket = {.name = "/run/\"app\".sock", .queue = 21, .limit = 32};
	const struct prom_options options = {0};
	struct world world;
	const char *text;

	(void)state;
	start(&world);
	world.scrape[0].ledger.listeners = (struct list){.item = listener, .len = 2};
	world.scrape[0].ledger.sockets = (struct list){.item = &socket, .len = 1};
	text = encode(&world, 1, &options);
	check_part(text, "nginx_listener_queue_length{listener=\"127.0.0.1:80\"} 1\n"
			 "nginx_listener_queue_length{listener=\"[::]:443\"} 9\n");
	check_part(text, "nginx_listener_queue_limit{listener=\"127.0.0.1:80\"} 511\n# ");
	check_part(text, "uwsgi_socket_backlog_length{name=\"/run/\\\"app\\\".sock\"} 21\n");
	check_part(text, "uwsgi_socket_backlog_limit{name=\"/run/\\\"app\\\".sock\"} 32\n");
	stop(&world);
}

static void test_findings(void **state)
{
	struct finding finding[] = {
		{.name = "phantom_counters", .severity_name = "warning", .present = 1},
		{.name = "slow_clients", .severity_name = "critical", .present = 1},
	};
	const struct prom_options options = {0};
	struct world world;
	const char *text;

	(void)state;
	start(&world);
	world.scrape[0].ledger.asked = false;
	world.scrape[0].findings = (struct list){.item = finding, .len = 2};
	text = encode(&world, 1, &options);
	check_part(text, "# TYPE connledger_finding gauge\n"
			 "connledger_finding{finding=\"phantom_counters\",severity=\"warning\"} 1\n"
			 "connledger_finding{finding=\"slow_clients\",severity=\"critical\"} 1\n");
	buf_free(&world.out);
	world.scrape[0].findings.len = 0;
	assert_null(strstr(encode(&world, 1, &options), "connledger_finding"));
	stop(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),    cmocka_unit_test(test_not_known),
		cmocka_unit_test(test_sites),    cmocka_unit_test(test_queues),
		cmocka_unit_test(test_findings),
	};

	return cmocka_run_group_tests_name("prometheus_ledger", tests, NULL, NULL);
}
