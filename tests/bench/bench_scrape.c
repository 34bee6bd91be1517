/* SPDX-License-Identifier: MIT */
/*
 * bench_scrape.c - scrapes of one nginx with the ledger and without, in turn, as a front end that
 * stays in memory makes them.
 *
 *     bench_scrape ROUNDS URL
 *
 * Prints a line for each round: wall-clock and CPU nanoseconds without, then with, and how many
 * samples the ledger took. Ends with a line "total N confidence N": the last ledger's.
 */
#include "bench_self.h"
#include "scrape.h"

static bool complain(const char *what)
{
	(void)fprintf(stderr, "bench_scrape: %s\n", what);
	return false;
}

/* The ledger is left in `*ledger`; its texts are gone. */
static bool scrape_once(struct site *site, bool want_ledger, struct ledger *ledger)
{
	struct scrape scrape;
	struct err err = {0};
	int64_t cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	int64_t wall = clock_ns(CLOCK_MONOTONIC);
	bool ok;

	site->want_ledger = want_ledger;
	ok = scrape_run(&scrape, site, &err);
	wall = clock_ns(CLOCK_MONOTONIC) - wall;
	cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
	if (!ok)
		(void)complain(err.text);
	else if (!scrape.nginx_probe.up)
		ok = complain(scrape.nginx_probe.err.text);
	site->memory = scrape.memory;
	*ledger = scrape.ledger;
	scrape_free(&scrape);
	(void)printf("%lld %lld%s", (long long)wall, (long long)cpu, want_ledger ? "" : " ");
	return ok;
}

static bool measure(struct site *site, uint64_t rounds)
{
	struct ledger ledger = {.total = 0};

	for (uint64_t i = 0; i < rounds; i++) {
		if (!scrape_once(site, false, &ledger) || !scrape_once(site, true, &ledger))
			return false;
		(void)printf(" %llu\n", (unsigned long long)ledger.samples);
	}
	return printf("total %.0f confidence %u\n", ledger.total, ledger.confidence) > 0;
}

int main(int argc, char *argv[])
{
	struct fetch_keep keep;
	struct err err = {0};
	struct site site;
	uint64_t rounds;
	bool ok;

	if (argc != 3 || !str_to_u64(str_of(argv[1]), &rounds)) {
		(void)complain("usage: bench_scrape ROUNDS URL");
		return EXIT_FAILURE;
	}
	fetch_keep_init(&keep, NULL);
	site_init(&site);
	site.nginx_keep = &keep;
	ok = site_set_nginx(&site, argv[2], &err) || complain(err.text);
	ok = ok && measure(&site, rounds);
	site_free(&site);
	fetch_keep_free(&keep);
	return ok && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
