/* SPDX-License-Identifier: MIT */
/* hint_access.c - who may use a socket file, and who asks; see hint.h. */
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hint.h"

enum { LOOKUP_BYTES = 4096, GROUPS_MAX = 64, GROUPS_SHOWN = 8 };

static void add_user(struct buf *out, uid_t uid)
{
	char buffer[LOOKUP_BYTES];
	struct passwd entry;
	struct passwd *found = NULL;

	if (getpwuid_r(uid, &entry, buffer, sizeof(buffer), &found) == 0 && found != NULL)
		buf_add_text(out, found->pw_name);
	else
		buf_addf(out, "%lu", (unsigned long)uid);
}

static void add_group(struct buf *out, gid_t gid)
{
	char buffer[LOOKUP_BYTES];
	struct group entry;
	struct group *found = NULL;

	if (getgrgid_r(gid, &entry, buffer, sizeof(buffer), &found) == 0 && found != NULL)
		buf_add_text(out, found->gr_name);
	else
		buf_addf(out, "%lu", (unsigned long)gid);
}

/* Fills `group` with the groups of this process, its main one first. */
static size_t own_groups(gid_t group[GROUPS_MAX])
{
	int more = getgroups(GROUPS_MAX - 1, group + 1);
	size_t len = 1;

	group[0] = getegid();
	for (int i = 1; i <= more; i++) {
		if (group[i] != group[0])
			group[len++] = group[i];
	}
	return len;
}

static bool is_own_group(gid_t gid)
{
	gid_t group[GROUPS_MAX];
	size_t len = own_groups(group);

	for (size_t i = 0; i < len; i++) {
		if (group[i] == gid)
			return true;
	}
	return false;
}

static void add_self(struct buf *out)
{
	gid_t group[GROUPS_MAX];
	size_t len = own_groups(group);

	buf_add_text(out, "the plugin runs as ");
	add_user(out, geteuid());
	buf_add_text(out, len == 1 ? " in group" : " in groups");
	for (size_t i = 0; i < len && i < GROUPS_SHOWN; i++) {
		buf_add_text(out, i == 0 ? " " : ", ");
		add_group(out, group[i]);
	}
	if (len > GROUPS_SHOWN)
		buf_add_text(out, " and more");
}

static void add_owner(const struct stat *status, struct buf *out)
{
	buf_add_text(out, "belongs to ");
	add_user(out, status->st_uid);
	buf_add_char(out, ':');
	add_group(out, status->st_gid);
	buf_addf(out, " with mode %03o, and ", (unsigned)status->st_mode & 0777U);
	add_self(out);
}

/* The first folder on the way to `path` that this process cannot pass. */
static bool find_closed_folder(const char *path, char *ret, size_t size)
{
	for (const char *slash = strchr(path + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		(void)snprintf(ret, size, "%.*s", (int)(slash - path), path);
		if (faccessat(AT_FDCWD, ret, X_OK, AT_EACCESS) != 0)
			return true;
	}
	return false;
}

static void add_group_line(const struct munin_hint *hint, gid_t gid, struct buf *out)
{
	buf_add_text(out, "write \"group ");
	add_group(out, gid);
	buf_addf(out, "\" into section [%s] of plugin-conf.d", hint->section);
}

static void add_folder_cure(const struct munin_hint *hint, const struct stat *status,
			    struct buf *out)
{
	if (status->st_gid != 0 && (status->st_mode & S_IXGRP) != 0 &&
	    !is_own_group(status->st_gid))
		add_group_line(hint, status->st_gid, out);
	else
		buf_add_text(out, "let others pass it (chmod o+x), or let the socket be in /run");
}

static void add_socket_cure(const struct munin_hint *hint, const struct stat *status,
			    struct buf *out)
{
	const char *how = hint->role == TARGET_UWSGI ? "set chmod-socket = " : "give it mode ";
	bool is_own = is_own_group(status->st_gid);
	bool may = (status->st_mode & S_IWGRP) != 0;

	if (status->st_gid == 0 && !is_own) {
		buf_addf(out, "%s666%s", how, hint->role == TARGET_UWSGI ? " in uWSGI" : "");
	} else if (may && is_own) {
		buf_add_text(out, "the file would let it in, so that SELinux or AppArmor does not: "
				  "see the audit log");
	} else {
		if (!may)
			buf_addf(out, "%s660%s%s", how,
				 hint->role == TARGET_UWSGI ? " in uWSGI" : "",
				 is_own ? "" : " and ");
		if (!is_own)
			add_group_line(hint, status->st_gid, out);
	}
}

void munin_hint_add_access(const struct munin_hint *hint, struct buf *out)
{
	char folder[TARGET_SOCKET_PATH_MAX + 1];
	const char *path = hint->target->path;
	bool is_folder = find_closed_folder(path, folder, sizeof(folder));
	struct stat status;

	if (stat(is_folder ? folder : path, &status) != 0)
		return;
	if (is_folder)
		buf_addf(out, "The folder %s ", folder);
	else
		buf_add_text(out, "It ");
	add_owner(&status, out);
	buf_add_text(out, ": ");
	if (is_folder)
		add_folder_cure(hint, &status, out);
	else
		add_socket_cure(hint, &status, out);
}
