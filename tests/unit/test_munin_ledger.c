/* SPDX-License-Identifier: MIT */
/* test_munin_ledger.c - Munin's graphs of the ledger. */
#include "unit.h"

#include "ledger_scrape.h"
#include "munin_env.h"

/* What a plugin called "web" prints of graph `suffix`: config, after it the values. */
static void encode(const struct munin_env *env, const struct scrape *scrape,
		   const struct munin_memory *memory, const char *suffix, struct buf *out)
{
	struct munin_encoder encoder = {.name = "web",
					.env = env,
					.scrape = scrape,
					.memory = memory,
					.out = out,
					.log = out};

	buf_clear(out);
	munin_encode_config(&encoder, munin_graph_of(suffix));
	munin_encode_values(&encoder, munin_graph_of(suffix));
	assert_true(buf_ok(out) && out->len > 0);
}

static void has(const struct buf *out, const char *part)
{
	if (strstr(buf_text(out), part) == NULL)
		fail_msg("no \"%s\" in:\n%s", part, buf_text(out));
}

static void lacks(const struct buf *out, const char *part)
{
	if (strstr(buf_text(out), part) != NULL)
		fail_msg("\"%s\" in:\n%s", part, buf_text(out));
}

static void the_ledger_is_stacked_in_its_order(void **state)
{
	struct ledger_scrape filled;
	struct buf out;

	(void)state;
	buf_init(&out, 65536);
	ledger_scrape_init(&filled);
	encode(&munin_env_empty, &filled.scrape, NULL, "held", &out);
	has(&out, "\ngraph_order request keepalive unanswered app_queue app sending stalled_client "
		  "vanished_client half_closed lingering long_lived phantom unexplained\n");
	has(&out, "\nphantom.type GAUGE\nphantom.min 0\nphantom.draw AREASTACK\nphantom.colour "
		  "ff00aa\n");
	has(&out, "\nstalled_client.colour d00000\n");
	has(&out, "\nphantom.info Connections that nginx counts and that do not exist: ");
	has(&out, "\nkeepalive.value 30\n");
	has(&out, "\nphantom.value 16\nunexplained.value 0\n");
	lacks(&out, "extinfo");
	buf_free(&out);
	ledger_scrape_free(&filled);
}

static void a_line_that_is_not_known_is_u(void **state)
{
	struct ledger_scrape filled;
	struct buf out;

	(void)state;
	buf_init(&out, 65536);
	ledger_scrape_init(&filled);
	ledger_scrape_doubt(&filled, CONFIDENCE_UNKNOWN, "nginx <is> #1 on another host");
	filled.scrape.ledger.held[HELD_PHANTOM] = NOT_KNOWN;
	encode(&munin_env_empty, &filled.scrape, NULL, "held", &out);
	has(&out, "\nkeepalive.value 30\n");
	filled.scrape.ledger.held[HELD_APP] = NOT_KNOWN;
	encode(&munin_env_empty, &filled.scrape, NULL, "held", &out);
	has(&out, "\nphantom.value U\nphantom.extinfo unknown: nginx ?is? ?1 on another host\n");
	has(&out, "\napp.value U\napp.extinfo unknown: nginx ?is? ?1 on another host\n");
	ledger_scrape_down(&filled);
	encode(&munin_env_empty, &filled.scrape, NULL, "held", &out);
	has(&out, "\nkeepalive.value U\n");
	lacks(&out, "extinfo");
	buf_free(&out);
	ledger_scrape_free(&filled);
}

static void a_line_that_is_not_exact_says_so(void **state)
{
	struct ledger_scrape filled;
	struct ledger *ledger = &filled.scrape.ledger;
	struct buf out;

	(void)state;
	buf_init(&out, 65536);
	ledger_scrape_init(&filled);
	ledger_scrape_doubt(&filled, CONFIDENCE_BOUNDED, "two #masters");
	encode(&munin_env_empty, &filled.scrape, NULL, "held", &out);
	lacks(&out, "extinfo");
	ledger->low[HELD_KEEPALIVE] = 28;
	ledger->high[HELD_APP] = 2;
	ledger->held[HELD_UNEXPLAINED] = -3; /* known, but not why */
	ledger->low[HELD_UNEXPLAINED] = ledger->high[HELD_UNEXPLAINED] = -3;
	encode(&munin_env_empty, &filled.scrape, NULL, "held", &out);
	has(&out, "\nkeepalive.value 30\nkeepalive.extinfo bounded: 28 to 30; two ?masters\n");
	has(&out, "\napp.value 0\napp.extinfo bounded: 0 to 2; two ?masters\n");
	has(&out, "\nphantom.value 16\nunexplained.value -3\n"
		  "unexplained.extinfo bounded: two ?masters\n");
	lacks(&out, "sending.extinfo");
	buf_free(&out);
	ledger_scrape_free(&filled);
}

/* Requests are drawn where a fetch has seen that there is an application. */
static void requests_at_the_application(void **state)
{
	struct munin_field field[MUNIN_SHOWN_MAX];
	struct munin_memory memory;
	struct ledger_scrape filled;
	struct ledger *ledger = &filled.scrape.ledger;
	struct munin_encoder encoder = {.memory = &memory};
	struct buf out;

	(void)state;
	buf_init(&out, 65536);
	ledger_scrape_init(&filled);
	munin_memory_init(&memory);
	munin_memory_take(&memory, &filled.scrape);
	assert_int_equal(munin_shown_fields(&encoder, munin_graph_of("app_requests"), field), 0);
	ledger->requests[REQUESTS_QUEUED] = ledger->requests_low[REQUESTS_QUEUED] =
		ledger->requests_high[REQUESTS_QUEUED] = 16;
	ledger->requests[REQUESTS_ACTIVE] = ledger->requests_low[REQUESTS_ACTIVE] = 4;
	ledger->requests_high[REQUESTS_ACTIVE] = 6;
	ledger->requests_reason = "it is far away";
	munin_memory_take(&memory, &filled.scrape);
	encode(&munin_env_empty, &filled.scrape, &memory, "app_requests", &out);
	has(&out, "\ngraph_order requests_active requests_queued\n");
	has(&out, "\nrequests_active.draw AREA\n");
	has(&out, "\nrequests_queued.draw STACK\n");
	has(&out, "\nrequests_active.value 4\n"
		  "requests_active.extinfo bounded: 4 to 6; it is far away\n"
		  "requests_queued.value 16\n");
	lacks(&out, "requests_queued.extinfo");
	/* Once there, it stays, and says why it has no number. */
	ledger->requests[REQUESTS_QUEUED] = ledger->requests[REQUESTS_ACTIVE] = NOT_KNOWN;
	munin_memory_take(&memory, &filled.scrape);
	encode(&munin_env_empty, &filled.scrape, &memory, "app_requests", &out);
	has(&out, "\nrequests_queued.value U\nrequests_queued.extinfo unknown: it is far away\n");
	buf_free(&out);
	ledger_scrape_free(&filled);
}

/* The kernel may have more than nginx counts: that is a number, and no error. */
static void unexplained_may_be_below_zero(void **state)
{
	struct ledger_scrape filled;
	struct buf out;

	(void)state;
	buf_init(&out, 65536);
	ledger_scrape_init(&filled);
	filled.scrape.ledger.held[HELD_UNEXPLAINED] = -3;
	filled.scrape.ledger.held[HELD_SENDING] = -1;
	encode(&munin_env_empty, &filled.scrape, NULL, "held", &out);
	has(&out, "\nunexplained.value -3\n");
	has(&out, "\nsending.value U\nsending.extinfo the count is below 0, which cannot be\n");
	lacks(&out, "unexplained.min");
	buf_free(&out);
	ledger_scrape_free(&filled);
}

static void each_queue_is_a_field(void **state)
{
	static const char *const pair[] = {"nginx_any_80_warning", "300",
					   "backlog_uwsgi_run_app_sock_critical", "50", NULL};
	const struct munin_env env = {munin_env_get, pair};
	struct munin_memory memory;
	struct ledger_scrape filled;
	struct buf out;

	(void)state;
	buf_init(&out, 65536);
	ledger_scrape_init(&filled);
	munin_memory_init(&memory);
	munin_memory_take(&memory, &filled.scrape);
	encode(&env, &filled.scrape, &memory, "backlog", &out);
	has(&out, "\ngraph_order nginx_any_80 nginx_any6_80 uwsgi_run_app_sock\n");
	has(&out, "\nnginx_any_80.label nginx *:80 (of 511)\n");
	has(&out, "\nnginx_any_80.warning 300\n");
	has(&out, "\nuwsgi_run_app_sock.label uWSGI /run/app.sock (of 100)\n");
	has(&out, "\nuwsgi_run_app_sock.critical 50\n");
	has(&out, "\nnginx_any_80.value 3\nnginx_any6_80.value 0\nuwsgi_run_app_sock.value 12\n");
	/* One that is gone for now stays in the graph, without a value. */
	filled.scrape.ledger.listeners.len = 0;
	encode(&munin_env_empty, &filled.scrape, &memory, "backlog", &out);
	has(&out, "\nnginx_any_80.value U\nnginx_any_80.extinfo not seen this time: ");
	encode(&munin_env_empty, NULL, &memory, "backlog", &out);
	has(&out, "\nuwsgi_run_app_sock.value U\n");
	buf_free(&out);
	ledger_scrape_free(&filled);
}

static void a_graph_without_fields_is_empty(void **state)
{
	struct munin_field field[MUNIN_SHOWN_MAX];
	struct munin_memory memory;
	struct munin_encoder encoder = {.memory = &memory};

	(void)state;
	munin_memory_init(&memory);
	for (size_t i = 0; i < munin_graph_all_len; i++) {
		size_t len = munin_shown_fields(&encoder, &munin_graph_all[i], field);

		assert_int_equal(len == 0, munin_graph_all[i].listed || munin_graph_all[i].once);
	}
}

static void the_note_stands_below_the_ledger(void **state)
{
	struct munin_memory memory;
	struct buf out;

	(void)state;
	buf_init(&out, 65536);
	munin_memory_init(&memory);
	encode(&munin_env_empty, NULL, &memory, "held", &out);
	has(&out, " A gap is a number that is not known.\n");
	(void)snprintf(memory.note, sizeof(memory.note), "Confidence: exact.");
	encode(&munin_env_empty, NULL, &memory, "held", &out);
	has(&out, " A gap is a number that is not known. Confidence: exact.\n");
	encode(&munin_env_empty, NULL, &memory, "backlog", &out);
	lacks(&out, "Confidence");
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_ledger_is_stacked_in_its_order),
		cmocka_unit_test(a_line_that_is_not_known_is_u),
		cmocka_unit_test(a_line_that_is_not_exact_says_so),
		cmocka_unit_test(requests_at_the_application),
		cmocka_unit_test(unexplained_may_be_below_zero),
		cmocka_unit_test(each_queue_is_a_field),
		cmocka_unit_test(a_graph_without_fields_is_empty),
		cmocka_unit_test(the_note_stands_below_the_ledger),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
