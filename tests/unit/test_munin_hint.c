/* SPDX-License-Identifier: MIT */
/* test_munin_hint.c - what the Munin plugin says about folders that its sandbox hides. */
#include "unit.h"

#include "fake_proc.h"
#include "munin/hint.h"

#define SEEN      "And if it is there: under systemd munin-node sees another "
#define ITS_OWN   "This munin-node has a "
#define IS_HIDDEN " is hidden from this munin-node "
#define NOT_EVEN  "Under systemd munin-node does not even see "

static const struct {
	const char *mounts; /* of mountinfo */
	const char *path;
	enum err_kind kind;
	const char *has; /* NULL: there is no hint */
} hint_case[] = {
	{"", "/tmp/a.stats", ERR_NOT_FOUND, SEEN "/tmp than a shell (PrivateTmp)"},
	{"", "/home/a/b.stats", ERR_NOT_FOUND, SEEN "/home than a shell (ProtectHome)"},
	{"", "/tmpx/a.stats", ERR_NOT_FOUND, NULL},
	{"", "/run/a.stats", ERR_NOT_FOUND, NULL},
	{"", "/run/user/33/a.stats", ERR_NOT_FOUND, SEEN "/run/user than"},
	{"", "/tmp/a.stats", ERR_REFUSED, NULL},
	{"", "/root/a.stats", ERR_ACCESS, NOT_EVEN "/root (ProtectHome)"},
	{"31 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
	 "40 31 8:1 /tmp/systemd-private-1-munin-node.service-2/tmp /tmp rw shared:1 - ext4 /dev/a "
	 "rw\n",
	 "/tmp/a.stats", ERR_NOT_FOUND, ITS_OWN "/tmp of its own (PrivateTmp)"},
	{"40 31 0:9 /systemd-private-1-munin-node.service-2/tmp /tmp rw - tmpfs tmpfs rw",
	 "/tmp/a.stats", ERR_NOT_FOUND, ITS_OWN "/tmp"},
	{"40 31 0:9 /systemd-private-1-munin-node.service-2/tmp /tmp rw - tmpfs tmpfs rw",
	 "/var/tmp/a.stats", ERR_NOT_FOUND, SEEN "/var/tmp"},
	{"40 31 0:9 / /tmp rw - tmpfs tmpfs rw\n", "/tmp/a.stats", ERR_NOT_FOUND, SEEN "/tmp"},
	{"40 31 0:9 / /home rw - tmpfs tmpfs ro\n", "/home/a", ERR_NOT_FOUND,
	 "/home" IS_HIDDEN "(ProtectHome)"},
	{"40 31 0:9 /systemd/inaccessible/dir /root rw - tmpfs tmpfs ro\n", "/root/a", ERR_ACCESS,
	 "/root" IS_HIDDEN},
	{"40 31 8:2 / /home rw - ext4 /dev/sdb rw\n", "/home/a", ERR_NOT_FOUND, SEEN "/home"},
	{"40 31 8:2\n\nnonsense\n", "/home/a", ERR_NOT_FOUND, SEEN "/home"},
};

static void hidden_folders_are_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(hint_case); i++) {
		struct target target = {0};
		struct err ignored = {0};
		struct err err = {.kind = hint_case[i].kind, .text = "it is so"};
		struct munin_hint hint = {.section = "web",
					  .named = true,
					  .role = TARGET_UWSGI,
					  .target = &target,
					  .err = &err};
		struct fake_proc proc;
		char text[200];
		struct buf out;

		fake_proc_make(&proc);
		fake_proc_file(&proc, "self/mountinfo", hint_case[i].mounts);
		(void)snprintf(text, sizeof(text), "unix:%s", hint_case[i].path);
		assert_true(target_parse(&target, text, TARGET_UWSGI, &ignored));
		buf_init(&out, 4096);
		munin_hint_add(&hint, proc.dir, &out);
		if (hint_case[i].has == NULL ? out.len > 0
					     : strstr(buf_text(&out), hint_case[i].has) == NULL)
			fail_msg("%zu: %s: \"%s\"", i, text, buf_text(&out));
		assert_true(out.len == 0 || str_starts(buf_str(&out), STR(". ")));
		buf_free(&out);
		target_free(&target);
		fake_proc_remove(&proc);
	}
}

static void a_default_target_can_be_moved(void **state)
{
	struct target target = {0};
	struct err err = {0};
	struct munin_hint hint = {
		.section = "web", .role = TARGET_NGINX, .target = &target, .err = &err};
	struct buf out;

	(void)state;
	assert_true(target_parse(&target, "http://127.0.0.1/nginx_status", TARGET_NGINX, &err));
	(void)err_set(&err, ERR_REFUSED, "nobody?");
	buf_init(&out, 4096);
	munin_hint_add(&hint, "/proc", &out);
	assert_string_equal(buf_text(&out),
			    " Is the page somewhere else? Then set env.nginx to its "
			    "URL in section [web] of plugin-conf.d");
	buf_clear(&out);
	hint.named = true;
	munin_hint_add(&hint, "/proc", &out);
	assert_int_equal(out.len, 0);
	buf_free(&out);
	target_free(&target);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hidden_folders_are_told),
		cmocka_unit_test(a_default_target_can_be_moved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
