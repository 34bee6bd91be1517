/* SPDX-License-Identifier: MIT */
/* nginx_conf_file.c - nginx's configuration files, read within bounds; see nginx_room.h. */
#include <errno.h>
#include <glob.h>
#include <unistd.h>

#include "buf.h"
#include "nginx_conf.h"
#include "nginx_room.h"
#include "nginx_ways.h"
#include "path_changed.h"
#include "plain_file.h"

enum {
	CONF_PATH_MAX = 1024,
	CONF_FILES_MAX = 200,
	CONF_DEPTH_MAX = 8,
	CONF_BYTES_MAX = 4 * 1024 * 1024, /* of one file */
};

struct reading {
	struct str
		folder; /* of the first file, with its last slash: what includes are relative to */
	unsigned files;
	unsigned depth;
	double *changed; /* when something of it changed last; NULL: nobody asks */
};

static bool note_change(const struct reading *reading, const char *path, struct err *err)
{
	double when;

	if (reading->changed == NULL)
		return true;
	if (!path_changed(path, &when))
		return err_set(err, ERR_SYSTEM, "cannot tell since when \"%.100s\" is there", path);
	if (when > *reading->changed)
		*reading->changed = when;
	return true;
}

static bool read_file(struct reading *reading, struct nginx_conf *conf, const char *path,
		      enum nginx_place place, struct err *err)
{
	struct err why = {0};
	struct buf text;
	bool ok;

	if (++reading->files > CONF_FILES_MAX)
		return err_set(err, ERR_TOO_LARGE, "more than %d files are included",
			       CONF_FILES_MAX);
	buf_init(&text, CONF_BYTES_MAX);
	/* The time last: a file that changes meanwhile is newer than what was read. */
	ok = plain_file_read(&text, path, err) && note_change(reading, path, err);
	if (ok && !nginx_conf_parse(conf, buf_str(&text), place, &why))
		ok = why.kind == ERR_PARSE && str_starts(str_of(why.text), STR("line "))
			     ? err_set(err, ERR_PARSE, "%.100s: %s", path, why.text)
			     : err_set(err, why.kind, "%s", why.text);
	buf_free(&text);
	return ok;
}

/* A folder that is not there holds nothing; one that may not be read may hold anything. */
static int stop_at(const char *path, int errnum)
{
	(void)path;
	return errnum != ENOENT && errnum != ENOTDIR;
}

static struct str folder_of(struct str path)
{
	while (path.len > 0 && path.ptr[path.len - 1] != '/')
		path.len--;
	return path;
}

/* Files may have come to the folder of a pattern, and gone; or the folder itself has. */
static bool note_folder(const struct reading *reading, const char *pattern, struct err *err)
{
	struct str folder = folder_of(str_of(pattern));
	char path[CONF_PATH_MAX];

	if (reading->changed == NULL)
		return true;
	(void)snprintf(path, sizeof(path), "%.*s", (int)folder.len, folder.ptr);
	if (folder.len > 1 && access(path, F_OK) != 0) {
		folder = folder_of((struct str){folder.ptr, folder.len - 1});
		(void)snprintf(path, sizeof(path), "%.*s", (int)folder.len, folder.ptr);
	}
	return note_change(reading, path, err);
}

/* A pattern that matches nothing is none of nginx's worries; a name without a file is. */
static bool read_matches(struct reading *reading, struct nginx_conf *conf, const char *pattern,
			 enum nginx_place place, struct err *err)
{
	glob_t found = {.gl_pathc = 0};
	int result = glob(pattern, 0, stop_at, &found);
	bool ok = result == 0 || result == GLOB_NOMATCH ||
		  err_set(err, ERR_ACCESS, "cannot read the folder of %.100s", pattern);

	ok = ok && note_folder(reading, pattern, err);
	for (size_t i = 0; ok && result == 0 && i < found.gl_pathc; i++)
		ok = read_file(reading, conf, found.gl_pathv[i], place, err);
	if (result == 0)
		globfree(&found);
	return ok;
}

static bool has_wildcard(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (strchr("*?[", text.ptr[i]) != NULL)
			return true;
	}
	return false;
}

static bool include(void *ctx, struct nginx_conf *conf, struct str pattern, enum nginx_place place,
		    struct err *err)
{
	struct reading *reading = ctx;
	struct buf path;
	bool ok;

	if (reading->depth == CONF_DEPTH_MAX)
		return err_set(err, ERR_TOO_LARGE, "includes are nested more than %d deep",
			       CONF_DEPTH_MAX);
	buf_init(&path, CONF_PATH_MAX);
	if (pattern.ptr[0] != '/')
		buf_add_str(&path, reading->folder);
	buf_add_str(&path, pattern);
	reading->depth++;
	if (!buf_ok(&path) || has_wildcard(folder_of(pattern)) ||
	    memchr(pattern.ptr, '\0', pattern.len) != NULL)
		ok = err_set(err, ERR_PARSE, "an include cannot be followed");
	else if (has_wildcard(pattern))
		ok = read_matches(reading, conf, buf_text(&path), place, err);
	else
		ok = read_file(reading, conf, buf_text(&path), place, err);
	reading->depth--;
	buf_free(&path);
	return ok;
}

bool nginx_conf_read_listens(const char *path, struct nginx_conf *conf, double *changed,
			     struct err *err)
{
	struct reading reading = {.folder = folder_of(str_of(path)), .changed = changed};

	*changed = 0;
	*conf = (struct nginx_conf){
		.wants_listens = true, .listen = conf->listen, .include = include, .ctx = &reading};
	return read_file(&reading, conf, path, NGINX_MAIN, err);
}

bool nginx_conf_read(const char *path, uint64_t *worker_connections, struct err *err)
{
	struct reading reading = {.folder = folder_of(str_of(path))};
	struct nginx_conf conf = {.include = include, .ctx = &reading};

	if (!read_file(&reading, &conf, path, NGINX_MAIN, err))
		return false;
	if (!conf.has_events)
		return err_set(err, ERR_PARSE, "%.100s has no events block", path);
	*worker_connections =
		conf.worker_connections > 0 ? conf.worker_connections : NGINX_WORKER_CONNECTIONS;
	return true;
}
