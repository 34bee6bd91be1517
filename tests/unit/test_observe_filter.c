/* SPDX-License-Identifier: MIT */
/* test_observe_filter.c - which sockets the kernel is asked for, and how many that may be. */
#include "unit.h"

#include "observe_parts.h"

static struct endpoint at(const char *text)
{
	struct endpoint endpoint;

	assert_true(endpoint_parse(&endpoint, str_of(text)));
	return endpoint;
}

static void leaves_out_a_family_that_nobody_has(void **state)
{
	static const struct {
		const char *listener, *upstream; /* NULL: none */
		bool no_v4, no_v6;
	} cases[] = {
		{"127.0.0.1:80", NULL, false, true},
		{"0.0.0.0:80", NULL, false, true},
		{"[::1]:80", NULL, true, false},
		{"[::]:80", NULL, true, false}, /* IPv4 clients are IPv6 sockets there */
		{"127.0.0.1:80", "[::1]:9000", false, false},
		{"[::1]:80", "127.0.0.1:9000", false, false},
		{"127.0.0.1:80", ":9000", false, false},
		{NULL, NULL, true, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct listener listener = {.kind = LISTENER_TCP};
		struct upstream upstream = {.is_uwsgi = false};
		struct nginx_host host = {.listeners = {.item = &listener}};
		struct upstreams upstreams = {.item = &upstream};
		struct sockets_filter filter;

		if (cases[i].listener != NULL) {
			listener.at = at(cases[i].listener);
			host.listeners.len = 1;
		}
		if (cases[i].upstream != NULL) {
			upstream.at = at(cases[i].upstream);
			upstreams.len = 1;
		}
		assert_true(observe_filter(&filter, &host));
		assert_true(observe_filter_apps(&filter, &upstreams));
		if (filter.no_v4 != cases[i].no_v4 || filter.no_v6 != cases[i].no_v6)
			fail_msg("case %zu", i);
	}
}

/* Whoever has more than one question can ask for, is told. */
static void filters_have_a_ceiling(void **state)
{
	struct listener listener[SOCKETS_PORTS_MAX + 1] = {{.kind = LISTENER_TCP}};
	struct upstream upstream[2] = {{.at = {.port = 1}}, {.at = {.port = 2}}};
	struct nginx_host host = {.listeners = {.item = listener, .len = SOCKETS_PORTS_MAX}};
	struct upstreams upstreams = {.item = upstream, .len = 1};
	struct sockets_filter filter;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(listener); i++) {
		listener[i].kind = LISTENER_TCP;
		listener[i].at = at("127.0.0.1:80");
		listener[i].at.port = (uint16_t)(1000 + i);
	}
	assert_true(observe_filter(&filter, &host));
	upstream[0].at.port = 1000; /* is there already */
	assert_true(observe_filter_apps(&filter, &upstreams));
	upstreams.len = 2;
	assert_false(observe_filter_apps(&filter, &upstreams));
	host.listeners.len++;
	assert_false(observe_filter(&filter, &host));

	for (size_t i = 0; i < ARRAY_LEN(listener); i++) {
		listener[i].kind = LISTENER_UNIX;
		(void)snprintf(listener[i].path, sizeof(listener[i].path), "/run/%zu", i);
	}
	host.listeners.len = SOCKETS_PATHS_MAX;
	assert_true(observe_filter(&filter, &host));
	upstreams.len = 1;
	memcpy(upstream[0].path, "/run/app", sizeof("/run/app"));
	assert_false(observe_filter_apps(&filter, &upstreams));
	host.listeners.len++;
	assert_false(observe_filter(&filter, &host));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_out_a_family_that_nobody_has),
		cmocka_unit_test(filters_have_a_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
