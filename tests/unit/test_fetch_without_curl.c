/* SPDX-License-Identifier: MIT */
/*
 * test_fetch_without_curl.c - hosts without libcurl, or with one that is too old: what needs it
 * says so, and the targets beside it are asked. The program starts itself once more for each of
 * them, with files that are no libcurl in the place of the libraries.
 */
#include "unit.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fetch.h"
#include "server.h"

enum { LONG_MS = 60000, HANG_SECONDS = 300, ROUNDS = 2, PATH_SIZE = 200 };

static const char folder_variable[] = "CONNLEDGER_TEST_FOLDER";
static const char first[] = "libcurl.so.4";
static const char second[] = "libcurl-gnutls.so.4";

static void ignore(void *ctx, const char *bytes, size_t len)
{
	(void)ctx;
	(void)bytes;
	(void)len;
}

/* Two HTTPS targets around one that needs no libcurl. */
static void check_round(uint16_t port, const char *says)
{
	struct fetch_job job[3];
	struct target target[3];
	struct err err = {0};
	char text[64];

	for (size_t i = 0; i < ARRAY_LEN(job); i++) {
		(void)snprintf(text, sizeof(text), "http%s://127.0.0.1:%u/", i == 1 ? "" : "s",
			       (unsigned)port);
		assert_true(target_parse(&target[i], text, TARGET_NGINX, &err));
		job[i] = (struct fetch_job){.target = &target[i],
					    .bytes_max = 100,
					    .timeout_ms = LONG_MS,
					    .sink = ignore};
	}
	assert_true(fetch_run(job, ARRAY_LEN(job), &err));
	assert_true(job[1].ok);
	for (size_t i = 0; i < ARRAY_LEN(job); i += 2) {
		const char *name = target[i].name;

		assert_int_equal(job[i].err.kind, ERR_SYSTEM);
		assert_int_equal(strncmp(job[i].err.text, name, strlen(name)), 0);
		if (strstr(job[i].err.text, says) == NULL)
			fail_msg("%s", job[i].err.text);
	}
	for (size_t i = 0; i < ARRAY_LEN(job); i++)
		target_free(&target[i]);
}

static void check(const char *says)
{
	struct server server;

	server_start(&server, SERVER_V4, SERVER_ANSWER,
		     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
	for (size_t i = 0; i < ROUNDS; i++)
		check_round(server.port, says);
	server_stop(&server);
}

static const char *path_of(const char *library, char *ret)
{
	(void)snprintf(ret, PATH_SIZE, "%s/%s", getenv(folder_variable), library);
	return ret;
}

static void test_none(void **state)
{
	char path[PATH_SIZE];
	char says[2 * PATH_SIZE];

	(void)state;
	(void)snprintf(says, sizeof(says),
		       ": https needs libcurl, which is not installed (%s: ", path_of(first, path));
	check(says);
}

/* The second library is there, but has not one of the functions. */
static void test_too_old(void **state)
{
	(void)state;
	check(": https needs libcurl 7.87 or newer; the one installed lacks curl_global_init");
}

/* A library that is in this process, and so can be loaded. */
static bool some_library(char ret[PATH_SIZE])
{
	FILE *maps = fopen("/proc/self/maps", "r");
	bool found = false;
	char line[1024];

	while (maps != NULL && !found && fgets(line, sizeof(line), maps) != NULL) {
		const char *path = strchr(line, '/');

		found = path != NULL && strstr(path, "libcmocka") != NULL;
		if (found)
			(void)snprintf(ret, PATH_SIZE, "%.*s", (int)strcspn(path, "\n"), path);
	}
	return maps != NULL && fclose(maps) == 0 && found;
}

static bool make_libraries(bool too_old)
{
	char other[PATH_SIZE] = "/dev/null";
	char path[PATH_SIZE];

	return symlink(other, path_of(first, path)) == 0 && (!too_old || some_library(other)) &&
	       symlink(other, path_of(second, path)) == 0;
}

/* Runs this program as one on such a host; returns how many of its tests failed. */
static int run_again(char *argv[], bool too_old)
{
	char folder[] = "/tmp/connledger-test-XXXXXX";
	char word[] = "too-old";
	char *words[] = {argv[0], too_old ? word : NULL, NULL};
	char path[PATH_SIZE];
	int status = -1;
	pid_t child;

	if (mkdtemp(folder) == NULL || setenv(folder_variable, folder, 1) != 0)
		return 1;
	child = make_libraries(too_old) ? fork() : -1;
	if (child == 0) {
		(void)setenv("LD_LIBRARY_PATH", folder, 1);
		(void)execv("/proc/self/exe", words);
		_exit(1);
	}
	if (child > 0)
		(void)waitpid(child, &status, 0);
	(void)unlink(path_of(first, path));
	(void)unlink(path_of(second, path));
	(void)rmdir(folder);
	return status == 0 ? 0 : 1;
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest none[] = {cmocka_unit_test(test_none)};
	const struct CMUnitTest too_old[] = {cmocka_unit_test(test_too_old)};

	(void)alarm(HANG_SECONDS);
	if (getenv(folder_variable) == NULL)
		return run_again(argv, false) + run_again(argv, true);
	return argc == 1 ? cmocka_run_group_tests(none, NULL, NULL)
			 : cmocka_run_group_tests(too_old, NULL, NULL);
}
