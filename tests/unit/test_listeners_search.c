/* SPDX-License-Identifier: MIT */
/* Whose the sockets are: the best match, cgroups, what may be nginx's too. */
#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "fake_proc.h"
#include "listeners_search.h"
#include "loopback.h"

enum { MASTER = 100, OTHER_CGROUP = 999999999, BACKLOG = 511, UID = 33 };

/* A search over sockets that are made up, and a tree like /proc. */
struct place {
	struct fake_proc proc;
	struct listeners_question question;
	struct listeners_search search;
	struct listener item[16];
	bool is_target[16];
	bool is_taken[16];
	uint32_t inode[SOCKET_INODES_MAX];
	uint64_t cgroup; /* of nginx */
};

static int setup(void **state)
{
	struct place *place = calloc(1, sizeof(*place));
	char mounts[300];

	if (place == NULL)
		return -1;
	*state = place;
	place->search.proc = place->proc.dir;
	place->search.question = &place->question;
	place->search.all.item = place->item;
	place->search.is_target = place->is_target;
	place->search.is_taken = place->is_taken;
	place->search.inode = place->inode;
	fake_proc_make(&place->proc);
	place->cgroup = fake_proc_folder(&place->proc, "cg/nginx.service");
	(void)snprintf(mounts, sizeof(mounts), "cgroup2 %s/cg cgroup2 rw 0 0\n", place->proc.dir);
	fake_proc_file(&place->proc, "self/mounts", mounts);
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;

	processes_free(&place->search.nginx);
	fake_proc_remove(&place->proc);
	free(place);
	return 0;
}

static size_t add(struct place *place, enum listener_kind kind, const char *at, uint64_t cgroup)
{
	struct listener *one = &place->item[place->search.all.len];

	*one = (struct listener){.kind = kind,
				 .inode = (uint32_t)(1000 + place->search.all.len),
				 .has_uid = true,
				 .uid = UID,
				 .cgroup = cgroup,
				 .limit = kind == LISTENER_UDP ? 0 : BACKLOG};
	if (kind == LISTENER_UNIX)
		(void)snprintf(one->path, sizeof(one->path), "%s", at);
	else
		assert_true(endpoint_parse(&one->at, str_of(at)));
	return place->search.all.len++;
}

static void aim(struct place *place, const char *at)
{
	place->search.has_at = endpoint_parse(&place->search.at, str_of(at));
	assert_true(place->search.has_at);
	assert_true(search_mark_targets(&place->search));
}

/* ---- targets --------------------------------------------------------------------------------- */

static void test_best_match(void **state)
{
	static const struct {
		const char *at;
		size_t want[3]; /* ended by 0 */
	} match_case[] = {
		{"127.0.0.1:80", {1, 6}},  {"192.0.2.1:80", {2}}, {"[::1]:80", {3}},
		{"[2001:db8::1]:80", {4}}, {"192.0.2.1:81", {5}},
	};
	struct place *place = *state;
	struct endpoint any_v4;

	(void)add(place, LISTENER_UDP, "127.0.0.1:80", 0);
	(void)add(place, LISTENER_TCP, "127.0.0.1:80", 0);
	(void)add(place, LISTENER_TCP, "0.0.0.0:80", 0);
	(void)add(place, LISTENER_TCP, "[::1]:80", 0);
	(void)add(place, LISTENER_TCP, "[::]:80", 0);
	(void)add(place, LISTENER_TCP, "[::]:81", 0);
	(void)add(place, LISTENER_TCP, "127.0.0.1:80", 0); /* SO_REUSEPORT */
	(void)add(place, LISTENER_UNIX, "/run/nginx.sock", 0);
	assert_true(endpoint_parse(&any_v4, STR("0.0.0.0:80")));
	assert_true(endpoint_equal(&place->item[2].at, &any_v4));
	for (size_t i = 0; i < ARRAY_LEN(match_case); i++) {
		size_t next = 0;

		aim(place, match_case[i].at);
		for (size_t k = 0; k < place->search.all.len; k++) {
			bool want = next < 3 && match_case[i].want[next] == k && k > 0;

			assert_int_equal(place->is_target[k], want);
			next += want;
		}
	}
	/* [::]:81 took IPv4 above. */
	place->item[5].v6_only = true;
	assert_true(endpoint_parse(&place->search.at, STR("192.0.2.1:81")));
	assert_false(search_mark_targets(&place->search));
	aim(place, "[2001:db8::1]:81");
	assert_true(place->is_target[5]);
	assert_true(endpoint_parse(&place->search.at, STR("127.0.0.1:82")));
	assert_false(search_mark_targets(&place->search));
}

/* ---- cgroups --------------------------------------------------------------------------------- */

/* A master with a worker in nginx's cgroup. */
static void add_master(struct place *place, unsigned pid, unsigned parent)
{
	struct err err = {0};
	char name[64];

	fake_proc_process(&place->proc, pid, parent, "nginx", "nginx: master process nginx", 5);
	fake_proc_process(&place->proc, pid + 1, pid, "nginx", "nginx: worker process", 6);
	(void)snprintf(name, sizeof(name), "%u/cgroup", pid);
	fake_proc_file(&place->proc, name, "0::/nginx.service\n");
	processes_free(&place->search.nginx);
	assert_true(
		processes_find(&place->search.nginx, place->proc.dir, PROCESS_EVERYWHERE, 0, &err));
}

static void set_members(struct place *place, const char *pids)
{
	fake_proc_file(&place->proc, "cg/nginx.service/cgroup.procs", pids);
}

static bool by_cgroup(struct place *place, const char **suspect)
{
	memset(place->is_taken, 0, sizeof(place->is_taken));
	assert_false(search_by_fds(&place->search));
	return search_by_cgroup(&place->search, suspect);
}

static void test_cgroup(void **state)
{
	struct place *place = *state;
	const char *suspect;
	size_t status = add(place, LISTENER_TCP, "127.0.0.1:80", place->cgroup);
	size_t https = add(place, LISTENER_TCP, "[::]:443", place->cgroup);
	size_t quic = add(place, LISTENER_UDP, "[::]:443", place->cgroup);
	size_t other = add(place, LISTENER_TCP, "127.0.0.1:8080", OTHER_CGROUP);

	aim(place, "127.0.0.1:80");
	add_master(place, MASTER, 1);
	set_members(place, "100\n101\n");
	assert_true(by_cgroup(place, &suspect));
	assert_null(suspect);
	assert_true(place->is_taken[status] && place->is_taken[https] && place->is_taken[quic]);
	assert_false(place->is_taken[other]);

	/* Somebody else is in it: a container, a shell. */
	fake_proc_process(&place->proc, 500, 1, "uwsgi", "uwsgi", 5);
	set_members(place, "100\n101\n500\n");
	assert_false(by_cgroup(place, &suspect));
	/* The target's is another one; none is known. */
	set_members(place, "100\n101\n");
	place->item[status].cgroup = OTHER_CGROUP;
	assert_false(by_cgroup(place, &suspect));
	place->item[status].cgroup = 0;
	assert_false(by_cgroup(place, &suspect));
}

static void test_cgroup_of_two(void **state)
{
	struct place *place = *state;
	const char *suspect;

	(void)add(place, LISTENER_TCP, "127.0.0.1:80", place->cgroup);
	aim(place, "127.0.0.1:80");
	add_master(place, MASTER, 1);
	add_master(place, 200, MASTER);
	set_members(place, "100\n101\n200\n201\n");
	assert_true(by_cgroup(place, &suspect));
	/* No relation: whose socket it is cannot be told. */
	add_master(place, 200, 1);
	assert_false(by_cgroup(place, &suspect));
}

/* ---- what may be nginx's too ----------------------------------------------------------------- */

struct suspect_case {
	const char *path; /* NULL: that of a real socket */
	unsigned mode;
	uint32_t uid;
	uint32_t limit;
	bool is_other; /* told to be none of nginx's */
	bool want;
};

static void check_suspect(struct place *place, const struct suspect_case *one, const char *real,
			  size_t at)
{
	struct listener *listener = &place->item[at];
	const char *suspect;

	(void)snprintf(listener->path, sizeof(listener->path), "%s",
		       one->path == NULL ? real : one->path);
	listener->uid = one->uid;
	listener->limit = one->limit;
	place->question.other_path = &real;
	place->question.other_path_len = one->is_other;
	assert_int_equal(chmod(real, one->mode), 0);
	assert_true(by_cgroup(place, &suspect));
	assert_int_equal(suspect != NULL, one->want);
	assert_false(place->is_taken[at]);
}

static void test_suspects(void **state)
{
	static const struct suspect_case suspect_case[] = {
		{NULL, 0666, UID, BACKLOG, false, true},
		{NULL, 0666, UID, 128, false, true}, /* as much as its TCP sockets have */
		{NULL, 0777, UID, 0, false, true},   /* not known */
		{NULL, 0660, UID, BACKLOG, false, false},
		{NULL, 0666, UID + 1, BACKLOG, false, false},
		{NULL, 0666, UID, 100, false, false},
		{NULL, 0666, UID, BACKLOG, true, false},
		{"@nginx", 0666, UID, BACKLOG, false, false},
		{"/run/systemd/private", 0666, UID, BACKLOG, false, false},
		{"/gone/or/hidden", 0666, UID, BACKLOG, false, true},
	};
	struct place *place = *state;
	char path[100];
	size_t at;
	int fd;

	loopback_path(path, sizeof(path), "suspect");
	fd = loopback_listen_unix(path, false, 5);
	(void)add(place, LISTENER_TCP, "127.0.0.1:80", place->cgroup);
	place->item[add(place, LISTENER_TCP, "127.0.0.1:81", place->cgroup)].limit = 128;
	at = add(place, LISTENER_UNIX, path, 0);
	aim(place, "127.0.0.1:80");
	add_master(place, MASTER, 1);
	set_members(place, "100\n101\n");
	for (size_t i = 0; i < ARRAY_LEN(suspect_case); i++)
		check_suspect(place, &suspect_case[i], path, at);
	(void)close(fd);
	(void)unlink(path);
}

/* ---- ports ----------------------------------------------------------------------------------- */

static void test_ports(void **state)
{
	static const uint16_t port[] = {443};
	struct place *place = *state;
	size_t status = add(place, LISTENER_TCP, "0.0.0.0:80", place->cgroup);
	size_t sibling = add(place, LISTENER_TCP, "[::]:80", place->cgroup);
	size_t haproxy = add(place, LISTENER_TCP, "127.0.0.1:80", OTHER_CGROUP);
	size_t named = add(place, LISTENER_TCP, "[::]:443", place->cgroup);
	size_t quic = add(place, LISTENER_UDP, "[::]:443", place->cgroup);
	size_t ssh = add(place, LISTENER_TCP, "[::]:22", place->cgroup);

	place->question.port = port;
	place->question.port_len = 1;
	aim(place, "192.0.2.1:80");
	search_by_ports(&place->search);
	assert_true(place->is_taken[status] && place->is_taken[sibling]);
	assert_true(place->is_taken[named] && place->is_taken[quic]);
	assert_false(place->is_taken[haproxy] || place->is_taken[ssh]);
}

/* Of two hidden masters, the one in the target's cgroup. */
static void test_guess(void **state)
{
	struct place *place = *state;

	(void)add(place, LISTENER_TCP, "127.0.0.1:80", place->cgroup);
	aim(place, "127.0.0.1:80");
	add_master(place, MASTER, 1);
	fake_proc_process(&place->proc, 50, 1, "nginx", "nginx: master process nginx", 5);
	add_master(place, MASTER, 1);
	assert_int_equal(place->search.nginx.item[0].pid, 50);
	assert_int_equal(place->search.nginx.item[1].pid, MASTER);
	assert_false(search_by_fds(&place->search));
	search_guess_owner(&place->search);
	assert_int_equal(place->search.standing[0], STANDING_HIDDEN);
	assert_int_equal(place->search.standing[1], STANDING_OWNER);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_best_match), CASE(test_cgroup), CASE(test_cgroup_of_two),
		CASE(test_suspects),   CASE(test_ports),  CASE(test_guess),
	};

	return cmocka_run_group_tests_name("listeners_search", tests, NULL, NULL);
}
