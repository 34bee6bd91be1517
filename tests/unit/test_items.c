/* SPDX-License-Identifier: MIT */
/* test_items.c - the metrics of a check: values out of a scrape, rates out of samples, verdicts. */
#include "unit.h"

#include <math.h>

#include "nagios/check.h"

#define NGINX(member) nagios_items_at(&items, ROOT_NGINX, offsetof(struct nginx_status, member))

static struct nagios_items nginx_items(void)
{
	struct nagios_items items;

	nagios_items_init(&items, nagios_program_nginx.root, nagios_program_nginx.root_len);
	return items;
}

static struct scrape nginx_scrape(void)
{
	return (struct scrape){
		.nginx_probe = {.asked = true, .up = true, .seconds = 0.25},
		.nginx = {.active = 291,
			  .reading = 6,
			  .writing = 179,
			  .waiting = 106,
			  .accepts = 1000,
			  .handled = 990,
			  .requests = 5000,
			  .dropped = 10,
			  .requests_per_connection = 5.05},
	};
}

static struct threshold range(const char *text)
{
	struct threshold threshold;
	struct err err = {0};

	assert_true(threshold_parse(&threshold, str_of(text), &err));
	return threshold;
}

static void each_program_has_its_metrics(void **state)
{
	const struct nagios_program *program[] = {&nagios_program_nginx, &nagios_program_uwsgi};
	const char *main_name[] = {"active", "busy_percent"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(program); i++) {
		struct nagios_items items;

		nagios_items_init(&items, program[i]->root, program[i]->root_len);
		assert_in_range(items.len, 10, NAGIOS_ITEMS_MAX - 1);
		assert_string_equal(nagios_items_main(&items)->metric->nagios.name, main_name[i]);
		assert_non_null(nagios_items_find(&items, STR("response_time")));
		assert_null(nagios_items_find(&items, STR("nonsense")));
		for (size_t k = 0; k < items.len; k++)
			assert_ptr_equal(nagios_items_find(
						 &items, str_of(items.item[k].metric->nagios.name)),
					 &items.item[k]);
		for (size_t k = 0; program[i]->list != NULL && k < NAGIOS_LIST_MAX; k++)
			assert_non_null(
				nagios_items_at(&items, program[i]->root[0], program[i]->list[k]));
	}
}

static void gauges_are_filled_and_counters_counted(void **state)
{
	struct nagios_items items = nginx_items();
	struct scrape scrape = nginx_scrape();

	(void)state;
	nagios_items_fill(&items, &scrape);
	assert_true(NGINX(active)->known && NGINX(active)->value == 291);
	assert_true(nagios_items_find(&items, STR("response_time"))->value == 0.25);
	assert_false(NGINX(requests)->known);
	assert_true(NGINX(requests)->counted && NGINX(requests)->count.u64 == 5000);

	scrape.nginx.active = -1;
	scrape.nginx.requests_per_connection = (double)NAN;
	nagios_items_fill(&items, &scrape);
	assert_false(NGINX(active)->known);
	assert_false(NGINX(requests_per_connection)->known);

	scrape.nginx_probe.up = false;
	nagios_items_fill(&items, &scrape);
	assert_false(NGINX(waiting)->known);
	assert_false(NGINX(requests)->counted);
}

static void rates_come_out_of_two_samples(void **state)
{
	struct nagios_items items = nginx_items();
	struct scrape scrape = nginx_scrape();
	struct rate_sample before;
	struct rate_sample now;

	(void)state;
	assert_true(nagios_items_have_rates(&items));
	nagios_items_fill(&items, &scrape);
	nagios_items_sample(&items, 100, &before);
	scrape.nginx.requests += 42;
	nagios_items_fill(&items, &scrape);
	nagios_items_sample(&items, 110, &now);
	nagios_items_rate(&items, &before, &now, 1);
	assert_true(NGINX(requests)->known && NGINX(requests)->value == 4.2);
	assert_true(NGINX(accepts)->known && NGINX(accepts)->value == 0);
	nagios_items_rate(&items, &now, &now, 1);
	assert_false(NGINX(requests)->known);
}

/* accepts and handled are two reads: their difference wobbles under load, and that is no restart.
 */
static void a_difference_that_wobbles_is_no_restart(void **state)
{
	struct nagios_items items = nginx_items();
	struct scrape scrape = nginx_scrape();
	struct rate_sample before;
	struct rate_sample now;

	(void)state;
	nagios_items_fill(&items, &scrape);
	nagios_items_sample(&items, 100, &before);
	scrape.nginx.requests += 10;
	scrape.nginx.dropped -= 1;
	nagios_items_fill(&items, &scrape);
	nagios_items_sample(&items, 110, &now);
	assert_int_equal(rate_compare(&before, &now, 1), RATE_RESET);
	nagios_items_settle(&items, &before, &now);
	assert_int_equal(rate_compare(&before, &now, 1), RATE_KNOWN);
	nagios_items_rate(&items, &before, &now, 1);
	assert_true(NGINX(dropped)->known && NGINX(dropped)->value == 0);
	assert_true(NGINX(requests)->known && NGINX(requests)->value == 1);

	scrape.nginx.requests = 3;
	nagios_items_fill(&items, &scrape);
	nagios_items_sample(&items, 110, &now);
	nagios_items_settle(&items, &before, &now);
	assert_int_equal(rate_compare(&before, &now, 1), RATE_RESET);
}

/* uWSGI's counters are all sums, none of them a difference: there a fall is a restart. */
static void a_sum_that_falls_is_a_restart(void **state)
{
	struct rate_sample before = {.seconds = 100};
	struct rate_sample now = {.seconds = 110};
	struct nagios_items items;
	const struct nagios_item *item;

	(void)state;
	nagios_items_init(&items, nagios_program_uwsgi.root, nagios_program_uwsgi.root_len);
	item = nagios_items_at(&items, ROOT_TOTALS, offsetof(struct uwsgi_totals, requests));
	assert_non_null(item);
	rate_sample_add(&before, item->metric->key, 500);
	rate_sample_add(&now, item->metric->key, 3);
	nagios_items_settle(&items, &before, &now);
	assert_int_equal(rate_compare(&before, &now, 1), RATE_RESET);
}

static const struct {
	const char *warning, *critical;
	bool known;
	double value;
	bool pending;
	enum nagios_state expected; /* of a gauge */
	enum nagios_state rate;     /* of a counter */
} verdict[] = {
	{NULL, NULL, true, 5, true, NAGIOS_OK, NAGIOS_OK},
	{NULL, NULL, false, 0, false, NAGIOS_OK, NAGIOS_OK},
	{"4", NULL, true, 5, true, NAGIOS_WARNING, NAGIOS_WARNING},
	{"5", NULL, true, 5, true, NAGIOS_OK, NAGIOS_OK},
	{"4", "4", true, 5, true, NAGIOS_CRITICAL, NAGIOS_CRITICAL},
	{"4", "9", true, 5, true, NAGIOS_WARNING, NAGIOS_WARNING},
	{NULL, "4", true, 5, true, NAGIOS_CRITICAL, NAGIOS_CRITICAL},
	{"4", NULL, false, 0, true, NAGIOS_UNKNOWN, NAGIOS_OK},
	{NULL, "4", false, 0, false, NAGIOS_UNKNOWN, NAGIOS_UNKNOWN},
};

/* Nobody counts it: there is nothing to wait for. */
static void a_counter_that_is_not_known(void **state)
{
	struct nagios_items items = nginx_items();

	(void)state;
	NGINX(requests)->warning = range("4");
	assert_int_equal(nagios_items_judge(&items, true), NAGIOS_UNKNOWN);
	NGINX(requests)->counted = true;
	assert_int_equal(nagios_items_judge(&items, true), NAGIOS_OK);
}

static void verdicts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(verdict); i++) {
		for (int rate = 0; rate <= 1; rate++) {
			struct nagios_items items = nginx_items();
			struct nagios_item *item = rate == 1 ? NGINX(requests) : NGINX(active);

			item->counted = rate == 1;
			item->known = verdict[i].known;
			item->value = item->low = item->high = verdict[i].value;
			if (verdict[i].warning != NULL)
				item->warning = range(verdict[i].warning);
			if (verdict[i].critical != NULL)
				item->critical = range(verdict[i].critical);
			assert_int_equal(nagios_items_judge(&items, verdict[i].pending),
					 rate == 1 ? verdict[i].rate : verdict[i].expected);
		}
	}
}

static void the_worst_state_is_shown(void **state)
{
	static const enum nagios_state rising[] = {NAGIOS_OK, NAGIOS_UNKNOWN, NAGIOS_WARNING,
						   NAGIOS_CRITICAL};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rising); i++) {
		for (size_t k = 0; k < ARRAY_LEN(rising); k++)
			assert_int_equal(nagios_state_worse(rising[i], rising[k]),
					 rising[i > k ? i : k]);
	}
}

static void states_are_read_by_name_or_number(void **state)
{
	static const char *const good[] = {"ok",       "OK", "0",       "Warning", "1",
					   "CRITICAL", "2",  "unknown", "3"};
	static const enum nagios_state is[] = {NAGIOS_OK,       NAGIOS_OK,      NAGIOS_OK,
					       NAGIOS_WARNING,  NAGIOS_WARNING, NAGIOS_CRITICAL,
					       NAGIOS_CRITICAL, NAGIOS_UNKNOWN, NAGIOS_UNKNOWN};
	static const char *const bad[] = {"", "4", "-1", "okay", "o", "critical ", "00"};
	enum nagios_state got;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct err err = {0};

		assert_true(nagios_state_parse(&got, str_of(good[i]), &err));
		assert_int_equal(got, is[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err err = {0};

		assert_false(nagios_state_parse(&got, str_of(bad[i]), &err));
		assert_non_null(strstr(err.text, bad[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_program_has_its_metrics),
		cmocka_unit_test(gauges_are_filled_and_counters_counted),
		cmocka_unit_test(rates_come_out_of_two_samples),
		cmocka_unit_test(a_difference_that_wobbles_is_no_restart),
		cmocka_unit_test(a_sum_that_falls_is_a_restart),
		cmocka_unit_test(verdicts),
		cmocka_unit_test(a_counter_that_is_not_known),
		cmocka_unit_test(the_worst_state_is_shown),
		cmocka_unit_test(states_are_read_by_name_or_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
