/* SPDX-License-Identifier: MIT */
/* test_munin_discover.c - where the Munin plugin looks for status pages. */
#include "unit.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fake_proc.h"
#include "munin/discover_places.h"

static const struct munin_place *place_at(const struct munin_places *places, const char *name)
{
	for (size_t i = 0; i < places->len; i++) {
		if (strcmp(places->place[i].target.name, name) == 0)
			return &places->place[i];
	}
	return NULL;
}

static void add_port(struct munin_places *places, const char *text, uint32_t master)
{
	struct nearby_port *port = &places->nearby.port[places->nearby.port_len++];

	port->master = master;
	if (strncmp(text, "[::]", 4) == 0) {
		memset(&port->at, 0, sizeof(port->at));
		port->at.port = (uint16_t)strtoul(text + 5, NULL, 10);
	} else {
		assert_true(endpoint_parse(&port->at, str_of(text)));
	}
}

static void begin(struct munin_places *places)
{
	*places = (struct munin_places){.place = calloc(MUNIN_PLACES_MAX, sizeof(*places->place))};
	assert_non_null(places->place);
}

static void nginx_is_looked_for_where_it_listens(void **state)
{
	static const char *const there[] = {
		"http://127.0.0.1/nginx_status",      "http://[::1]/status",
		"http://127.0.0.1:8060/nginx_status", "http://127.0.0.1:8081/status",
		"http://[::1]:8082/stub_status",      "http://127.0.0.2:8083/nginx_status",
		"http://[fe80::1]:84/nginx_status",   "tcp://127.0.0.1:1717",
	};
	struct munin_places places;

	(void)state;
	begin(&places);
	add_port(&places, "0.0.0.0:80", 7);
	add_port(&places, "0.0.0.0:8081", 7);
	add_port(&places, "[::]:8082", 8);
	add_port(&places, "127.0.0.2:8083", 9);
	add_port(&places, "[fe80::1]:84", 9);
	add_port(&places, "0.0.0.0:443", 7);
	munin_places_add(&places, "/nowhere");
	for (size_t i = 0; i < ARRAY_LEN(there); i++) {
		if (place_at(&places, there[i]) == NULL)
			fail_msg("not looked at: %s", there[i]);
	}
	assert_string_equal(places.place[0].target.name, there[0]);
	assert_null(place_at(&places, "http://127.0.0.1:443/nginx_status"));
	/* 8 usual ones, 2 of GitLab's, 4 of each port but the usual and 443, 2 of uWSGI. */
	assert_int_equal(places.len, 8 + 2 + 4 * 4 + 2);
	assert_int_equal(place_at(&places, there[0])->server, 7);
	assert_int_equal(place_at(&places, there[3])->server, 7);
	assert_int_equal(place_at(&places, there[4])->server, 8);
	assert_int_equal(place_at(&places, there[5])->server, 9);
	/* Nobody is known to listen there: one server for each port. */
	assert_true(place_at(&places, there[2])->server > UINT32_MAX);
	munin_places_free(&places);
}

static void make_socket(const struct fake_proc *dir, const char *name)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%.60s/%.40s", dir->dir, name);
	assert_int_equal(bind(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	(void)close(fd);
}

static bool has_socket(const struct munin_places *places, const struct fake_proc *dir,
		       const char *name)
{
	char text[300];

	(void)snprintf(text, sizeof(text), "unix:%s/%s", dir->dir, name);
	return place_at(places, text) != NULL;
}

static void sockets_called_stats_are_looked_at(void **state)
{
	struct munin_places places;
	struct fake_proc dir;

	(void)state;
	fake_proc_make(&dir);
	(void)fake_proc_folder(&dir, "app");
	(void)fake_proc_folder(&dir, "app/blog");
	(void)fake_proc_folder(&dir, "app/blog/deep");
	fake_proc_file(&dir, "x.stats", "no socket");
	make_socket(&dir, "b.stats");
	make_socket(&dir, "a.stats");
	make_socket(&dir, "b.socket");
	make_socket(&dir, ".stats");
	make_socket(&dir, "app/blog/stats.sock");
	make_socket(&dir, "app/blog/deep/stats.sock");
	begin(&places);
	(void)snprintf(places.nearby.path[0], sizeof(places.nearby.path[0]), "@uwsgi-stats");
	(void)snprintf(places.nearby.path[1], sizeof(places.nearby.path[1]), "%.60s/a.stats",
		       dir.dir);
	places.nearby.path_len = 2;
	munin_places_add(&places, dir.dir);
	assert_int_equal(places.len, 8 + 2 + 2 + 4);
	assert_true(has_socket(&places, &dir, "a.stats"));
	assert_true(has_socket(&places, &dir, "b.stats"));
	assert_true(has_socket(&places, &dir, "app/blog/stats.sock"));
	assert_non_null(place_at(&places, "unix:@uwsgi-stats"));
	assert_non_null(strstr(places.place[12].target.name, "/a.stats"));
	munin_places_free(&places);
	fake_proc_remove(&dir);
}

static void a_socket_has_to_say_that_it_is_one(void **state)
{
	(void)state;
	assert_true(nearby_is_stats("/srv/uwsgi/blog/stats.sock"));
	assert_true(nearby_is_stats("@uwsgi.stats"));
	assert_false(nearby_is_stats("/run/haproxy/stats.sock"));
	assert_false(nearby_is_stats("/run/uwsgi/app/blog/socket"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nginx_is_looked_for_where_it_listens),
		cmocka_unit_test(sockets_called_stats_are_looked_at),
		cmocka_unit_test(a_socket_has_to_say_that_it_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
