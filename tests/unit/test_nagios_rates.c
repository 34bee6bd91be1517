/* SPDX-License-Identifier: MIT */
/* test_nagios_rates.c - rates by the state file: the first run, the next ones, two at once, and a
 * file that is not what it should be. */
#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "fake_proc.h"
#include "given.h"
#include "nagios/rates.h"

struct bench {
	struct fake_proc folder;
	struct given given;
	struct nagios_rates rates;
	struct nagios_item *item; /* requests_per_second */
};

static void begin(struct bench *bench)
{
	fake_proc_make(&bench->folder);
	assert_true(
		given_parse(&bench->given, &nagios_program_nginx, "p -c requests_per_second=100"));
	bench->given.settings.state_dir = bench->folder.dir;
	bench->item = nagios_items_find(&bench->given.settings.items, STR("requests_per_second"));
	bench->item->counted = true;
	bench->item->count = (struct value){.type = FIELD_U64};
}

static void end(struct bench *bench)
{
	given_free(&bench->given);
	fake_proc_remove(&bench->folder);
}

/* One run at `seconds`, nginx having had so many requests. What is judged then. */
static enum nagios_state run_at(struct bench *bench, double seconds, uint64_t requests)
{
	bench->item->known = false;
	bench->item->count.u64 = requests;
	nagios_rates_by_state(&bench->given.settings, seconds, seconds, &bench->rates);
	return nagios_items_judge(&bench->given.settings.items, bench->rates.err.kind == ERR_NONE);
}

static void runs_follow_each_other(void **state)
{
	static const struct {
		double seconds;
		uint64_t requests;
		enum rate_state state;
		double rate;
		enum nagios_state judged;
	} run[] = {
		{1000, 500, RATE_FIRST, 0, NAGIOS_OK},
		{1000.5, 501, RATE_TOO_SOON, 0, NAGIOS_OK},
		{1010, 600, RATE_KNOWN, 10, NAGIOS_OK}, /* against the first: the second left it */
		{1020, 6600, RATE_KNOWN, 600, NAGIOS_CRITICAL},
		{1030, 7, RATE_RESET, 0, NAGIOS_OK},
		{1040, 17, RATE_KNOWN, 1, NAGIOS_OK},
		{9000, 1000000, RATE_TOO_OLD, 0, NAGIOS_OK},
		{9010, 1000000, RATE_KNOWN, 0, NAGIOS_OK},
		{50, 1000010, RATE_RESET, 0, NAGIOS_OK}, /* the host was started anew */
		{60, 1000020, RATE_KNOWN, 1, NAGIOS_OK},
		{60.5, 1000025, RATE_KNOWN, 15 / 10.5, NAGIOS_OK}, /* against the one at 50 */
		{60.75, 1000025, RATE_KNOWN, 15 / 10.75, NAGIOS_OK},
		{60.75, 3, RATE_RESET, 0, NAGIOS_OK},
		{61, 4, RATE_TOO_SOON, 0, NAGIOS_OK}, /* what was before the reset is of no use */
		{62.75, 23, RATE_KNOWN, 10, NAGIOS_OK},
		{3662, 23, RATE_KNOWN, 0, NAGIOS_OK},
		{3662.8, 23, RATE_TOO_SOON, 0, NAGIOS_OK}, /* and 62.75 is too old by now */
	};
	struct bench bench;

	(void)state;
	begin(&bench);
	for (size_t i = 0; i < ARRAY_LEN(run); i++) {
		assert_int_equal(run_at(&bench, run[i].seconds, run[i].requests), run[i].judged);
		assert_int_equal(bench.rates.err.kind, ERR_NONE);
		assert_int_equal(bench.rates.state, run[i].state);
		assert_int_equal(bench.item->known, run[i].state == RATE_KNOWN);
		assert_true(!bench.item->known || bench.item->value == run[i].rate);
	}
	end(&bench);
}

/* Two services that a scheduler has lined up: whoever comes second has rates too, each time. */
static void services_in_lock_step(void **state)
{
	static const double gap[] = {0, 0.004, 0.5, 0.999};
	struct bench bench;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(gap); i++) {
		begin(&bench);
		for (unsigned round = 0; round < 4; round++) {
			double seconds = 1000 + 60.0 * round;

			for (unsigned service = 0; service < 3; service++) {
				(void)run_at(&bench, seconds, 600 * (uint64_t)round);
				assert_int_equal(bench.item->known, round > 0);
				assert_true(round == 0 ||
					    fabs(bench.item->value - 10) < 10 * gap[i] / 60 + 1e-9);
				if (service == 0)
					seconds += gap[i];
			}
		}
		end(&bench);
	}
}

/* The one that comes second has no rate, and that is no fault of anybody. */
static void two_runs_at_once(void **state)
{
	struct err err = {0};
	struct state other;
	struct bench bench;

	(void)state;
	begin(&bench);
	assert_int_equal(run_at(&bench, 1000, 500), NAGIOS_OK);
	assert_true(nagios_state_open(&bench.given.settings, &other, &err));
	assert_int_equal(run_at(&bench, 1010, 600), NAGIOS_OK);
	assert_int_equal(bench.rates.state, RATE_BUSY);
	assert_int_equal(bench.rates.err.kind, ERR_NONE);
	assert_false(bench.item->known);
	state_close(&other);
	assert_int_equal(run_at(&bench, 1010, 600), NAGIOS_OK);
	assert_true(bench.item->known && bench.item->value == 10);
	end(&bench);
}

/* UNKNOWN only since a rate is judged. */
static void a_folder_that_cannot_be_used(void **state)
{
	struct bench bench;
	char path[300];

	(void)state;
	begin(&bench);
	fake_proc_file(&bench.folder, "file", "");
	(void)snprintf(path, sizeof(path), "%s/file", bench.folder.dir);
	bench.given.settings.state_dir = path;
	assert_int_equal(run_at(&bench, 1000, 500), NAGIOS_UNKNOWN);
	assert_int_not_equal(bench.rates.err.kind, ERR_NONE);
	bench.item->critical.set = false;
	assert_int_equal(run_at(&bench, 1000, 500), NAGIOS_OK);
	end(&bench);
}

static void a_damaged_file_is_none(void **state)
{
	static const char *const text[] = {"", "nonsense", "connledger-rates 2\nseconds 5\n",
					   "connledger-rates 1\nseconds 5\nrequests 1\nend\n",
					   "connledger-rates 9\nseconds 5\nrequests 1\nend\n"};
	struct err err = {0};
	struct bench bench;

	(void)state;
	begin(&bench);
	for (size_t i = 0; i < ARRAY_LEN(text); i++) {
		struct state file;

		assert_true(nagios_state_open(&bench.given.settings, &file, &err));
		assert_true(state_write(&file, str_of(text[i]), &err));
		state_close(&file);
		assert_int_equal(run_at(&bench, 1000, 500), NAGIOS_OK);
		assert_int_equal(bench.rates.state, RATE_FIRST);
		assert_int_equal(run_at(&bench, 1010, 600), NAGIOS_OK);
		assert_true(bench.item->known);
	}
	end(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_follow_each_other),
		cmocka_unit_test(services_in_lock_step),
		cmocka_unit_test(two_runs_at_once),
		cmocka_unit_test(a_folder_that_cannot_be_used),
		cmocka_unit_test(a_damaged_file_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
