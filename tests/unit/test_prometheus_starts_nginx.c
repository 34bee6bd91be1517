/* SPDX-License-Identifier: MIT */
/* When nginx's counters began: what is said, and when nothing is. */
#include "unit.h"

#include "starts_world.h"

static const double begin = 1700000000;

static void test_nginx(void **state)
{
	struct starts_world world;
	struct nginx_status *nginx = &world.scrape.nginx;
	struct ledger *ledger = &world.scrape.ledger;

	(void)state;
	starts_world_init(&world);
	starts_world_look(&world, 0);
	SINCE(nginx->counted_since, begin - 1000.25);
	/* The same process seen again a little otherwise: the time does not jitter. */
	ledger->master_started += 0.01;
	nginx->accepts++;
	starts_world_look(&world, 10);
	SINCE(nginx->counted_since, begin - 1000.25);
	/* A restart: another master, and the counters begin anew. */
	*nginx = (struct nginx_status){.accepts = 1, .requests = 1};
	ledger->master_pid = 8;
	ledger->master_started = begin + 15;
	starts_world_look(&world, 10);
	SINCE(nginx->counted_since, begin + 15);
	/* The pid may be the same, as in a container. */
	*nginx = (struct nginx_status){.accepts = 0, .requests = 1};
	ledger->master_started = begin + 25;
	starts_world_look(&world, 10);
	SINCE(nginx->counted_since, begin + 25);
	starts_world_free(&world);
}

static void test_nginx_not_known(void **state)
{
	struct starts_world world;
	struct nginx_status *nginx = &world.scrape.nginx;
	struct ledger *ledger = &world.scrape.ledger;
	const struct ledger known = {.asked = true,
				     .processes_known = true,
				     .master_pid = 7,
				     .masters = 1,
				     .master_started = begin - 1000};

	(void)state;
	starts_world_init(&world);
	for (unsigned i = 0; i < 5; i++) {
		*ledger = known;
		ledger->asked = i != 0;
		ledger->processes_known = i != 1;
		ledger->masters = i == 2 ? 2 : 1;
		ledger->master_started = i == 3 ? 0 : known.master_started;
		world.scrape.nginx_probe.up = i != 4;
		starts_world_look(&world, 10);
		SINCE(nginx->counted_since, 0);
	}
	*ledger = known;
	world.scrape.nginx_probe.up = true;
	starts_world_look(&world, 10);
	SINCE(nginx->counted_since, begin - 1000);
	starts_world_free(&world);
}

/* A binary upgrade: the page is of either master until there is one, and whose it was just now is
 * seen from the counters only. */
static void test_nginx_upgrade(void **state)
{
	struct starts_world world;
	struct nginx_status *nginx = &world.scrape.nginx;
	struct ledger *ledger = &world.scrape.ledger;

	(void)state;
	starts_world_init(&world);
	starts_world_look(&world, 0);
	ledger->masters = 2;
	starts_world_look(&world, 10);
	SINCE(nginx->counted_since, 0);
	/* Taken back. */
	ledger->masters = 1;
	starts_world_look(&world, 10);
	SINCE(nginx->counted_since, begin - 1000.25);
	/* Gone through, but the page has not fallen: it may be the old one's. */
	ledger->master_pid = 8;
	ledger->master_started = begin + 15;
	nginx->accepts++;
	starts_world_look(&world, 10);
	SINCE(nginx->counted_since, 0);
	/* The next one is the new one's, since the old master was gone by then. */
	nginx->accepts = nginx->requests = 2;
	starts_world_look(&world, 10);
	SINCE(nginx->counted_since, begin + 15);
	nginx->accepts = 1;
	starts_world_look(&world, 10);
	SINCE(nginx->counted_since, 0);
	starts_world_free(&world);
}

/* Counters that fall under one master are not all of it. */
static void test_nginx_odd(void **state)
{
	struct starts_world world;
	struct nginx_status *nginx = &world.scrape.nginx;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		starts_world_init(&world);
		starts_world_look(&world, 0);
		nginx->accepts -= i == 0 ? 1 : 0;
		nginx->requests -= i == 0 ? 0 : 1;
		starts_world_look(&world, 10);
		SINCE(nginx->counted_since, 0);
		nginx->accepts += 100;
		nginx->requests += 100;
		starts_world_look(&world, 10);
		SINCE(nginx->counted_since, 0);
		starts_world_look(&world, 0.1);
		SINCE(nginx->counted_since, 0);
		/* Another master: a new page. */
		world.scrape.ledger.master_pid++;
		nginx->accepts = nginx->requests = 0;
		starts_world_look(&world, 10);
		SINCE(nginx->counted_since, begin - 1000.25);
		starts_world_free(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nginx),
		cmocka_unit_test(test_nginx_not_known),
		cmocka_unit_test(test_nginx_upgrade),
		cmocka_unit_test(test_nginx_odd),
	};

	return cmocka_run_group_tests_name("prometheus_starts_nginx", tests, NULL, NULL);
}
