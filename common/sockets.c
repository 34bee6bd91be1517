/* SPDX-License-Identifier: MIT */
/* sockets.c - netlink where it is to be had, /proc else; see sockets.h. */
#include "sockets.h"

#include <assert.h>
#include <unistd.h>

#include "sockets_netlink.h"
#include "sockets_proc.h"

static_assert(sizeof(struct socket) <= 80,
	      "100,000 sockets take less than 16 MB, doubling included");

static bool open_buffer(struct sockets_reader *reader, const char *proc, uint32_t pid,
			struct err *err)
{
	*reader = (struct sockets_reader){.netlink_fd = -1, .pid = pid, .proc = proc};
	reader->buffer = malloc(SOCKETS_BUFFER_BYTES);
	return reader->buffer != NULL || err_set(err, ERR_MEMORY, "out of memory");
}

bool sockets_open_proc(struct sockets_reader *reader, const char *proc, uint32_t pid,
		       struct err *err)
{
	return open_buffer(reader, proc, pid, err) && proc_check(reader, err);
}

bool sockets_open(struct sockets_reader *reader, uint32_t pid, bool no_netlink, struct err *err)
{
	if (!open_buffer(reader, "/proc", pid, err))
		return false;
	if (pid == 0 && !no_netlink)
		reader->netlink_fd = netlink_open();
	return reader->netlink_fd >= 0 || proc_check(reader, err);
}

void sockets_close(struct sockets_reader *reader)
{
	if (reader->buffer != NULL && reader->netlink_fd >= 0)
		(void)close(reader->netlink_fd);
	free(reader->buffer);
	reader->buffer = NULL;
	reader->netlink_fd = -1;
}

/* Whether netlink is asked first. A kernel may have it for some families and not for others. */
static bool has_netlink(const struct sockets_reader *reader)
{
	return reader->netlink_fd >= 0;
}

static bool dump_tcp(struct sockets_reader *reader, const struct sockets_filter *filter,
		     struct sockets *sockets, struct err *err)
{
	if (has_netlink(reader)) {
		enum netlink_result result = netlink_tcp(reader, filter, sockets, err);

		sockets->has_info = result == NETLINK_OK;
		if (result != NETLINK_ABSENT)
			return result == NETLINK_OK;
		sockets->tcp_len = 0;
	}
	return proc_tcp(reader, filter, sockets, err);
}

bool sockets_dump(struct sockets_reader *reader, const struct sockets_filter *filter,
		  struct sockets *sockets, struct err *err)
{
	sockets->tcp_len = 0;
	sockets->local_len = 0;
	sockets->has_info = false;
	if (!dump_tcp(reader, filter, sockets, err))
		return false;
	if (has_netlink(reader)) {
		enum netlink_result result = netlink_unix(reader, filter, sockets, err);

		if (result != NETLINK_ABSENT)
			return result == NETLINK_OK;
		sockets->local_len = 0;
	}
	return proc_unix(reader, filter, sockets, err);
}

bool sockets_listening(struct sockets_reader *reader, struct listeners *listeners, struct err *err)
{
	listeners->len = 0;
	for (int kind = LISTENER_TCP; kind <= LISTENER_UNIX; kind++) {
		enum netlink_result result = NETLINK_ABSENT;
		size_t before = listeners->len;

		if (has_netlink(reader))
			result =
				netlink_listening(reader, (enum listener_kind)kind, listeners, err);
		if (result == NETLINK_FAILED)
			return false;
		if (result == NETLINK_OK)
			continue;
		listeners->len = before;
		if (!proc_listening(reader, (enum listener_kind)kind, listeners, err))
			return false;
	}
	return true;
}

/* What /proc has: it can only be searched through. */
static bool find_in_proc(const struct sockets_reader *reader, const struct endpoint *local,
			 const struct endpoint *remote, struct socket *ret, struct err *err)
{
	struct sockets_filter filter = {.local_port = {local->port}, .local_port_len = 1};
	struct sockets sockets = {.tcp_len = 0};
	bool ok = proc_tcp(reader, &filter, &sockets, err);

	for (size_t i = 0; ok && i < sockets.tcp_len; i++) {
		if (endpoint_equal(&sockets.tcp[i].local, local) &&
		    endpoint_equal(&sockets.tcp[i].remote, remote))
			*ret = sockets.tcp[i];
	}
	sockets_free(&sockets);
	return ok;
}

bool sockets_find(struct sockets_reader *reader, const struct endpoint *local,
		  const struct endpoint *remote, struct socket *ret, struct err *err)
{
	*ret = (struct socket){.state = 0};
	if (has_netlink(reader)) {
		enum netlink_result result = netlink_find(reader, local, remote, ret, err);

		if (result != NETLINK_ABSENT)
			return result == NETLINK_OK;
		ret->state = 0;
	}
	return find_in_proc(reader, local, remote, ret, err);
}
