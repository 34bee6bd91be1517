/* SPDX-License-Identifier: MIT */
/* test_extra_opts.c - options out of ini files, and where they come to stand in argv. */
#include "unit.h"

#include <unistd.h>

#include "buf.h"
#include "nagios/extra_opts.h"
#include "nagios/ini.h"
#include "words.h"

static const char *no_variable(const void *ctx, const char *name)
{
	(void)ctx;
	(void)name;
	return NULL;
}

static const char *config_file(const void *ctx, const char *name)
{
	return strcmp(name, "MP_CONFIG_FILE") == 0 ? ctx : NULL;
}

static const char *config_path(const void *ctx, const char *name)
{
	return strcmp(name, "NAGIOS_CONFIG_PATH") == 0 ? ctx : NULL;
}

/* All words, each in brackets. */
static void join(const struct list *word, struct buf *out)
{
	char *const *text = word->item;

	for (size_t i = 0; i < word->len; i++)
		buf_addf(out, "[%s]", text[i]);
}

static const struct {
	const char *text;
	const char *words; /* NULL: refused with `error` */
	const char *error;
} ini[] = {
	{"[check]\nvhost=www\n", "[--vhost=www]", NULL},
	{"[check]\n  vhost =  www  \r\n", "[--vhost=www]", NULL},
	{"[ check ]\nw = active=5\n", "[-w][active=5]", NULL},
	{"[check]\ninsecure=\nv=\n", "[--insecure][-v]", NULL},
	{"# x\n; y\n\n[other]\na\n[check]\nurl=http://h/x?a=b\n[third]\nc=1",
	 "[--url=http://h/x?a=b]", NULL},
	{"[check]\nw=1\n[other]\nw=2\n[check]\nc=3", "[-w][1][-c][3]", NULL},
	{"[check]\npass=a#b # the rest\n", "[--pass=a#b]", NULL},
	{"[check]\n", "", NULL},
	{"[other]\nw=1\n", NULL, "no section [check]"},
	{"", NULL, "no section [check]"},
	{"[check]\nw 1\n", NULL, "line 2: expected OPTION = VALUE"},
	{"[check]\n= 1\n", NULL, "line 2: expected OPTION = VALUE"},
	{"[check\nw=1\n", NULL, "line 1: expected [SECTION]"},
	{"[", NULL, "line 1: expected [SECTION]"},
};

static void ini_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ini); i++) {
		struct list word = {0};
		struct arena arena;
		struct err err = {0};
		struct buf seen;
		bool ok;

		arena_init(&arena, 65536);
		buf_init(&seen, 1000);
		ok = nagios_ini_parse(str_of(ini[i].text), STR("check"), &arena, &word, &err);
		join(&word, &seen);
		if (ok != (ini[i].words != NULL))
			fail_msg("case %zu: %s", i, err.text);
		if (ok)
			assert_string_equal(buf_text(&seen), ini[i].words);
		else if (strstr(err.text, ini[i].error) == NULL)
			fail_msg("case %zu: %s", i, err.text);
		buf_free(&seen);
		arena_free(&arena);
	}
}

/* A temporary file; its name goes into `path`. */
static void write_file(char *path, const char *text)
{
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	(void)close(fd);
}

static void expect_argv(const char *line, const struct nagios_env *env, const char *seen_words,
			const char *error)
{
	struct words words;
	struct nagios_argv made;
	struct err err = {0};
	struct buf seen;
	bool ok;

	words_split(&words, line);
	ok = nagios_argv_read(&made, words.argc, words.arg, "check", env, &err);
	buf_init(&seen, 1000);
	join(&made.word, &seen);
	if (ok != (error == NULL))
		fail_msg("%s", err.text);
	if (ok) {
		assert_string_equal(buf_text(&seen), seen_words);
		assert_null(((char *const *)made.word.item)[made.word.len]);
	} else {
		assert_non_null(strstr(err.text, error));
	}
	buf_free(&seen);
	nagios_argv_free(&made);
}

static void options_of_the_file_come_first(void **state)
{
	char path[] = "/tmp/test_extra_opts_XXXXXX";
	char by_file[200];
	char by_section[200];
	char by_both[200];
	struct nagios_env none = {no_variable, NULL};
	struct nagios_env variable = {config_file, path};

	(void)state;
	write_file(path, "[check]\nw=1\n[other]\nurl=x\n");
	(void)snprintf(by_file, sizeof(by_file), "prog -c 2 --extra-opts=@%s -v", path);
	(void)snprintf(by_section, sizeof(by_section), "prog --extra-opts other@%s -v", path);
	(void)snprintf(by_both, sizeof(by_both), "prog --extra-opts=other --extra-opts=@%s", path);
	expect_argv("prog -c 2", &none, "[prog][-c][2]", NULL);
	expect_argv(by_file, &none, "[prog][-w][1][-c][2][-v]", NULL);
	expect_argv(by_section, &none, "[prog][--url=x][-v]", NULL);
	expect_argv("prog --extra-opts -v", &variable, "[prog][-w][1][-v]", NULL);
	expect_argv(by_both, &variable, "[prog][--url=x][-w][1]", NULL);
	expect_argv("prog --extra-opts=missing", &variable, NULL, "[missing]");
	expect_argv("prog --extra-opts=@/nonexistent/x.ini", &none, NULL,
		    "cannot read \"/nonexistent/x.ini\"");
	(void)unlink(path);
	expect_argv("prog --extra-opts", &variable, NULL, "cannot read");
}

static void folders_are_searched(void **state)
{
	char folder[] = "/tmp/test_extra_opts_XXXXXX";
	char path[100];
	char folders[200];
	struct nagios_env env = {config_path, folders};
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/plugins.ini", folder);
	(void)snprintf(folders, sizeof(folders), ":/nonexistent::%s", folder);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs("[check]\nw=7\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
	expect_argv("prog --extra-opts", &env, "[prog][-w][7]", NULL);
	(void)unlink(path);
	(void)rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ini_files),
		cmocka_unit_test(options_of_the_file_come_first),
		cmocka_unit_test(folders_are_searched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
