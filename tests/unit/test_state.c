/* SPDX-License-Identifier: MIT */
/* test_state.c - state files in a temporary folder, with the traps that a shared folder can hold.
 */
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "state.h"

#define KEY STR("http://127.0.0.1/status")

struct place {
	char dir[64];  /* made by the test */
	char base[80]; /* dir/state: made by state_open() */
	char own[128]; /* dir/state/<uid> */
};

static void remove_tree(const char *path)
{
	DIR *dir = opendir(path);
	char name[512];

	for (struct dirent *entry = dir ? readdir(dir) : NULL; entry != NULL;
	     entry = readdir(dir)) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		(void)snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (unlink(name) != 0)
			remove_tree(name);
	}
	if (dir != NULL)
		(void)closedir(dir);
	(void)rmdir(path);
}

static int setup(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	(void)snprintf(place->dir, sizeof(place->dir), "/tmp/connledger-state-XXXXXX");
	assert_non_null(mkdtemp(place->dir));
	(void)snprintf(place->base, sizeof(place->base), "%s/state", place->dir);
	(void)snprintf(place->own, sizeof(place->own), "%s/connledger-%lu", place->base,
		       (unsigned long)geteuid());
	*state = place;
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;

	remove_tree(place->dir);
	free(place);
	return 0;
}

static bool open_it(struct state *it, const struct place *place, struct str key, struct err *err)
{
	err_clear(err);
	return state_open(it, place->base, "check_nginx", key, 0, err);
}

static mode_t mode_of(const char *path)
{
	struct stat info;

	assert_int_equal(lstat(path, &info), 0);
	return info.st_mode & 07777;
}

static void path_in_own(const struct place *place, const char *name, char *ret, size_t size)
{
	(void)snprintf(ret, size, "%s/%s", place->own, name);
}

static void test_write_and_read(void **state)
{
	const struct place *place = *state;
	const mode_t mask = umask(0);
	char path[256];
	struct err err = {0};
	struct state it;
	struct buf buf;

	buf_init(&buf, STATE_BYTES_MAX);
	buf_add_text(&buf, "left over");
	assert_true(open_it(&it, place, KEY, &err));
	(void)umask(mask);
	assert_true(state_read(&it, &buf, &err));
	assert_int_equal(buf.len, 0);
	assert_true(state_write(&it, STR("one\0two"), &err));
	assert_true(state_write(&it, STR("three\0four"), &err));
	assert_true(state_read(&it, &buf, &err));
	assert_true(str_equal(buf_str(&buf), STR("three\0four")));
	assert_int_equal(mode_of(place->base), 0700);
	assert_int_equal(mode_of(place->own), 0700);
	path_in_own(place, it.name, path, sizeof(path));
	assert_int_equal(mode_of(path), 0600);
	assert_int_equal(strlen(it.name), strlen("check_nginx-0123456789abcdef"));
	state_close(&it);
	state_close(&it);

	/* Another key is another file; the same key finds its own again. */
	assert_true(open_it(&it, place, STR("other"), &err));
	assert_true(state_read(&it, &buf, &err));
	assert_int_equal(buf.len, 0);
	state_close(&it);
	assert_true(open_it(&it, place, KEY, &err));
	assert_true(state_read(&it, &buf, &err));
	assert_int_equal(buf.len, 10);
	state_close(&it);
	buf_free(&buf);
}

static void test_name(void **state)
{
	const struct place *place = *state;
	struct err err = {0};
	struct state it;

	/* FNV-1a of nothing is its offset basis; of "a" the published value. */
	assert_true(open_it(&it, place, STR(""), &err));
	assert_string_equal(it.name, "check_nginx-cbf29ce484222325");
	state_close(&it);
	assert_true(open_it(&it, place, STR("a"), &err));
	assert_string_equal(it.name, "check_nginx-af63dc4c8601ec8c");
	state_close(&it);
	assert_false(state_open(&it, place->base, "../x", KEY, 0, &err));
	assert_int_equal(err.kind, ERR_USAGE);
}

/* It is out of the way: it was said, and the next run reads and writes as if it had not been. */
static void is_set_aside(struct state *it, struct buf *buf, const char *why)
{
	struct err err = {0};
	char aside[sizeof(it->name) + 8];
	struct stat info;

	assert_true(state_read(it, buf, &err));
	assert_int_equal(buf->len, 0);
	assert_int_equal(err.kind, ERR_ACCESS);
	assert_non_null(strstr(err.text, why));
	assert_non_null(strstr(err.text, "set aside"));
	(void)snprintf(aside, sizeof(aside), "%s.aside", it->name);
	assert_int_equal(fstatat(it->dir_fd, aside, &info, AT_SYMLINK_NOFOLLOW), 0);
	err_clear(&err);
	assert_true(state_read(it, buf, &err));
	assert_int_equal(err.kind, ERR_NONE);
	assert_true(state_write(it, STR("y"), &err));
	assert_int_equal(unlinkat(it->dir_fd, it->name, 0), 0);
}

static void test_ceiling(void **state)
{
	const struct place *place = *state;
	static char big[STATE_BYTES_MAX + 1];
	struct err err = {0};
	char path[256];
	struct state it;
	struct buf buf;
	int fd;

	buf_init(&buf, 2 * STATE_BYTES_MAX);
	assert_true(open_it(&it, place, KEY, &err));
	assert_true(state_write(&it, (struct str){big, STATE_BYTES_MAX}, &err));
	assert_true(state_read(&it, &buf, &err));
	assert_int_equal(buf.len, STATE_BYTES_MAX);
	assert_false(state_write(&it, (struct str){big, sizeof(big)}, &err));
	assert_int_equal(err.kind, ERR_TOO_LARGE);
	path_in_own(place, it.name, path, sizeof(path));
	fd = open(path, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "x", 1), 1);
	(void)close(fd);
	is_set_aside(&it, &buf, "is too long");
	state_close(&it);
	buf_free(&buf);
}

static void test_lock(void **state)
{
	const struct place *place = *state;
	struct err err = {0};
	struct state first;
	struct state second;
	int status = 0;
	pid_t child;

	assert_true(open_it(&first, place, KEY, &err));
	assert_false(state_open(&second, place->base, "check_nginx", KEY, 30, &err));
	assert_int_equal(err.kind, ERR_TIMEOUT);
	assert_non_null(strstr(err.text, place->base));
	err_clear(&err);
	assert_true(open_it(&second, place, STR("other"), &err));
	state_close(&second);

	/* A run that waits gets in as soon as the other one ends. */
	child = fork();
	if (child == 0) {
		state_close(&first); /* its copy of the descriptor would keep the lock */
		_exit(state_open(&second, place->base, "check_nginx", KEY, 60000, &err) ? 0 : 1);
	}
	state_close(&first);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* What another user of the machine may have put in the way. */
static void test_traps(void **state)
{
	const struct place *place = *state;
	char path[256];
	char target[256];
	struct err err = {0};
	struct state it;
	struct buf buf;

	buf_init(&buf, STATE_BYTES_MAX);
	(void)snprintf(target, sizeof(target), "%s/victim", place->dir);
	assert_int_equal(mkdir(target, 0700), 0);
	assert_int_equal(mkdir(place->base, 0700), 0);
	assert_int_equal(symlink(target, place->own), 0);
	assert_false(open_it(&it, place, KEY, &err));
	assert_int_equal(err.kind, ERR_ACCESS);
	assert_non_null(strstr(err.text, place->own));
	assert_int_equal(it.dir_fd, -1);

	assert_int_equal(unlink(place->own), 0);
	assert_int_equal(mkdir(place->own, 0700), 0);
	assert_int_equal(chmod(place->own, 0770), 0);
	assert_false(open_it(&it, place, KEY, &err));
	assert_int_equal(err.kind, ERR_ACCESS);
	assert_int_equal(chmod(place->own, 0702), 0);
	assert_false(open_it(&it, place, KEY, &err));
	assert_int_equal(chmod(place->own, 0700), 0);

	assert_true(open_it(&it, place, KEY, &err));
	path_in_own(place, it.name, path, sizeof(path));
	assert_int_equal(symlink("/etc/passwd", path), 0);
	is_set_aside(&it, &buf, "is a link");
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_true(
		state_write(&it, STR("x"), &err)); /* replaces the link, not what it points to */
	assert_int_equal(mode_of(path), 0600);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	is_set_aside(&it, &buf, "is no regular file");
	assert_true(state_write(&it, STR("x"), &err));
	(void)snprintf(target, sizeof(target), "%s/victim/link", place->dir);
	assert_int_equal(link(path, target), 0);
	is_set_aside(&it, &buf, "is linked");
	assert_int_equal(unlink(target), 0);
	state_close(&it);
	buf_free(&buf);
}

static void test_left_over(void **state)
{
	const struct place *place = *state;
	struct err err = {0};
	char path[256];
	char name[128];
	struct state it;

	assert_true(open_it(&it, place, KEY, &err));
	(void)snprintf(name, sizeof(name), "%s.tmp", it.name);
	path_in_own(place, name, path, sizeof(path));
	assert_int_equal(symlink("/nowhere/at/all", path), 0);
	assert_true(state_write(&it, STR("x"), &err));
	assert_int_equal(access(path, F_OK), -1);
	state_close(&it);
	assert_int_equal(unlinkat(AT_FDCWD, path, 0), -1);
	assert_int_equal(errno, ENOENT);

	assert_false(state_open(&it, "/nonexistent/folder", "check_nginx", KEY, 0, &err));
	assert_non_null(strstr(err.text, "/nonexistent/folder"));
	state_close(&it);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_write_and_read), CASE(test_name),  CASE(test_ceiling),
		CASE(test_lock),           CASE(test_traps), CASE(test_left_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
