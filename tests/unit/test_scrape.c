/* SPDX-License-Identifier: MIT */
/* Sites, walking through a scrape, adding up. Running a scrape against servers: tests/live. */
#include "unit.h"

#include "../../common/metric_table.h"
#include "scrape.h"
#include "uwsgi.h"

static const char two_workers[] =
	"{\"listen_queue\":3,\"signal_queue\":5,\"load\":3,\"sockets\":[{\"name\":\"a\",\"proto\":"
	"\"uwsgi\",\"queue\":3,\"max_queue\":10},{\"name\":\"/s\",\"proto\":\"uwsgi\",\"queue\":0,"
	"\"max_queue\":0}],\"workers\":[{\"id\":1,\"status\":\"busy\",\"requests\":10,\"tx\":100,"
	"\"running_time\":3000000,\"avg_rt\":1000,\"cores\":[{\"id\":0,\"in_request\":1,"
	"\"req_info\":{\"request_start\":1000}},{\"id\":1,\"write_errors\":2}]},{\"id\":2,"
	"\"status\":\"cheap\",\"requests\":5,\"avg_rt\":3000,\"cores\":[{\"id\":0},{\"id\":1}]}]}";

static const char no_cores[] = "{\"workers\":[{\"id\":1,\"status\":\"busy\"},{\"id\":2,\"status\":"
			       "\"idle\"},{\"id\":0,\"status\":\"cheap\"}]}";

static void fill(struct scrape *scrape, struct uwsgi_scrape *server, const char *const *text, size_t len)
{
	*scrape = (struct scrape){.time = 1012.5, .uwsgi = server, .uwsgi_len = len};
	for (size_t i = 0; i < len; i++) {
		struct err err = {0};

		server[i] = (struct uwsgi_scrape){.probe = {.asked = true, .seconds = 0.5 * (double)i}};
		if (text[i] == NULL)
			continue;
		assert_true(uwsgi_parse(&server[i].stats, str_of(text[i]), &err));
		server[i].probe.up = true;
	}
	scrape_add_up(scrape);
}

static void drop(struct scrape *scrape)
{
	for (size_t i = 0; i < scrape->uwsgi_len; i++)
		uwsgi_stats_free(&scrape->uwsgi[i].stats);
}

static void test_totals(void **state)
{
	struct uwsgi_scrape server[2];
	struct scrape scrape;
	const struct uwsgi_totals *t = &scrape.totals;

	(void)state;
	fill(&scrape, server, (const char *const[]){two_workers, no_cores}, 2);
	assert_true(scrape.uwsgi_site.up);
	assert_true(scrape.uwsgi_site.seconds == 0.5);
	assert_int_equal(t->workers, 5);
	assert_int_equal(t->busy, 2);
	assert_int_equal(t->idle, 1);
	assert_int_equal(t->cheap, 2);
	/* Two cores of the worker that runs, and one for each worker whose cores are not listed. */
	assert_int_equal(t->cores, 4);
	assert_int_equal(t->busy_cores, 2);
	assert_true(t->busy_percent == 50);
	assert_int_equal(t->queue, 3);
	assert_int_equal(t->queue_max, 10);
	assert_true(t->queue_known);
	assert_true(t->queue_percent == 30);
	assert_int_equal(t->requests, 15);
	assert_int_equal(t->tx, 100);
	assert_int_equal(t->write_errors, 2);
	assert_int_equal(t->running_time, 3000000);
	assert_int_equal(t->signal_queue, 5);
	assert_true(t->oldest_request == 12.5);
	assert_true(t->average_seconds == 0.002);
	drop(&scrape);
}

static void test_a_missing_server_spoils_the_sum(void **state)
{
	struct uwsgi_scrape server[2];
	struct scrape scrape;

	(void)state;
	fill(&scrape, server, (const char *const[]){two_workers, NULL}, 2);
	assert_false(scrape.uwsgi_site.up);
	assert_int_equal(scrape.totals.requests, 0);
	assert_true(isnan(scrape.totals.busy_percent));
	drop(&scrape);
}

static void test_unknown_is_unknown(void **state)
{
	struct uwsgi_scrape server[1];
	struct scrape scrape;

	(void)state;
	fill(&scrape, server, (const char *const[]){no_cores}, 1);
	assert_false(scrape.totals.queue_known);
	assert_true(isnan(scrape.totals.queue_percent));
	assert_true(isnan(scrape.totals.oldest_request));
	assert_true(isnan(scrape.totals.average_seconds));
	drop(&scrape);
}

struct seen {
	size_t len;
	const struct place *last_parent;
	uint64_t ids[16];
};

static void note_core(void *ctx, const struct place *place)
{
	struct seen *seen = ctx;
	const struct uwsgi_worker *worker = place->parent->object;
	const struct uwsgi_core *core = place->object;

	assert_ptr_equal(place->parent->entity, &entity_uwsgi_worker);
	assert_ptr_equal(place->parent->parent->entity, &entity_uwsgi);
	assert_null(place->parent->parent->parent);
	assert_non_null(place->server);
	seen->ids[seen->len++] = worker->id * 10 + core->id;
}

static void count(void *ctx, const struct place *place)
{
	(void)place;
	++*(size_t *)ctx;
}

static void test_walk(void **state)
{
	struct uwsgi_scrape server[2];
	struct scrape scrape;
	struct seen seen = {0};
	size_t len = 0;

	(void)state;
	fill(&scrape, server, (const char *const[]){two_workers, NULL}, 2);
	scrape_each(&scrape, &entity_uwsgi_core, note_core, &seen);
	assert_int_equal(seen.len, 4);
	assert_int_equal(seen.ids[0], 10);
	assert_int_equal(seen.ids[3], 21);
	scrape_each(&scrape, &entity_uwsgi_core_request, count, &len);
	assert_int_equal(len, 4);
	len = 0;
	scrape_each(&scrape, &entity_uwsgi_probe, count, &len);
	assert_int_equal(len, 2);
	scrape_each(&scrape, &entity_uwsgi, count, &len);
	assert_int_equal(len, 3);
	scrape_each(&scrape, &entity_uwsgi_totals, count, &len);
	scrape_each(&scrape, &entity_nginx, count, &len);
	scrape_each(&scrape, &entity_nginx_probe, count, &len);
	assert_int_equal(len, 3);
	drop(&scrape);
}

static void test_sites(void **state)
{
	struct site site;
	struct err err = {0};

	(void)state;
	site_init(&site);
	assert_int_equal(site.timeout_ms, FETCH_TIMEOUT_MS);
	assert_true(site_set_name(&site, "blog", &err));
	assert_true(site_set_nginx(&site, "http://127.0.0.1/s", &err));
	assert_false(site_set_nginx(&site, "http://127.0.0.2/s", &err));
	assert_non_null(strstr(err.text, "has an nginx already"));
	err_clear(&err);
	assert_true(site_add_uwsgi(&site, "127.0.0.1:1717", &err));
	assert_true(site_add_uwsgi(&site, "unix:/run/a.stats", &err));
	assert_false(site_add_uwsgi(&site, "unix:/run/a.stats", &err));
	assert_non_null(strstr(err.text, "named twice"));
	assert_int_equal(site.uwsgi_len, 2);
	err_clear(&err);
	assert_false(site_set_name(&site, "", &err));
	err_clear(&err);
	assert_false(site_set_name(&site, "a\nb", &err));
	assert_int_equal(err.kind, ERR_USAGE);
	site_free(&site);
	site_free(&site);
}

static void test_dead_targets_are_no_error(void **state)
{
	struct site site;
	struct scrape scrape;
	struct err err = {0};

	(void)state;
	site_init(&site);
	assert_true(site_set_nginx(&site, "http://127.0.0.1:1/s", &err));
	assert_true(site_add_uwsgi(&site, "unix:/nonexistent/a.stats", &err));
	assert_true(scrape_run(&scrape, &site, &err));
	assert_false(scrape.nginx_probe.up);
	assert_int_equal(scrape.nginx_probe.err.kind, ERR_REFUSED);
	assert_false(scrape.uwsgi[0].probe.up);
	assert_int_equal(scrape.uwsgi[0].probe.err.kind, ERR_NOT_FOUND);
	assert_non_null(strstr(scrape.uwsgi[0].probe.err.text, "/nonexistent/a.stats"));
	assert_false(scrape.uwsgi_site.up);
	scrape_free(&scrape);
	site_free(&site);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_totals),
		cmocka_unit_test(test_a_missing_server_spoils_the_sum),
		cmocka_unit_test(test_unknown_is_unknown),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_sites),
		cmocka_unit_test(test_dead_targets_are_no_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
