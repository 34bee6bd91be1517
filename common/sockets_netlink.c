/* SPDX-License-Identifier: MIT */
/* sockets_netlink.c - questions to NETLINK_SOCK_DIAG; see sockets_netlink.h. */
#include "sockets_netlink.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "sockets_filter.h"
#include "sockets_message.h"
#include "sockets_store.h"

enum { STATES_ALL = 0xffe & ~(1 << SOCKET_TIME_WAIT) };

/* ---- TCP sockets ----------------------------------------------------------------------------- */

struct inet_request {
	struct nlmsghdr head;
	struct inet_diag_req_v2 body;
	struct rtattr attribute; /* of the bytecode */
	unsigned char bytecode[BYTECODE_MAX];
};

/* What the answers go into. */
struct sink {
	struct sockets *sockets;
	const struct sockets_filter *filter;
	struct listeners *listeners;
	enum listener_kind kind;
	size_t before; /* sockets or listeners that were there already */
};

static bool take_tcp(void *ctx, struct str body, struct err *err)
{
	const struct sink *sink = ctx;
	struct socket *room = sockets_room(sink->sockets, err);

	if (room == NULL)
		return false;
	if (message_tcp(body, room))
		sink->sockets->tcp_len++;
	return true;
}

static void restart_tcp(void *ctx)
{
	const struct sink *sink = ctx;

	sink->sockets->tcp_len = sink->before;
}

enum netlink_result netlink_tcp(struct sockets_reader *reader, const struct sockets_filter *filter,
				struct sockets *sockets, struct err *err)
{
	static const uint8_t family[] = {AF_INET, AF_INET6};
	struct sink sink = {.sockets = sockets};
	struct inet_request request;
	struct netlink_question question = {.bytes = &request,
					    .is_dump = true,
					    .take = take_tcp,
					    .restart = restart_tcp,
					    .ctx = &sink};
	struct port_set local;
	struct port_set remote;
	size_t code;

	sockets_filter_ports(filter, &local, &remote);
	code = sockets_bytecode(&local, &remote, request.bytecode);
	if (code == 0)
		return NETLINK_OK;
	question.len = offsetof(struct inet_request, bytecode) + code;
	request.attribute =
		(struct rtattr){.rta_type = INET_DIAG_REQ_BYTECODE,
				.rta_len = (uint16_t)(sizeof(request.attribute) + code)};
	for (size_t i = 0; i < ARRAY_LEN(family); i++) {
		enum netlink_result result;

		if (family[i] == AF_INET ? filter->no_v4 : filter->no_v6)
			continue;
		request.head = netlink_head(reader, question.len, true);
		request.body = (struct inet_diag_req_v2){.sdiag_family = family[i],
							 .sdiag_protocol = IPPROTO_TCP,
							 .idiag_ext = 1 << (INET_DIAG_INFO - 1),
							 .idiag_states = STATES_ALL};
		sink.before = sockets->tcp_len;
		result = netlink_ask(reader, &question, err);
		/* A kernel without IPv6 has no such sockets. */
		if (result != NETLINK_OK && (result != NETLINK_ABSENT || family[i] == AF_INET))
			return result;
	}
	return NETLINK_OK;
}

/* ---- one TCP connection ---------------------------------------------------------------------- */

static bool take_found(void *ctx, struct str body, struct err *err)
{
	struct socket *found = ctx;

	(void)err;
	if (!message_tcp(body, found))
		found->state = 0;
	return true;
}

static void restart_found(void *ctx)
{
	struct socket *found = ctx;

	found->state = 0;
}

/* The address in the form of its family: IPv4 is held as ::ffff:a.b.c.d. */
static void set_address(__be32 ret[4], const struct endpoint *endpoint, bool is_v4)
{
	memset(ret, 0, sizeof(endpoint->address));
	if (is_v4)
		memcpy(ret, endpoint->address + 12, 4);
	else
		memcpy(ret, endpoint->address, sizeof(endpoint->address));
}

enum netlink_result netlink_find(struct sockets_reader *reader, const struct endpoint *local,
				 const struct endpoint *remote, struct socket *ret, struct err *err)
{
	bool is_v4 = endpoint_is_v4(local);
	struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 body;
	} request;
	struct netlink_question question = {.bytes = &request,
					    .len = sizeof(request),
					    .take = take_found,
					    .restart = restart_found,
					    .ctx = ret};
	enum netlink_result result;

	ret->state = 0;
	request.head = netlink_head(reader, sizeof(request), false);
	request.body = (struct inet_diag_req_v2){
		.sdiag_family = is_v4 ? AF_INET : AF_INET6,
		.sdiag_protocol = IPPROTO_TCP,
		.idiag_ext = 1 << (INET_DIAG_INFO - 1),
		.idiag_states = STATES_ALL,
		.id = {.idiag_sport = htons(local->port),
		       .idiag_dport = htons(remote->port),
		       .idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}},
	};
	set_address(request.body.id.idiag_src, local, is_v4);
	set_address(request.body.id.idiag_dst, remote, is_v4);
	result = netlink_ask(reader, &question, err);
	/* Without such a connection the kernel answers with whoever listens there. */
	if (!endpoint_equal(&ret->local, local) || !endpoint_equal(&ret->remote, remote) ||
	    ret->state == SOCKET_TIME_WAIT)
		ret->state = 0;
	return result;
}

/* ---- unix sockets ---------------------------------------------------------------------------- */

struct unix_request {
	struct nlmsghdr head;
	struct unix_diag_req body;
};

static struct unix_request unix_request_of(struct sockets_reader *reader, uint32_t states,
					   uint32_t show)
{
	return (struct unix_request){
		.head = netlink_head(reader, sizeof(struct unix_request), true),
		.body = {.sdiag_family = AF_UNIX, .udiag_states = states, .udiag_show = show},
	};
}

/* Those that wait at the listener which was added last. */
static bool add_waiting(struct sockets *sockets, struct str body, struct err *err)
{
	size_t listener = sockets->local_len - 1;
	uint32_t inode;

	for (size_t i = 0; message_unix_waiting(body, i, &inode); i++) {
		struct unix_socket *room = sockets_unix_room(sockets, err);

		if (room == NULL)
			return false;
		if (inode == 0)
			continue;
		*room = (struct unix_socket){
			.state = SOCKET_SYN_RECV, .peer = inode, .has_peer = true};
		memcpy(room->path, sockets->local[listener].path, sizeof(room->path));
		sockets->local_len++;
	}
	return true;
}

/* Those without a name are kept for the time being: one may be the other end of one with a name. */
static bool take_unix(void *ctx, struct str body, struct err *err)
{
	const struct sink *sink = ctx;
	struct unix_socket *room = sockets_unix_room(sink->sockets, err);
	bool is_end;

	if (room == NULL)
		return false;
	if (!message_unix(body, room, NULL) || room->inode == 0)
		return true;
	is_end = room->path[0] == '\0' && room->has_uid;
	if (!is_end && !sockets_filter_takes_unix(sink->filter, room))
		return true;
	sink->sockets->local_len++;
	return is_end || sink->filter->every || room->state != SOCKET_LISTEN ||
	       add_waiting(sink->sockets, body, err);
}

static void restart_unix(void *ctx)
{
	const struct sink *sink = ctx;

	sink->sockets->local_len = sink->before;
}

enum netlink_result netlink_unix(struct sockets_reader *reader, const struct sockets_filter *filter,
				 struct sockets *sockets, struct err *err)
{
	struct sink sink = {.sockets = sockets, .filter = filter, .before = sockets->local_len};
	struct unix_request request;
	struct netlink_question question = {.bytes = &request,
					    .len = sizeof(request),
					    .is_dump = true,
					    .take = take_unix,
					    .restart = restart_unix,
					    .ctx = &sink};
	enum netlink_result result;

	if (filter->path_len == 0 && !filter->every)
		return NETLINK_OK;
	request = unix_request_of(
		reader, filter->every ? ~0U : 1 << SOCKET_ESTABLISHED | 1 << SOCKET_LISTEN,
		UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN | UDIAG_SHOW_ICONS |
			UDIAG_SHOW_UID);
	result = netlink_ask(reader, &question, err);
	if (result == NETLINK_OK && !filter->every)
		sockets_join_ends(sockets);
	return result;
}

/* ---- listeners ------------------------------------------------------------------------------- */

static bool take_listener(void *ctx, struct str body, struct err *err)
{
	const struct sink *sink = ctx;
	struct listener *room = listeners_room(sink->listeners, err);

	if (room == NULL)
		return false;
	if (message_listener(body, sink->kind, room))
		sink->listeners->len++;
	return true;
}

static void restart_listeners(void *ctx)
{
	const struct sink *sink = ctx;

	sink->listeners->len = sink->before;
}

static enum netlink_result inet_listening(struct sockets_reader *reader,
					  struct netlink_question *question, struct sink *sink,
					  struct err *err)
{
	static const uint8_t family[] = {AF_INET, AF_INET6};
	bool is_tcp = sink->kind == LISTENER_TCP;
	struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 body;
	} request;

	question->bytes = &request;
	question->len = sizeof(request);
	for (size_t i = 0; i < ARRAY_LEN(family); i++) {
		enum netlink_result result;

		request.head = netlink_head(reader, sizeof(request), true);
		request.body = (struct inet_diag_req_v2){
			.sdiag_family = family[i],
			.sdiag_protocol = is_tcp ? IPPROTO_TCP : IPPROTO_UDP,
			.idiag_states = 1U << (is_tcp ? SOCKET_LISTEN : SOCKET_CLOSE),
		};
		sink->before = sink->listeners->len;
		result = netlink_ask(reader, question, err);
		if (result != NETLINK_OK && (result != NETLINK_ABSENT || family[i] == AF_INET))
			return result;
	}
	return NETLINK_OK;
}

enum netlink_result netlink_listening(struct sockets_reader *reader, enum listener_kind kind,
				      struct listeners *listeners, struct err *err)
{
	struct sink sink = {.listeners = listeners, .kind = kind, .before = listeners->len};
	struct unix_request request;
	struct netlink_question question = {
		.is_dump = true, .take = take_listener, .restart = restart_listeners, .ctx = &sink};

	if (kind != LISTENER_UNIX)
		return inet_listening(reader, &question, &sink, err);
	request = unix_request_of(reader, 1 << SOCKET_LISTEN,
				  UDIAG_SHOW_NAME | UDIAG_SHOW_RQLEN | UDIAG_SHOW_UID);
	question.bytes = &request;
	question.len = sizeof(request);
	return netlink_ask(reader, &question, err);
}
