/* SPDX-License-Identifier: MIT */
/* hint.c - which cure goes with which failure; see hint.h. */
#include "hint.h"

#include "proc_file.h"

enum { MOUNTINFO_BYTES_MAX = 256 * 1024 };

/* Folders that a systemd service may be kept from. */
struct hidden_folder {
	const char *path;
	const char *setting; /* of the service */
	bool is_home;
};

static const struct hidden_folder hidden_folder[] = {
	{"/tmp", "PrivateTmp", false},      {"/var/tmp", "PrivateTmp", false},
	{"/home", "ProtectHome", true},     {"/root", "ProtectHome", true},
	{"/run/user", "ProtectHome", true},
};

static const struct hidden_folder *folder_of(const char *path)
{
	for (size_t i = 0; i < ARRAY_LEN(hidden_folder); i++) {
		struct str rest = str_of(path);

		if (str_take(&rest, str_of(hidden_folder[i].path)) && str_starts(rest, STR("/")))
			return &hidden_folder[i];
	}
	return NULL;
}

static bool has(struct str text, struct str part)
{
	for (size_t i = 0; i + part.len <= text.len; i++) {
		if (memcmp(text.ptr + i, part.ptr, part.len) == 0)
			return true;
	}
	return false;
}

/* A line of mountinfo: "36 35 98:0 ROOT FOLDER options ... - type source options". */
static bool hides(struct str line, const struct hidden_folder *folder)
{
	enum { ROOT_FIELD = 3, FOLDER_FIELD = 4 };
	struct str field[FOLDER_FIELD + 1];

	for (size_t i = 0; i < ARRAY_LEN(field); i++)
		field[i] = str_cut(&line, ' ');
	if (!str_equal(field[FOLDER_FIELD], str_of(folder->path)))
		return false;
	if (folder->is_home)
		return has(field[ROOT_FIELD], STR("/systemd/inaccessible/")) ||
		       has(line, STR("- tmpfs "));
	return has(field[ROOT_FIELD], STR("/systemd-private-"));
}

/* Whether this process sees another folder than a shell does. */
static bool is_hidden(const struct hidden_folder *folder, const char *proc)
{
	char *buffer = malloc(MOUNTINFO_BYTES_MAX);
	struct str rest = {buffer, 0};
	bool found = false;

	if (buffer != NULL)
		rest = proc_file_read(proc, 0, "mountinfo", buffer, MOUNTINFO_BYTES_MAX);
	while (rest.len > 0 && !found)
		found = hides(str_cut(&rest, '\n'), folder);
	free(buffer);
	return found;
}

static void add_hidden(const struct hidden_folder *folder, bool hidden, bool is_there,
		       struct buf *out)
{
	if (!hidden && is_there)
		buf_addf(out, "Under systemd munin-node does not even see %s (%s)", folder->path,
			 folder->setting);
	else if (!hidden)
		buf_addf(out,
			 "And if it is there: under systemd munin-node sees another %s than a "
			 "shell (%s)",
			 folder->path, folder->setting);
	else if (folder->is_home)
		buf_addf(out, "%s is hidden from this munin-node (%s)", folder->path,
			 folder->setting);
	else
		buf_addf(out, "This munin-node has a %s of its own (%s)", folder->path,
			 folder->setting);
	buf_add_text(out, ": let the server make its socket in /run");
}

static void add_variables(const struct munin_hint *hint, struct buf *out)
{
	buf_addf(out,
		 "In section [%s] of plugin-conf.d, env.nginx is for nginx' stub_status page and "
		 "env.uwsgi for uWSGI's stats servers",
		 hint->section);
}

static void add_http(const struct munin_hint *hint, struct buf *out)
{
	if (strstr(hint->err->text, "HTTP 401") != NULL)
		buf_addf(out,
			 "They are env.http_username and env.http_password in section [%s] of "
			 "plugin-conf.d",
			 hint->section);
	else if (hint->role == TARGET_NGINX && strstr(hint->err->text, "HTTP 404") != NULL)
		buf_addf(out,
			 "nginx needs a location with \"stub_status;\", and env.nginx in section "
			 "[%s] of plugin-conf.d its URL",
			 hint->section);
}

static void add_cure(const struct munin_hint *hint, const char *proc, struct buf *out)
{
	const char *path = hint->target->path == NULL ? "" : hint->target->path;
	const struct hidden_folder *folder = folder_of(path);
	enum err_kind kind = hint->err->kind;
	bool is_closed = kind == ERR_ACCESS && path[0] == '/';
	bool is_lost = kind == ERR_NOT_FOUND || is_closed;
	bool hidden = is_lost && folder != NULL && is_hidden(folder, proc);

	/* A socket in /tmp that keeps others out may be opened; a home should not be. */
	if (hidden || (is_lost && folder != NULL && (!is_closed || folder->is_home)))
		add_hidden(folder, hidden, is_closed, out);
	else if (is_closed)
		munin_hint_add_access(hint, out);
	else if (kind == ERR_PROTOCOL || kind == ERR_PARSE)
		add_variables(hint, out);
	else if (kind == ERR_HTTP_STATUS)
		add_http(hint, out);
	if (out->len == 0 && !hint->named)
		buf_addf(out,
			 "Is the page somewhere else? Then set env.nginx to its URL in section "
			 "[%s] of plugin-conf.d",
			 hint->section);
}

void munin_hint_add(const struct munin_hint *hint, const char *proc, struct buf *out)
{
	enum { HINT_BYTES_MAX = 2048 };
	struct buf cure;

	buf_init(&cure, HINT_BYTES_MAX);
	add_cure(hint, proc, &cure);
	if (cure.len > 0) {
		buf_add_text(out, str_ends(str_of(hint->err->text), STR("?")) ? " " : ". ");
		buf_add_str(out, buf_str(&cure));
	}
	buf_free(&cure);
}
