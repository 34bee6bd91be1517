/* SPDX-License-Identifier: MIT */
/* sockets_proc.c - PROC/PID/net, line by line; see sockets_proc.h. */
#include "sockets_proc.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "proc_net.h"
#include "sockets_filter.h"
#include "sockets_store.h"

enum { PATH_BYTES_MAX = 512 };

/* ---- files and lines ------------------------------------------------------------------------- */

static int open_file(const struct sockets_reader *reader, const char *name)
{
	char path[PATH_BYTES_MAX];

	if (reader->pid == 0)
		(void)snprintf(path, sizeof(path), "%s/self/net/%s", reader->proc, name);
	else
		(void)snprintf(path, sizeof(path), "%s/%u/net/%s", reader->proc, reader->pid, name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static bool fail(const struct sockets_reader *reader, const char *name, int errnum, struct err *err)
{
	if (reader->pid == 0)
		return err_set_errno(err, errnum, "cannot read %s/net/%s", reader->proc, name);
	return err_set_errno(err, errnum, "cannot read %s/%u/net/%s", reader->proc, reader->pid,
			     name);
}

bool proc_check(const struct sockets_reader *reader, struct err *err)
{
	int fd = open_file(reader, "tcp");

	if (fd < 0)
		return fail(reader, "tcp", errno, err);
	(void)close(fd);
	return true;
}

/* What is done with the lines of a file. */
struct lines {
	const char *name;
	bool (*take)(void *ctx, struct str line, struct err *err);
	void *ctx;
	size_t number; /* of the line */
};

/* Hands over the whole lines in the first `len` bytes of the buffer, moves the rest of the last one
 * to the front and gives its length; SIZE_MAX to stop. */
static size_t take_lines(char *buffer, size_t len, struct lines *lines, struct err *err)
{
	struct str rest = {buffer, len};

	for (;;) {
		size_t at = str_find(rest, '\n');
		struct str line = {rest.ptr, at};

		if (at == rest.len)
			break;
		rest.ptr += at + 1;
		rest.len -= at + 1;
		/* The first one is the heading. */
		if (lines->number++ > 0 && !lines->take(lines->ctx, line, err))
			return SIZE_MAX;
	}
	if (rest.len == SOCKETS_BUFFER_BYTES) {
		(void)err_set(err, ERR_PARSE, "a line of net/%s is too long", lines->name);
		return SIZE_MAX;
	}
	memmove(buffer, rest.ptr, rest.len);
	return rest.len;
}

/* A host without IPv6 has no tcp6 and udp6: no lines, then. */
static bool read_lines(const struct sockets_reader *reader, struct lines *lines, struct err *err)
{
	int fd = open_file(reader, lines->name);
	size_t len = 0;
	bool ok = true;

	if (fd < 0 && errno == ENOENT && strchr(lines->name, '6') != NULL)
		return true;
	if (fd < 0)
		return fail(reader, lines->name, errno, err);
	for (;;) {
		ssize_t more = read(fd, reader->buffer + len, SOCKETS_BUFFER_BYTES - len);

		if (more < 0 && errno == EINTR)
			continue;
		if (more < 0)
			ok = fail(reader, lines->name, errno, err);
		else if (more > 0)
			ok = sockets_have_time(reader, err);
		if (more <= 0 || !ok)
			break;
		len = take_lines(reader->buffer, len + (size_t)more, lines, err);
		if (len == SIZE_MAX) {
			ok = false;
			break;
		}
	}
	(void)close(fd);
	return ok;
}

static bool bad_line(const struct lines *lines, struct err *err)
{
	return err_set(err, ERR_PARSE, "line %zu of net/%s is not understood", lines->number,
		       lines->name);
}

/* ---- TCP ------------------------------------------------------------------------------------- */

struct tcp_sink {
	struct lines lines;
	struct port_set local;
	struct port_set remote;
	struct sockets *sockets;
};

static bool take_tcp(void *ctx, struct str line, struct err *err)
{
	struct tcp_sink *sink = ctx;
	struct socket *room = sockets_room(sink->sockets, err);

	if (room == NULL)
		return false;
	if (!proc_net_inet(line, room))
		return bad_line(&sink->lines, err);
	if (room->state != SOCKET_TIME_WAIT && (port_set_has(&sink->local, room->local.port) ||
						port_set_has(&sink->remote, room->remote.port)))
		sink->sockets->tcp_len++;
	return true;
}

bool proc_tcp(const struct sockets_reader *reader, const struct sockets_filter *filter,
	      struct sockets *sockets, struct err *err)
{
	struct tcp_sink sink = {.sockets = sockets};

	sockets_filter_ports(filter, &sink.local, &sink.remote);
	if (sink.local.len == 0 && sink.remote.len == 0)
		return true;
	sink.lines = (struct lines){.name = "tcp", .take = take_tcp, .ctx = &sink};
	if (!read_lines(reader, &sink.lines, err))
		return false;
	sink.lines = (struct lines){.name = "tcp6", .take = take_tcp, .ctx = &sink};
	return read_lines(reader, &sink.lines, err);
}

/* ---- unix ------------------------------------------------------------------------------------ */

struct unix_sink {
	struct sockets *sockets;
	const struct sockets_filter *filter;
};

/* Any user may make a path with a line feed in it: such a line is passed over. */
static bool take_unix(void *ctx, struct str line, struct err *err)
{
	const struct unix_sink *sink = ctx;
	struct unix_socket *room = sockets_unix_room(sink->sockets, err);

	if (room == NULL)
		return false;
	if (proc_net_unix(line, room) && sockets_filter_takes_unix(sink->filter, room))
		sink->sockets->local_len++;
	return true;
}

/* The newest one that listens at `path`: an older one is no longer reached by new clients. */
static struct unix_socket *listener_at(struct sockets *sockets, const char *path)
{
	struct unix_socket *found = NULL;

	for (size_t i = 0; i < sockets->local_len; i++) {
		struct unix_socket *one = &sockets->local[i];

		if (one->state == SOCKET_LISTEN && strcmp(one->path, path) == 0 &&
		    (found == NULL || one->inode > found->inode))
			found = one;
	}
	return found;
}

/* What nobody has accepted becomes a number of its listener's. */
static void count_waiting(struct sockets *sockets)
{
	size_t kept = 0;

	for (size_t i = 0; i < sockets->local_len; i++) {
		struct unix_socket *listener;

		if (sockets->local[i].inode != 0)
			continue;
		listener = listener_at(sockets, sockets->local[i].path);
		if (listener != NULL)
			listener->rqueue++;
	}
	for (size_t i = 0; i < sockets->local_len; i++) {
		if (sockets->local[i].inode != 0)
			sockets->local[kept++] = sockets->local[i];
	}
	sockets->local_len = kept;
}

bool proc_unix(const struct sockets_reader *reader, const struct sockets_filter *filter,
	       struct sockets *sockets, struct err *err)
{
	struct unix_sink sink = {.sockets = sockets, .filter = filter};
	struct lines lines = {.name = "unix", .take = take_unix, .ctx = &sink};

	if (filter->path_len == 0 && !filter->every)
		return true;
	if (!read_lines(reader, &lines, err))
		return false;
	count_waiting(sockets);
	return true;
}

/* ---- listeners ------------------------------------------------------------------------------- */

struct listener_sink {
	struct lines lines;
	enum listener_kind kind;
	struct listeners *listeners;
};

static bool take_inet_listener(void *ctx, struct str line, struct err *err)
{
	const struct listener_sink *sink = ctx;
	struct listener *room;
	struct socket socket;

	if (!proc_net_inet(line, &socket))
		return bad_line(&sink->lines, err);
	if (socket.state != (sink->kind == LISTENER_TCP ? SOCKET_LISTEN : SOCKET_CLOSE))
		return true;
	room = listeners_room(sink->listeners, err);
	if (room == NULL)
		return false;
	*room = (struct listener){
		.kind = sink->kind,
		.at = socket.local,
		.inode = socket.inode,
		.has_uid = true,
		.uid = socket.uid,
		.queue = sink->kind == LISTENER_TCP ? socket.rqueue : 0,
	};
	sink->listeners->len++;
	return true;
}

static bool take_unix_listener(void *ctx, struct str line, struct err *err)
{
	const struct listener_sink *sink = ctx;
	struct listener *room;
	struct unix_socket socket;

	if (!proc_net_unix(line, &socket) || socket.state != SOCKET_LISTEN ||
	    socket.path[0] == '\0')
		return true;
	room = listeners_room(sink->listeners, err);
	if (room == NULL)
		return false;
	*room = (struct listener){.kind = LISTENER_UNIX, .inode = socket.inode};
	memcpy(room->path, socket.path, sizeof(room->path));
	sink->listeners->len++;
	return true;
}

bool proc_listening(const struct sockets_reader *reader, enum listener_kind kind,
		    struct listeners *listeners, struct err *err)
{
	static const char *const name[][3] = {
		[LISTENER_TCP] = {"tcp", "tcp6", NULL},
		[LISTENER_UDP] = {"udp", "udp6", NULL},
		[LISTENER_UNIX] = {"unix", NULL},
	};
	struct listener_sink sink = {.kind = kind, .listeners = listeners};

	for (size_t i = 0; name[kind][i] != NULL; i++) {
		sink.lines = (struct lines){
			.name = name[kind][i],
			.take = kind == LISTENER_UNIX ? take_unix_listener : take_inet_listener,
			.ctx = &sink,
		};
		if (!read_lines(reader, &sink.lines, err))
			return false;
	}
	return true;
}
