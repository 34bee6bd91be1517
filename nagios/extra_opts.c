/* SPDX-License-Identifier: MIT */
/* extra_opts.c - options from a file in front of those of the command line; see extra_opts.h. */
#include "extra_opts.h"

#include <unistd.h>

#include "buf.h"
#include "failure.h"
#include "ini.h"
#include "plain_file.h"

#define OPTION STR("--extra-opts")

enum { ARGV_BYTES_MAX = 1024 * 1024, PATH_BYTES_MAX = 1024 };

static const char *const file_name[] = {"monitoring-plugins.ini", "plugins.ini",
					"nagios-plugins.ini"};

static const char *const usual_file[] = {
	"/usr/local/etc/monitoring-plugins/monitoring-plugins.ini",
	"/usr/local/etc/monitoring-plugins.ini",
	"/etc/monitoring-plugins/monitoring-plugins.ini",
	"/etc/monitoring-plugins.ini",
	"/usr/local/nagios/etc/plugins.ini",
	"/usr/local/etc/nagios/plugins.ini",
	"/usr/local/etc/opt/nagios/plugins.ini",
	"/etc/nagios/plugins.ini",
	"/etc/opt/nagios/plugins.ini",
	"/usr/local/etc/nagios-plugins.ini",
	"/etc/nagios-plugins.ini",
	"/etc/opt/nagios-plugins.ini",
};

/* ---- which file ------------------------------------------------------------------------------ */

static bool readable(const char *path)
{
	return access(path, R_OK) == 0;
}

/* $NAGIOS_CONFIG_PATH, the older of the two variables, holds folders with ":" between them. */
static bool find_in_folders(const char *folders, struct buf *path)
{
	struct str rest = str_of(folders);

	while (rest.ptr != NULL) {
		struct str folder = str_cut(&rest, ':');

		for (size_t i = 0; folder.len > 0 && i < ARRAY_LEN(file_name); i++) {
			buf_clear(path);
			buf_add_str(path, folder);
			buf_addf(path, "/%s", file_name[i]);
			if (buf_ok(path) && readable(buf_text(path)))
				return true;
		}
	}
	return false;
}

static bool find_file(const struct nagios_env *env, struct buf *path, struct err *err)
{
	const char *file = env->get(env->ctx, "MP_CONFIG_FILE");
	const char *folders = env->get(env->ctx, "NAGIOS_CONFIG_PATH");

	if (file != NULL && *file != '\0') {
		buf_add_text(path, file);
		return true;
	}
	if (folders != NULL && find_in_folders(folders, path))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(usual_file); i++) {
		buf_clear(path);
		buf_add_text(path, usual_file[i]);
		if (readable(usual_file[i]))
			return true;
	}
	return err_set(err, ERR_USAGE,
		       "--extra-opts: there is no file %s: set MP_CONFIG_FILE, or give @FILE",
		       usual_file[2]);
}

static bool read_file(const char *path, struct buf *text, struct err *err)
{
	struct err why = {0};

	return plain_file_read(text, path, &why) || nagios_file_error(err, "--extra-opts", &why);
}

/* ---- words ----------------------------------------------------------------------------------- */

/* `locator` is [SECTION][@FILE]. */
static bool add_section(struct nagios_argv *ret, struct str locator, const char *program,
			const struct nagios_env *env, struct err *err)
{
	struct str file = locator;
	struct str section = str_cut(&file, '@');
	struct err why = {0};
	struct buf path;
	struct buf text;
	bool ok;

	buf_init(&path, PATH_BYTES_MAX);
	buf_init(&text, NAGIOS_INI_BYTES_MAX);
	if (file.ptr != NULL)
		buf_add_str(&path, file);
	ok = (file.ptr != NULL || find_file(env, &path, err)) &&
	     read_file(buf_text(&path), &text, err);
	if (ok && !nagios_ini_parse(buf_str(&text), section.len > 0 ? section : str_of(program),
				    &ret->arena, &ret->word, &why))
		ok = err_set(err, ERR_USAGE, "--extra-opts: %.100s: %s", buf_text(&path), why.text);
	buf_free(&text);
	buf_free(&path);
	return ok;
}

/* Whether argv[i] is the option; `used` is then how many words it takes, `locator` its value. */
static bool is_option(int argc, char *const argv[], int i, int *used, struct str *locator)
{
	struct str word = str_of(argv[i]);

	*used = 1;
	*locator = (struct str){NULL, 0};
	if (!str_take(&word, OPTION))
		return false;
	if (str_take(&word, STR("="))) {
		*locator = word;
		return true;
	}
	if (word.len != 0)
		return false;
	if (i + 1 < argc && argv[i + 1][0] != '-') {
		*locator = str_of(argv[i + 1]);
		*used = 2;
	}
	return true;
}

static bool add_words(struct nagios_argv *ret, int argc, char *const argv[], struct err *err)
{
	struct str locator;
	int used;

	for (int i = 1; i < argc; i += used) {
		struct str word = str_of(argv[i]);

		if (is_option(argc, argv, i, &used, &locator))
			continue;
		if (!nagios_word_add(&ret->arena, &ret->word, &word, 1, err))
			return false;
	}
	if (list_add(&ret->word, &ret->arena, sizeof(char *)) == NULL)
		return err_set(err, ERR_MEMORY, "out of memory");
	ret->word.len--;
	return true;
}

bool nagios_argv_read(struct nagios_argv *ret, int argc, char *const argv[], const char *program,
		      const struct nagios_env *env, struct err *err)
{
	struct str name = str_of(argc > 0 ? argv[0] : program);
	struct str locator;
	int used;

	*ret = (struct nagios_argv){0};
	arena_init(&ret->arena, ARGV_BYTES_MAX);
	if (!nagios_word_add(&ret->arena, &ret->word, &name, 1, err))
		return false;
	for (int i = 1; i < argc; i += used) {
		if (is_option(argc, argv, i, &used, &locator) &&
		    !add_section(ret, locator, program, env, err))
			return false;
	}
	return add_words(ret, argc, argv, err);
}

void nagios_argv_free(struct nagios_argv *words)
{
	arena_free(&words->arena);
	*words = (struct nagios_argv){0};
}
