/* SPDX-License-Identifier: MIT */
/* Floors that leak and floors that do not, over days of made-up traffic with a clock of its own. */
#include "unit.h"

#include "healthy.h"
#include "history.h"

#define HOUR  3600.0
#define NEVER 1e9
#define PI    3.14159265358979
#define BEGIN 1699920000.0 /* midnight, a Tuesday */

/* Whose connections leak. */
enum leaker { NOBODY, HALF_CLOSED, LONG_LIVED, BLIND };

/* A site and who watches it. Traffic follows the hour of the day, between `night` and `noon`
 * requests per second, and connections follow traffic. */
struct world {
	const char *name;
	double start_hour; /* of the day, when the watching begins */
	double hours;      /* how long it is watched */
	double interval;   /* seconds between scrapes */
	double night, noon;
	double growth;  /* times as much traffic each day; 0: 1 */
	double weekend; /* times the traffic of a working day; 0: 1 */
	double busy;    /* connections in writing at noon */
	enum leaker leaker;
	double leak;                /* connections per hour */
	double leak_from;           /* hours after the watching begins */
	double leak_for;            /* hours; 0: to the end */
	double sessions;            /* websockets at the end of a working day that begins at 8 */
	double hole_from, hole_for; /* hours in each day that nobody watches */
	double restart_each;        /* hours between restarts of nginx; 0: none */
	double early, late;         /* found between these hours; NEVER: not at all */
	double per_hour;            /* as told when it is found, to a tenth; 0: any */
};

struct run {
	const struct world *world;
	struct healthy site;
	struct history history;
	double time; /* since the beginning, in hours */
	uint32_t noise;
};

/* Between 0 and 1, the same in every run. */
static double chance(struct run *run)
{
	run->noise = run->noise * 1664525 + 1013904223;
	return (run->noise >> 8) / 16777216.0;
}

static double hour_of_day(const struct run *run)
{
	return fmod(run->world->start_hour + run->time, 24);
}

static double traffic(const struct run *run)
{
	const struct world *world = run->world;
	double wave = (1 - cos(hour_of_day(run) / 12 * PI)) / 2;
	double day = fmod(floor((world->start_hour + run->time) / 24), 7);
	double rate = world->night + (world->noon - world->night) * wave;

	if (world->growth > 0)
		rate *= pow(world->growth, floor((world->start_hour + run->time) / 24));
	return world->weekend > 0 && (day == 4 || day == 5) ? rate * world->weekend : rate;
}

static double leaked(const struct run *run)
{
	const struct world *world = run->world;
	double hours = run->time - world->leak_from;

	if (world->restart_each > 0)
		hours = fmod(hours, world->restart_each);
	if (world->leak_for > 0 && hours > world->leak_for)
		hours = world->leak_for;
	return hours > 0 ? floor(hours * world->leak) : 0;
}

/* Clients that come from 8 on, stay, and leave between 18 and 20. */
static double sessions(const struct run *run)
{
	double hour = hour_of_day(run);
	double here = hour < 18 ? (hour - 8) / 10 : (20 - hour) / 2;

	return here > 0 ? floor(run->world->sessions * sqrt(here)) : 0;
}

static void fill_ledger(struct run *run, double writing)
{
	const struct world *world = run->world;
	struct ledger *ledger = &run->site.scrape.ledger;
	double stuck = world->leaker == NOBODY ? 0 : leaked(run);
	double open = sessions(run) + (world->leaker == LONG_LIVED ? stuck : 0);
	double app = floor(writing / 2);

	ledger->asked = world->leaker != BLIND;
	/* Two lines that may rise as they like. */
	healthy_hold(&run->site, HELD_KEEPALIVE, floor(run->time * 20));
	healthy_hold(&run->site, HELD_APP_QUEUE, floor(run->time * 10));
	healthy_hold(&run->site, HELD_APP, app);
	healthy_hold(&run->site, HELD_SENDING, writing - app);
	healthy_hold(&run->site, HELD_LONG_LIVED, open);
	healthy_hold(&run->site, HELD_HALF_CLOSED, world->leaker == HALF_CLOSED ? stuck : 0);
	ledger->writing = writing + sessions(run) + stuck;
	run->site.scrape.nginx.writing = (int64_t)ledger->writing + 1;
}

static bool is_watched(const struct run *run)
{
	double into = fmod(hour_of_day(run) - run->world->hole_from + 24, 24);

	return into >= run->world->hole_for;
}

static void step(struct run *run)
{
	const struct world *world = run->world;
	struct scrape *scrape = &run->site.scrape;
	double rate = traffic(run) * (0.9 + 0.2 * chance(run));
	double writing =
		floor(world->busy * traffic(run) / world->noon * (0.75 + 0.5 * chance(run)));
	double before = run->time;

	run->time += world->interval / HOUR;
	scrape->time = BEGIN + (world->start_hour + run->time) * HOUR;
	scrape->nginx.requests += (uint64_t)(rate * world->interval);
	scrape->nginx.accepts += (uint64_t)(rate * world->interval / 3);
	if (world->restart_each > 0 &&
	    floor(before / world->restart_each) != floor(run->time / world->restart_each)) {
		scrape->nginx.requests = 1;
		scrape->nginx.accepts = 1;
	}
	fill_ledger(run, writing);
	if (is_watched(run))
		history_take(&run->history, scrape);
}

/* The hour in which a leak is first told, or NEVER. */
static double run_world(const struct world *world, struct history_leak *leak)
{
	struct run run = {.world = world, .noise = 7};
	double next = 1;

	healthy_init(&run.site);
	history_init(&run.history);
	run.site.scrape.nginx.requests = 1000;
	run.site.scrape.nginx.accepts = 300;
	while (run.time < world->hours) {
		step(&run);
		if (run.time < next)
			continue;
		next = run.time + 0.25;
		if (history_leak(&run.history, leak))
			return run.time;
	}
	return NEVER;
}

/* Rows are laid out by hand. */
/* clang-format off */

/* Traffic with a deep night, and with a shallow one from a late morning on. */
#define DAILY    .night = 2, .noon = 60, .busy = 60
#define STEADY   .hours = 30, .start_hour = 11, .night = 30, .noon = 60, .busy = 60
#define OFFICE   .night = 5, .noon = 20, .busy = 20, .sessions = 400
#define UNSEEN   .early = NEVER, .late = NEVER
#define SEEN(from, to, rate) .early = (from), .late = (to), .per_hour = (rate)
#define LEAKS(who, rate) .leaker = (who), .leak = (rate)

static const struct world world[] = {
	{ "three days without a leak", .hours = 100, .interval = 300, DAILY, UNSEEN },
	{ "the same each 15 seconds", .hours = 100, .interval = 15, DAILY, UNSEEN },
	{ "a month without a leak, less on weekends", .hours = 800, .interval = 600, .night = 5,
	  .noon = 80, .weekend = 0.4, .busy = 90, UNSEEN },
	{ "a month, more on weekends", .hours = 800, .interval = 600, .night = 20, .noon = 80,
	  .weekend = 1.4, .busy = 300, UNSEEN },
	{ "a site that grows by a tenth each day", .hours = 300, .interval = 300, .night = 30,
	  .noon = 60, .busy = 200, .growth = 1.1, UNSEEN },
	{ "a site that grows by two thirds each day", .hours = 200, .interval = 300, .night = 2,
	  .noon = 60, .busy = 20, .growth = 1.67, UNSEEN },
	{ "a month of websockets in office hours", .hours = 800, .interval = 600, OFFICE, UNSEEN },
	{ "the same from afar", .hours = 800, .interval = 600, OFFICE, LEAKS(BLIND, 0), UNSEEN },

	{ "2 per hour", .hours = 100, .interval = 300, DAILY, LEAKS(BLIND, 2), SEEN(60, 73, 2) },
	{ "2 per hour each 15 seconds", .hours = 100, .interval = 15, .start_hour = 9.4, DAILY,
	  LEAKS(BLIND, 2), SEEN(60, 73, 2) },
	{ "2 per hour on a line of its own", .hours = 100, .interval = 300, DAILY,
	  LEAKS(HALF_CLOSED, 2), SEEN(6, 24, 2) },
	{ "2 per hour, nobody watches from 1 to 5", .hours = 100, .interval = 300, DAILY,
	  LEAKS(BLIND, 2), .hole_from = 1, .hole_for = 4, SEEN(60, 76, 2) },
	{ "2 per hour, nobody watches from 1 to 9: too little", .hours = 150, .interval = 300,
	  DAILY, LEAKS(BLIND, 2), .hole_from = 1, .hole_for = 8, UNSEEN },

	{ "60 per hour", .interval = 300, STEADY, LEAKS(HALF_CLOSED, 60), SEEN(5.9, 7.3, 60) },
	{ "60 per hour each minute", .interval = 60, STEADY, LEAKS(HALF_CLOSED, 60),
	  SEEN(5.9, 7.3, 60) },
	{ "60 per hour each 15 seconds", .interval = 15, STEADY, LEAKS(HALF_CLOSED, 60),
	  SEEN(5.9, 7.3, 60) },
	{ "60 per hour from afar", .interval = 7, STEADY, LEAKS(BLIND, 60), SEEN(24.9, 26.3, 60) },
	{ "60 per hour of what could be websockets", .interval = 300, STEADY, LEAKS(LONG_LIVED, 60),
	  SEEN(24.9, 26.3, 60) },
	{ "60 per hour while traffic grows to noon", .hours = 40, .interval = 300, .start_hour = 4,
	  DAILY, LEAKS(HALF_CLOSED, 60), SEEN(9, 13, 60) },
	{ "60 per hour, a check each 15 minutes", .interval = 900, STEADY, LEAKS(HALF_CLOSED, 60),
	  SEEN(5.9, 7.3, 60) },
	{ "60 per hour, a check each hour is too few", .interval = 3600, STEADY,
	  LEAKS(HALF_CLOSED, 60), UNSEEN },

	{ "60 per hour, restarted each 5 hours", .interval = 300, STEADY, LEAKS(HALF_CLOSED, 60),
	  .restart_each = 5, UNSEEN },
	{ "once 40, and level from then on", .hours = 100, .interval = 300, DAILY,
	  LEAKS(HALF_CLOSED, 400), .leak_from = 20, .leak_for = 0.1, UNSEEN },
	{ "8 per day on a large site, as for months", .hours = 26 * 24, .interval = 900,
	  .night = 60, .noon = 160, .weekend = 0.6, .busy = 400, LEAKS(BLIND, 8.0 / 24),
	  SEEN(72, 24 * 24, 8.0 / 24) },
};

/* clang-format on */

static void test_worlds(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(world); i++) {
		const struct world *w = &world[i];
		struct history_leak leak = {0};
		double found = run_world(w, &leak);

		if (found < w->early || found > w->late)
			fail_msg("%s: found after %g hours (series %u, %g to %g in %g h by %g)",
				 w->name, found, leak.series, leak.from, leak.to,
				 leak.seconds / HOUR, leak.step);
		if (found == NEVER)
			continue;
		if (w->per_hour > 0 && fabs(leak.per_hour / w->per_hour - 1) > 0.15)
			fail_msg("%s: %g per hour", w->name, leak.per_hour);
		assert_true(leak.to > leak.from && leak.seconds >= leak.step);
		assert_int_equal(leak.series, w->leaker == HALF_CLOSED  ? HELD_HALF_CLOSED
					      : w->leaker == LONG_LIVED ? HELD_LONG_LIVED
									: HISTORY_WRITING);
	}
}

/* ---- floors made by hand --------------------------------------------------------------------- */

/* Hours that were watched, up to now, each with floors and requests that grow evenly from the first
 * of a part to the last of it. */
struct part {
	double hours;
	double floor, floor_to;
	double requests, requests_to;
};

static void add_part(struct history *history, unsigned series, const struct part *part)
{
	for (double i = 0; i < part->hours; i++) {
		double share = part->hours > 1 ? i / (part->hours - 1) : 0;
		struct history_window *hour = &history->hour[history->hour_len];

		*hour = (struct history_window){
			.start = BEGIN + (double)history->hour_len * HOUR,
			.seconds = HOUR,
			.requests = part->requests + (part->requests_to - part->requests) * share,
		};
		hour->floor[series] = floor(part->floor + (part->floor_to - part->floor) * share);
		history->hour_len++;
	}
}

static const struct hand_case {
	const char *name;
	unsigned series;
	struct part part[3];
	double step; /* of the leak that is found; 0: none */
} hand_case[] = {
	{"level", HELD_REQUEST, {{30, 50, 50, 900, 900}}, 0},
	{"10 in 6 hours", HELD_REQUEST, {{6, 0, 10, 900, 900}}, HOUR},
	{"9 in 6 hours", HELD_REQUEST, {{6, 0, 9, 900, 900}}, 0},
	{"10 in 5 hours", HELD_REQUEST, {{5, 0, 10, 900, 900}}, 0},
	{"10 that begin at 30", HELD_REQUEST, {{6, 30, 40, 900, 900}}, HOUR},
	{"20 that begin at 90", HELD_REQUEST, {{6, 90, 110, 900, 900}}, 0},
	{"30 that begin at 90", HELD_REQUEST, {{6, 90, 120, 900, 900}}, HOUR},
	{"the same with more requests", HELD_REQUEST, {{6, 90, 120, 900, 990}}, 0},
	{"much more of it", HELD_REQUEST, {{6, 90, 180, 900, 1080}}, HOUR},
	{"with a quarter more requests", HELD_REQUEST, {{6, 90, 180, 900, 1125}}, 0},
	{"with fewer requests", HELD_REQUEST, {{6, 30, 40, 900, 90}}, HOUR},
	{"from nothing, with nothing", HELD_REQUEST, {{6, 0, 12, 0, 0}}, HOUR},
	{"from nothing, with requests", HELD_REQUEST, {{6, 0, 12, 0, 5}}, 0},
	{"it has stopped", HELD_REQUEST, {{6, 0, 60, 900, 900}, {6, 60, 60, 900, 900}}, 0},
	{"it goes on after a stop",
	 HELD_REQUEST,
	 {{7, 0, 60, 900, 900}, {2, 60, 60, 900, 900}, {6, 60, 120, 900, 900}},
	 HOUR},
	{"it fell in between", HELD_REQUEST, {{6, 0, 60, 900, 900}, {5, 59, 120, 900, 900}}, 0},
	{"what is below zero", HELD_UNEXPLAINED, {{25, -40, -10, 900, 900}}, 0},
	{"a day of websockets", HELD_LONG_LIVED, {{24, 0, 500, 900, 900}}, 0},
	{"and an hour", HELD_LONG_LIVED, {{25, 0, 500, 900, 900}}, HOUR},

	{"three days",
	 HISTORY_WRITING,
	 {{24, 100, 100, 900, 900}, {24, 106, 106, 900, 900}, {24, 113, 113, 900, 900}},
	 24 * HOUR},
	{"the last is no more",
	 HISTORY_WRITING,
	 {{24, 100, 100, 900, 900}, {24, 113, 113, 900, 900}, {24, 113, 113, 900, 900}},
	 0},
	{"too little for such a floor",
	 HISTORY_WRITING,
	 {{24, 200, 200, 900, 900}, {24, 206, 206, 900, 900}, {24, 213, 213, 900, 900}},
	 0},
	{"too little at all",
	 HISTORY_WRITING,
	 {{24, 2, 2, 900, 900}, {24, 6, 6, 900, 900}, {24, 10, 10, 900, 900}},
	 0},
	{"with a tenth more each day",
	 HISTORY_WRITING,
	 {{24, 100, 100, 900, 900}, {24, 112, 112, 990, 990}, {24, 125, 125, 1089, 1089}},
	 0},
	{"far more than that",
	 HISTORY_WRITING,
	 {{24, 100, 100, 900, 900}, {24, 130, 130, 990, 990}, {24, 165, 165, 1089, 1089}},
	 24 * HOUR},
	{"with far more requests each day",
	 HISTORY_WRITING,
	 {{24, 100, 100, 900, 900}, {24, 175, 175, 1440, 1440}, {24, 300, 300, 2304, 2304}},
	 0},
	{"a day is missing",
	 HISTORY_WRITING,
	 {{24, 106, 106, 900, 900}, {24, 113, 113, 900, 900}},
	 0},
};

static void test_by_hand(void **state)
{
	static struct history history;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(hand_case); i++) {
		const struct hand_case *c = &hand_case[i];
		const struct part now = {1, 0, 0, 0, 0}; /* the hour that has begun */
		struct history_leak leak;
		bool found;

		history_init(&history);
		for (size_t k = 0; k < ARRAY_LEN(c->part); k++)
			add_part(&history, c->series, &c->part[k]);
		add_part(&history, c->series, &now);
		found = history_leak(&history, &leak);
		if (found != (c->step > 0) || (found && leak.step != c->step))
			fail_msg("%s: %s, step %g", c->name, found ? "a leak" : "no leak",
				 leak.step);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_worlds),
		cmocka_unit_test(test_by_hand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
