/* SPDX-License-Identifier: MIT */
/* tally.c - counts the sockets of one dump by what holds them; see tally.h. */
#include "tally.h"

#include "nginx_conf.h"
#include "tally_parts.h"

/* ---- whose socket it is ---------------------------------------------------------------------- */

/* Where several listeners take the same, their port is the same, and so is what they carry. */
static const struct listener *tcp_listener(const struct tally_question *question,
					   const struct endpoint *at)
{
	return listeners_at(question->listener, question->listener_len, at);
}

static const struct listener *unix_listener(const struct tally_question *question, const char *path)
{
	return listeners_at_path(question->listener, question->listener_len, path);
}

/* The upstream that is reached at `at`, or upstream_len. */
static size_t upstream_at(const struct tally_counting *c, const struct endpoint *at)
{
	size_t i = 0;

	while (i < c->upstream_len && (c->question->upstream[i].at.port == 0 ||
				       !endpoint_covers(&c->question->upstream[i].at, at)))
		i++;
	return i;
}

static size_t upstream_of_path(const struct tally_counting *c, const char *path)
{
	size_t i = 0;

	while (i < c->upstream_len && (c->question->upstream[i].path[0] == '\0' ||
				       strcmp(c->question->upstream[i].path, path) != 0))
		i++;
	return i;
}

/* ---- clients --------------------------------------------------------------------------------- */

/* The kernel's clock is coarse: of a question and an answer within one tick it does not say which
 * was last. A client of nginx speaks first, and one that has spoken once was answered by what was
 * sent.
 */
static enum client_class class_of_talk(const struct socket *socket)
{
	enum client_class class = tally_talk(socket);

	return class == CLIENT_AMBIGUOUS && socket->received_once ? CLIENT_ANSWERED : class;
}

static enum client_class class_of_client(const struct socket *socket)
{
	if (socket->state == SOCKET_CLOSE_WAIT)
		return CLIENT_HALF_CLOSED;
	if (socket->state == SOCKET_FIN_WAIT1 || socket->state == SOCKET_FIN_WAIT2)
		return CLIENT_LINGERING;
	if (socket->wqueue == 0)
		return class_of_talk(socket);
	if (socket->timer == SOCKET_TIMER_ZERO_WINDOW)
		return socket->retransmits < TALLY_VANISHED_RETRANSMITS ? CLIENT_STALLED
									: CLIENT_VANISHED;
	if (socket->timer == SOCKET_TIMER_RETRANSMIT &&
	    socket->retransmits >= TALLY_VANISHED_RETRANSMITS)
		return socket->is_answering ? CLIENT_STALLED : CLIENT_VANISHED;
	return CLIENT_SENDING;
}

static unsigned ways_of(const struct listener *listener)
{
	return listener->ways != 0 ? listener->ways : NGINX_ANY;
}

/* The group of a listener. Beyond TALLY_GROUPS_MAX the last one is of whatever comes. */
static struct tally_group *group_of(struct tally *tally, const struct listener *listener)
{
	unsigned ways = ways_of(listener);
	size_t i = 0;

	while (i < tally->groups && tally->group[i].ways != ways)
		i++;
	if (i == TALLY_GROUPS_MAX)
		tally->group[--i].ways |= ways;
	else if (i == tally->groups)
		tally->group[tally->groups++].ways = ways;
	return &tally->group[i];
}

static void count(struct tally_counting *c, const struct listener *listener,
		  enum client_class class)
{
	group_of(c->tally, listener)->count[class]++;
	c->count[class]++;
	c->count[TALLY_CLIENTS]++;
}

/* Whether it is our own connection. One that only looks so is noted. */
static bool is_own(struct tally_counting *c, const struct socket *socket)
{
	const struct tally_question *question = c->question;

	if (question->own == NULL || !endpoint_equal(question->own, &socket->remote))
		return false;
	if (endpoint_equal(question->own_peer, &socket->local)) {
		c->tally->own_is_found = true;
		return true;
	}
	c->like_own = socket;
	c->likes_own++;
	return false;
}

static bool is_recent(const struct tally_question *question, const struct listener *listener,
		      const struct socket *socket)
{
	bool may_be_tls = listener->ways == 0 || (listener->ways & NGINX_TLS) != 0;

	return may_be_tls && socket->has_info && socket->received_any &&
	       socket->last_received_ms <= question->recent_ms;
}

/* A socket without an inode has no process: before accept() it waits in the accept queue, after
 * close() only the kernel still has it. */
static void count_client(struct tally_counting *c, const struct listener *listener,
			 const struct socket *socket)
{
	enum client_class class = class_of_client(socket);

	if (socket->inode == 0) {
		c->count[TALLY_NOT_ACCEPTED] +=
			socket->state == SOCKET_ESTABLISHED || socket->state == SOCKET_CLOSE_WAIT;
		return;
	}
	tally_worker_uid(c, socket->uid);
	if (is_own(c, socket))
		return;
	count(c, listener, class);
	c->count[TALLY_RECENT] += is_recent(c->question, listener, socket);
	if (c->question->busy_len > 0)
		tally_join(c->question, socket, class, group_of(c->tally, listener)->served,
			   c->count);
}

static void count_tcp(struct tally_counting *c, const struct socket *socket)
{
	const struct listener *listener = tcp_listener(c->question, &socket->local);
	size_t i;

	if (listener != NULL) {
		if (socket->state != SOCKET_LISTEN)
			count_client(c, listener, socket);
		return;
	}
	i = upstream_at(c, &socket->remote);
	if (i < c->upstream_len) {
		tally_upstream(c, socket, i);
		return;
	}
	i = upstream_at(c, &socket->local);
	if (i < c->upstream_len)
		tally_app(c, socket, i);
}

/* ---- unix sockets ---------------------------------------------------------------------------- */

/* Where the kernel does not say who is at the other end, all look alike: ours is any of those that
 * came in where we asked. */
static bool is_own_unix(const struct tally_counting *c, const struct unix_socket *socket)
{
	const struct tally_question *question = c->question;

	if (question->own_inode == 0 || question->own_is_hidden)
		return false;
	if (socket->has_peer)
		return socket->peer == question->own_inode;
	return !c->tally->own_is_found && strcmp(socket->path, question->own_path) == 0;
}

/* A unix socket tells neither who spoke last nor how long ago. */
static void count_unix_client(struct tally_counting *c, const struct listener *listener,
			      const struct unix_socket *socket)
{
	enum client_class class = CLIENT_AMBIGUOUS;

	if (socket->state == SOCKET_LISTEN) {
		c->count[TALLY_NOT_ACCEPTED] += socket->rqueue;
		return;
	}
	if (socket->state != SOCKET_ESTABLISHED)
		return;
	if (socket->has_uid)
		tally_worker_uid(c, socket->uid);
	if (is_own_unix(c, socket)) {
		c->tally->own_is_found = true;
		return;
	}
	if (socket->has_heard_all || tally_has_left(socket))
		class = CLIENT_HALF_CLOSED;
	else if (socket->wqueue > 0)
		class = CLIENT_UNREAD;
	count(c, listener, class);
}

static void count_unix(struct tally_counting *c, const struct unix_socket *socket)
{
	const struct listener *listener = unix_listener(c->question, socket->path);
	size_t i = upstream_of_path(c, socket->path);

	if (listener != NULL)
		count_unix_client(c, listener, socket);
	else if (i < c->upstream_len)
		tally_unix_app(c, socket, i);
}

/* ---- all ------------------------------------------------------------------------------------- */

/* Behind a translated address our connection has another server end: then only its client end
 * tells, if it is the only one of its kind. */
static void leave_own_out(struct tally_counting *c)
{
	enum client_class class;

	if (c->tally->own_is_found || c->likes_own != 1)
		return;
	class = class_of_client(c->like_own);
	group_of(c->tally, tcp_listener(c->question, &c->like_own->local))->count[class]--;
	c->count[class]--;
	c->count[TALLY_CLIENTS]--;
	c->tally->own_is_found = true;
}

/* As whom nginx's workers run is known by any socket that they have accepted. */
static void find_worker_uid(struct tally_counting *c, const struct sockets *sockets)
{
	for (size_t i = 0; i < sockets->tcp_len && !c->tally->has_worker_uid; i++) {
		const struct socket *socket = &sockets->tcp[i];

		if (socket->inode != 0 && socket->state != SOCKET_LISTEN &&
		    tcp_listener(c->question, &socket->local) != NULL)
			tally_worker_uid(c, socket->uid);
	}
	for (size_t i = 0; i < sockets->local_len && !c->tally->has_worker_uid; i++) {
		const struct unix_socket *socket = &sockets->local[i];

		if (socket->has_uid && socket->state == SOCKET_ESTABLISHED &&
		    unix_listener(c->question, socket->path) != NULL)
			tally_worker_uid(c, socket->uid);
	}
}

void tally_make(struct tally *ret, const struct sockets *sockets,
		const struct tally_question *question)
{
	struct tally_counting c = {.tally = ret, .count = ret->count, .question = question};

	*ret = (struct tally){0};
	c.upstream_len = question->upstream_len < TALLY_UPSTREAMS_MAX ? question->upstream_len
								      : TALLY_UPSTREAMS_MAX;
	for (size_t i = 0; i < question->busy_len; i++) {
		question->busy[i].is_found = false;
		question->busy[i].served = NULL;
	}
	for (size_t i = 0; i < question->listener_len; i++)
		ret->ways |= question->listener[i].kind == LISTENER_UDP
				     ? NGINX_HTTP2
				     : ways_of(&question->listener[i]);
	find_worker_uid(&c, sockets);
	for (size_t i = 0; i < sockets->tcp_len; i++)
		count_tcp(&c, &sockets->tcp[i]);
	for (size_t i = 0; i < sockets->local_len; i++)
		count_unix(&c, &sockets->local[i]);
	leave_own_out(&c);
	if (question->own_is_hidden && unix_listener(question, question->own_path) != NULL)
		ret->own_is_found = true;
	tally_missing(question, c.count);
	tally_apps(&c);
}
