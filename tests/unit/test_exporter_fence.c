/* SPDX-License-Identifier: MIT */
/* Where a name may lead /probe: the addresses, in all the forms that they have, and probes of names
 * that a name server of the test's own answers for. */
#include "fake_names.h"

#include <unistd.h>

#include "prometheus_exporter/fence.h"
#include "prometheus_exporter/probe.h"
#include "server.h"

/* The first and the last address of each network, and those beside them. */
static const char *const private_v4[] = {
	"0.0.0.0",         "0.255.255.255",   "10.0.0.0",       "10.255.255.255",  "100.64.0.0",
	"100.127.255.255", "127.0.0.0",       "127.0.0.1",      "127.255.255.255", "169.254.0.0",
	"169.254.169.254", "169.254.255.255", "172.16.0.0",     "172.31.255.255",  "192.0.0.0",
	"192.0.0.255",     "192.0.2.0",       "192.0.2.255",    "192.88.99.1",     "192.168.0.0",
	"192.168.255.255", "198.18.0.0",      "198.19.255.255", "198.51.100.7",    "203.0.113.255",
	"224.0.0.1",       "239.255.255.255", "240.0.0.0",      "255.255.255.255",
};
static const char *const public_v4[] = {
	"1.0.0.0",         "9.255.255.255",   "11.0.0.0",        "100.63.255.255", "100.128.0.0",
	"126.255.255.255", "128.0.0.0",       "169.253.255.255", "169.255.0.0",    "172.15.255.255",
	"172.32.0.0",      "192.0.1.0",       "192.0.3.0",       "192.88.98.255",  "192.88.100.0",
	"192.167.255.255", "192.169.0.0",     "198.17.255.255",  "198.20.0.0",     "198.51.99.255",
	"203.0.114.0",     "223.255.255.255", "8.8.8.8",
};
static const char *const private_v6[] = {
	"::",          "::1",          "::7f00:1",        "::a00:1",
	"100::1",      "64:ff9b:1::1", "64:ff9b::1:0:0",  "1fff::1",
	"4000::1",     "2001::1",      "2001:0:7f00:1::", "2001:10::1",
	"2001:1ff::1", "2001:db8::1",  "3fff::1",         "3fff:fff::1",
	"5f00::1",     "fc00::1",      "fd00:ec2::254",   "fdff::1",
	"fe80::1",     "febf::1",      "fec0::1",         "ff02::1",
	"ffff::1",
};
static const char *const public_v6[] = {
	"2000::1",      "2001:200::1",     "2001:db7:ffff::1", "2001:db9::1",  "2003::1",
	"2a00:1450::1", "2606:4700::1111", "3ffe::1",          "3fff:1000::1",
};

static struct sockaddr_storage address_of(const char *format, const char *text)
{
	struct sockaddr_storage ret = {0};
	struct sockaddr_in6 *v6 = (void *)&ret;
	struct sockaddr_in *v4 = (void *)&ret;
	unsigned char bytes[4];
	char whole[INET6_ADDRSTRLEN + 16];

	if (strcmp(format, "6to4") == 0) {
		assert_int_equal(inet_pton(AF_INET, text, bytes), 1);
		(void)snprintf(whole, sizeof(whole), "2002:%02x%02x:%02x%02x::1", bytes[0],
			       bytes[1], bytes[2], bytes[3]);
	} else {
		(void)snprintf(whole, sizeof(whole), "%s%s", format, text);
	}
	ret.ss_family = strchr(whole, ':') != NULL ? AF_INET6 : AF_INET;
	if (inet_pton(ret.ss_family, whole,
		      ret.ss_family == AF_INET6 ? (void *)&v6->sin6_addr : &v4->sin_addr) != 1)
		fail_msg("%s", whole);
	return ret;
}

/* A module of these patterns; its memory is the arena's. */
static struct exporter_module module_of(struct arena *arena, const char *const *pattern, size_t len)
{
	struct exporter_module module = {.name = "m"};
	struct err err = {0};

	for (size_t i = 0; i < len; i++) {
		struct allow *allow = list_add(&module.target, arena, sizeof(*allow));

		assert_non_null(allow);
		if (!allow_parse(allow, arena, pattern[i], &err))
			fail_msg("%s", err.text);
	}
	return module;
}

static bool may_reach(const struct exporter_module *module, const char *form, const char *text)
{
	struct sockaddr_storage addr = address_of(form, text);

	return fence_may_reach(module, (const void *)&addr);
}

static const char *const v4_form[] = {"", "::ffff:", "64:ff9b::", "6to4"};

static void check_all(const struct exporter_module *module, const char *form,
		      const char *const *text, size_t len, bool expected)
{
	for (size_t i = 0; i < len; i++) {
		struct sockaddr_storage addr = address_of(form, text[i]);

		if (fence_is_public((const void *)&addr) != expected ||
		    fence_may_reach(module, (const void *)&addr) != expected)
			fail_msg("%s%s", form, text[i]);
	}
}

static void test_addresses(void **state)
{
	static const char *const names[] = {"*.example.org", "8.8.8.8"};
	struct exporter_module module;
	struct sockaddr_storage unix_addr = {.ss_family = AF_UNIX};
	struct arena arena;

	(void)state;
	arena_init(&arena, 10000);
	module = module_of(&arena, names, ARRAY_LEN(names));
	for (size_t i = 0; i < ARRAY_LEN(v4_form); i++) {
		check_all(&module, v4_form[i], private_v4, ARRAY_LEN(private_v4), false);
		check_all(&module, v4_form[i], public_v4, ARRAY_LEN(public_v4), true);
	}
	check_all(&module, "", private_v6, ARRAY_LEN(private_v6), false);
	check_all(&module, "", public_v6, ARRAY_LEN(public_v6), true);
	assert_false(fence_is_public((const void *)&unix_addr));
	assert_false(fence_may_reach(&module, (const void *)&unix_addr));
	arena_free(&arena);
}

/* What a module names as a network is let through, and nothing beside it. */
static void test_networks(void **state)
{
	static const char *const networks[] = {"*.example.org", "10.1.0.0/16", "169.254.169.254",
					       "fd00::/8",      "::1",         "2002:a00::/24"};
	static const struct {
		const char *text;
		bool form[ARRAY_LEN(v4_form)]; /* whether it is let through in that form */
	} given[] = {
		{"10.1.0.0", {true, true, true, true}},
		{"10.1.255.255", {true, true, true, true}},
		{"10.0.255.255", {false, false, false, true}},
		{"10.2.0.0", {false, false, false, true}},
		{"169.254.169.254", {true, true, true, false}},
		{"169.254.169.253", {false, false, false, false}},
		{"127.0.0.1", {false, false, false, false}},
	};
	struct exporter_module module;
	struct arena arena;

	(void)state;
	arena_init(&arena, 10000);
	module = module_of(&arena, networks, ARRAY_LEN(networks));
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		for (size_t k = 0; k < ARRAY_LEN(v4_form); k++) {
			if (may_reach(&module, v4_form[k], given[i].text) != given[i].form[k])
				fail_msg("%s%s", v4_form[k], given[i].text);
		}
	}
	assert_true(may_reach(&module, "", "fd12::1"));
	assert_true(may_reach(&module, "", "::1"));
	assert_false(may_reach(&module, "", "fc00::1"));
	assert_false(may_reach(&module, "", "::2"));
	arena_free(&arena);
}

/* ---- probes ---------------------------------------------------------------------------------- */

#define JSON "{\"version\":\"2.0.21\",\"listen_queue\":3,\"workers\":[],\"sockets\":[]}"
#define PAGE                                                                                       \
	"HTTP/1.0 200 OK\r\n\r\nActive connections: 1 \nserver accepts handled requests\n"         \
	" 5 5 5 \nReading: 0 Writing: 1 Waiting: 0 \n"

/* Probes "two.test", which leads to 127.0.0.77 and 127.0.0.1, where a server is. ERR_ACCESS: it was
 * not to be probed; otherwise what the probe came to. */
static enum err_kind probe_two(const char *scheme, const char *const *pattern, size_t len)
{
	bool is_http = strcmp(scheme, "http") == 0;
	struct exporter_config config = {0};
	struct exporter_module *module;
	struct exporter_probe probe;
	struct server server;
	const struct scrape *scrape;
	struct err err = {0};
	char text[64];

	server_start(&server, SERVER_V4, is_http ? SERVER_ANSWER : SERVER_SEND,
		     is_http ? PAGE : JSON);
	(void)snprintf(text, sizeof(text), "%s://two.test:%u%s", scheme, (unsigned)server.port,
		       strcmp(scheme, "tcp") == 0 ? "" : "/");
	arena_init(&config.arena, 100000);
	module = list_add(&config.module, &config.arena, sizeof(*module));
	assert_non_null(module);
	*module = module_of(&config.arena, pattern, len);
	module->name = EXPORTER_MODULE_DEFAULT;
	module->timeout_ms = LONG_MS;
	if (!exporter_probe_init(&probe, &config, text, NULL, &err))
		fail_msg("%s", err.text);
	if (exporter_probe_run(&probe, LONG_MS, &err)) {
		scrape = probe.collection.scrape;
		err = scrape->uwsgi_len > 0 ? scrape->uwsgi[0].probe.err : scrape->nginx_probe.err;
	} else {
		assert_int_equal(err.kind, ERR_ACCESS);
		assert_non_null(strstr(err.text, "leads to a private address"));
		assert_null(strstr(err.text, "127.0.0"));
	}
	exporter_probe_free(&probe);
	arena_free(&config.arena);
	server_stop(&server);
	if (err.kind == ERR_ACCESS || err.kind == ERR_REFUSED)
		assert_int_equal(server.received, 0);
	return err.kind;
}

static void test_probes(void **state)
{
	static const char *const scheme[] = {"http", "https", "tcp"};
	static const char *const names[] = {"*.test", "10.0.0.0/8"};
	static const char *const first[] = {"two.test", "127.0.0.77"};
	static const char *const second[] = {"two.test", "127.0.0.1"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(scheme); i++) {
		assert_int_equal(probe_two(scheme[i], names, ARRAY_LEN(names)), ERR_ACCESS);
		/* Of two addresses only the one that is allowed is asked. */
		assert_int_equal(probe_two(scheme[i], first, ARRAY_LEN(first)), ERR_REFUSED);
		assert_int_equal(probe_two(scheme[i], second, ARRAY_LEN(second)),
				 strcmp(scheme[i], "https") == 0 ? ERR_TLS : ERR_NONE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_probes),
	};

	(void)alarm(HANG_SECONDS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
