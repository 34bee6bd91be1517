/* SPDX-License-Identifier: MIT */
/* test_observe_unlisted.c - connections at listeners that nobody has named. */
#include "unit.h"

#include <math.h>

#include "fake_proc.h"
#include "observe_unlisted.h"

/* Listeners at 80, 81 and 82; clients of user 33, then those that are none. */
static const char tcp[] =
	"  sl  local_address rem_address   st ...\n"
	"   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0 0 11 1\n"
	"   1: 00000000:0051 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0 0 12 1\n"
	"   2: 00000000:0052 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0 0 13 1\n"
	"   3: 0100007F:0050 0100007F:A001 01 00000000:00000000 00:00000000 00000000    33 0 21 1\n"
	"   4: 0100007F:0051 0100007F:A002 01 00000000:00000000 00:00000000 00000000    33 0 22 1\n"
	"   5: 0100007F:0051 0100007F:A003 08 00000000:00000000 00:00000000 00000000    33 0 23 1\n"
	"   6: 0100007F:0052 0100007F:A004 01 00000000:00000000 00:00000000 00000000    33 0 24 1\n"
	/* another user's; not accepted; our own way to somebody else */
	"   7: 0100007F:0051 0100007F:A005 01 00000000:00000000 00:00000000 00000000  1000 0 25 1\n"
	"   8: 0100007F:0051 0100007F:A006 01 00000000:00000000 00:00000000 00000000    33 0 0 1\n"
	"   9: 0100007F:A007 0100007F:0051 01 00000000:00000000 00:00000000 00000000    33 0 26 "
	"1\n";
/* A listener, one that it has accepted, one without a name. */
static const char local[] =
	"Num RefCount Protocol Flags Type St Inode Path\n"
	"0000000000000000: 00000002 00000000 00010000 0001 01 31 /run/nginx.sock\n"
	"0000000000000000: 00000003 00000000 00000000 0001 03 32 /run/nginx.sock\n"
	"0000000000000000: 00000003 00000000 00000000 0001 03 33\n";

static double unlisted(const struct fake_proc *proc, const struct sockets_filter *asked,
		       bool has_uid, uint32_t uid)
{
	struct tally tally = {.has_worker_uid = has_uid, .worker_uid = uid};
	struct sockets_reader reader;
	struct observe_every every = {.reader = &reader};
	struct err err = {0};
	double len;

	assert_true(sockets_open_proc(&reader, proc->dir, 0, &err));
	len = observe_unlisted(&every, asked, &tally);
	observe_every_free(&every);
	sockets_close(&reader);
	return len;
}

static void what_nobody_has_named(void **state)
{
	struct sockets_filter asked = {.path_len = 0};
	struct fake_proc proc;

	(void)state;
	fake_proc_make(&proc);
	fake_proc_file(&proc, "self/net/tcp", tcp);
	fake_proc_file(&proc, "self/net/unix", local);
	assert_true(unlisted(&proc, &asked, true, 33) == 4 + 1);
	asked.local_port[asked.local_port_len++] = 0x50;
	asked.local_port[asked.local_port_len++] = 0x52;
	assert_true(unlisted(&proc, &asked, true, 33) == 2 + 1);
	asked.path[asked.path_len++] = "/run/nginx.sock";
	assert_true(unlisted(&proc, &asked, true, 33) == 2);
	asked.local_port[asked.local_port_len++] = 0x51;
	assert_true(unlisted(&proc, &asked, true, 33) == 0);
	/* His user is not known; nothing can be read. */
	assert_true(isnan(unlisted(&proc, &asked, false, 33)));
	fake_proc_file(&proc, "self/net/tcp", "heading\nnonsense\n");
	assert_true(isnan(unlisted(&proc, &asked, true, 33)));
	fake_proc_remove(&proc);
}

/* The list is read once for a look, whoever asks for it. */
static void every_socket_once(void **state)
{
	struct sockets_reader reader;
	struct observe_every every = {.reader = &reader};
	struct fake_proc proc;
	struct err err = {0};
	const struct sockets *all;

	(void)state;
	fake_proc_make(&proc);
	fake_proc_file(&proc, "self/net/tcp", tcp);
	fake_proc_file(&proc, "self/net/unix", local);
	assert_true(sockets_open_proc(&reader, proc.dir, 0, &err));
	all = observe_every(&every);
	assert_non_null(all);
	assert_int_equal(all->tcp_len, 10);
	assert_int_equal(all->local_len, 3);
	fake_proc_file(&proc, "self/net/tcp", "heading\nnonsense\n");
	assert_ptr_equal(observe_every(&every), all);
	assert_int_equal(all->tcp_len, 10);
	observe_every_forget(&every);
	assert_null(observe_every(&every));
	fake_proc_file(&proc, "self/net/tcp", tcp);
	assert_null(observe_every(&every));
	observe_every_forget(&every);
	assert_non_null(observe_every(&every));
	observe_every_free(&every);
	sockets_close(&reader);
	fake_proc_remove(&proc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_nobody_has_named),
		cmocka_unit_test(every_socket_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
