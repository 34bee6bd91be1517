/* SPDX-License-Identifier: MIT */
/* Where it listens: texts, TCP, unix sockets with what dead and living processes leave, and sockets
 * that were there before. */
#include "unit.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "prometheus_exporter/listen.h"

enum { PATH_LEN = 80 };

static void test_address(void **state)
{
	static const struct {
		const char *text;
		const char *host; /* NULL: refused */
		const char *port;
	} given[] = {
		{":9113", "", "9113"},         {"127.0.0.1:0", "127.0.0.1", "0"},
		{"[::1]:9113", "::1", "9113"}, {"localhost:65535", "localhost", "65535"},
		{"9113", NULL, NULL},          {"", NULL, NULL},
		{"host:", NULL, NULL},         {"host:x", NULL, NULL},
		{"host:65536", NULL, NULL},    {"host:-1", NULL, NULL},
		{"::1:9113", NULL, NULL},      {"[]:9113", NULL, NULL},
		{"[::1:9113", NULL, NULL},     {"http://host:9113", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		char host[EXPORTER_ADDRESS_MAX];
		char port[sizeof("65535")];
		struct err err = {0};
		bool ok = exporter_address_parse(given[i].text, host, port, &err);

		assert_int_equal(ok, given[i].host != NULL);
		if (ok) {
			assert_string_equal(host, given[i].host);
			assert_string_equal(port, given[i].port);
		} else {
			assert_int_equal(err.kind, ERR_USAGE);
			assert_non_null(strstr(err.text, given[i].text));
		}
	}
}

static void test_check(void **state)
{
	char long_path[200] = "unix:/";
	struct err err = {0};

	(void)state;
	memset(long_path + 6, 'x', sizeof(long_path) - 7);
	assert_true(exporter_address_check("unix:/run/x.sock", &err));
	assert_true(exporter_address_check(":9113", &err));
	assert_false(exporter_address_check("unix:x.sock", &err));
	assert_non_null(strstr(err.text, "\"unix:x.sock\": expected unix: and a path from /"));
	err_clear(&err);
	assert_false(exporter_address_check("unix:", &err));
	err_clear(&err);
	assert_false(exporter_address_check(long_path, &err));
	assert_non_null(strstr(err.text, "194 bytes, the system takes 107"));
	err_clear(&err);
	assert_false(exporter_address_check("9113", &err));
	assert_int_equal(err.kind, ERR_USAGE);
}

static void end(struct exporter_listener *listener)
{
	exporter_listener_end(listener);
	(void)close(listener->fd);
}

static void test_tcp(void **state)
{
	struct exporter_listener one;
	struct exporter_listener two;
	struct err err = {0};

	(void)state;
	assert_true(exporter_listen(&one, "127.0.0.1:0", 0660, &err));
	assert_int_equal(strncmp(one.address, "127.0.0.1:", 10), 0);
	assert_string_not_equal(one.address, "127.0.0.1:0");
	assert_int_equal(fcntl(one.fd, F_GETFD), FD_CLOEXEC);
	assert_true((fcntl(one.fd, F_GETFL) & O_NONBLOCK) != 0);
	assert_false(exporter_listen(&two, one.address, 0660, &err));
	assert_non_null(strstr(err.text, one.address));
	end(&one);
	err_clear(&err);
	assert_true(exporter_listen(&one, ":0", 0660, &err));
	end(&one);
	assert_false(exporter_listen(&one, "no-such-host.invalid:1", 0660, &err));
	assert_int_equal(err.kind, ERR_RESOLVE);
}

/* ---- unix sockets --------------------------------------------------------------------------- */

struct place {
	char folder[PATH_LEN];
	char path[PATH_LEN];
	char address[PATH_LEN];
};

static void make_place(struct place *place)
{
	(void)snprintf(place->folder, sizeof(place->folder), "/tmp/connledger-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	(void)snprintf(place->path, sizeof(place->path), "%.60s/x.sock", place->folder);
	(void)snprintf(place->address, sizeof(place->address), "unix:%.70s", place->path);
}

static void remove_place(const struct place *place)
{
	(void)unlink(place->path);
	assert_int_equal(rmdir(place->folder), 0);
}

/* Whether somebody takes connections there. */
static bool is_served(const struct place *place)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	bool ok;

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", place->path);
	ok = connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) == 0;
	(void)close(fd);
	return ok;
}

static void test_unix(void **state)
{
	struct exporter_listener one;
	struct exporter_listener two;
	struct place place;
	struct err err = {0};
	struct stat made;

	(void)state;
	make_place(&place);
	assert_true(exporter_listen(&one, place.address, 0640, &err));
	assert_string_equal(one.address, place.address);
	assert_int_equal(stat(place.path, &made), 0);
	assert_int_equal(made.st_mode & 07777, 0640);
	assert_true(is_served(&place));
	/* Somebody lives there. */
	assert_false(exporter_listen(&two, place.address, 0640, &err));
	assert_non_null(strstr(err.text, "in use"));
	assert_true(is_served(&place));
	/* Somebody died there. */
	(void)close(one.fd);
	assert_false(is_served(&place));
	err_clear(&err);
	assert_true(exporter_listen(&two, place.address, 0660, &err));
	assert_true(is_served(&place));
	end(&two);
	assert_int_equal(access(place.path, F_OK), -1);
	remove_place(&place);
}

/* The file is somebody else's by now. */
static void test_unix_replaced(void **state)
{
	struct exporter_listener one;
	struct exporter_listener two;
	struct place place;
	struct err err = {0};

	(void)state;
	make_place(&place);
	assert_true(exporter_listen(&one, place.address, 0660, &err));
	assert_int_equal(unlink(place.path), 0);
	assert_true(exporter_listen(&two, place.address, 0660, &err));
	end(&one);
	assert_true(is_served(&place));
	end(&two);
	remove_place(&place);
}

static void test_unix_no_socket(void **state)
{
	struct exporter_listener one;
	struct place place;
	struct err err = {0};
	int fd;

	(void)state;
	make_place(&place);
	fd = open(place.path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	(void)close(fd);
	assert_false(exporter_listen(&one, place.address, 0660, &err));
	assert_non_null(strstr(err.text, "is not a socket"));
	assert_int_equal(access(place.path, F_OK), 0);
	err_clear(&err);
	assert_false(exporter_listen(&one, "unix:/no-such-folder/x.sock", 0660, &err));
	assert_non_null(strstr(err.text, "/no-such-folder/x.sock"));
	remove_place(&place);
}

/* ---- sockets that were there before --------------------------------------------------------- */

static void test_given(void **state)
{
	struct exporter_listener own;
	struct exporter_listener given;
	struct place place;
	struct err err = {0};
	int fd;

	(void)state;
	make_place(&place);
	assert_true(exporter_listen(&own, place.address, 0660, &err));
	assert_int_equal(fcntl(own.fd, F_SETFL, 0), 0);
	assert_int_equal(fcntl(own.fd, F_SETFD, 0), 0);
	assert_true(exporter_listen_given(&given, own.fd, &err));
	assert_string_equal(given.address, place.address);
	assert_int_equal(fcntl(own.fd, F_GETFD), FD_CLOEXEC);
	assert_true((fcntl(own.fd, F_GETFL) & O_NONBLOCK) != 0);
	/* Its end is not that of the socket. */
	exporter_listener_end(&given);
	assert_true(is_served(&place));
	end(&own);
	remove_place(&place);
	/* No listener, no stream, no socket. */
	fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_false(exporter_listen_given(&given, fd, &err));
	(void)close(fd);
	err_clear(&err);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_false(exporter_listen_given(&given, fd, &err));
	(void)close(fd);
	err_clear(&err);
	fd = open("/dev/null", O_RDONLY);
	assert_false(exporter_listen_given(&given, fd, &err));
	assert_non_null(strstr(err.text, "not a listening stream socket"));
	(void)close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address),       cmocka_unit_test(test_check),
		cmocka_unit_test(test_tcp),           cmocka_unit_test(test_unix),
		cmocka_unit_test(test_unix_replaced), cmocka_unit_test(test_unix_no_socket),
		cmocka_unit_test(test_given),
	};

	return cmocka_run_group_tests_name("exporter_listen", tests, NULL, NULL);
}
