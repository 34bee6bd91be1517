/* SPDX-License-Identifier: MIT */
/* tally.c - counts the sockets of one dump by what holds them; see tally.h. */
#include "tally.h"

#include "nginx_conf.h"
#include "tally_busy.h"

/* What is seen of one upstream. */
struct seen {
	bool is_here;
	uint64_t asked;      /* nginx's connections to it ... */
	uint64_t waiting;    /* ... of which so many have had no answer ... */
	uint64_t connecting; /* ... and so many of these are not even connected */
	uint64_t queue;      /* of its listening sockets, whoever waits there */
	uint64_t served;     /* connections that it has accepted */
};

struct counting {
	struct tally *tally;
	uint64_t *count;               /* tally->count */
	const struct socket *like_own; /* one with our own client end, and another server end */
	size_t likes_own;
	const struct tally_question *question;
	size_t upstream_len;
	struct seen seen[TALLY_UPSTREAMS_MAX];
};

/* ---- whose socket it is ---------------------------------------------------------------------- */

/* The listener that takes what comes in at `at`, or NULL. Where several do, their port is the same,
 * and so is what they carry. */
static const struct listener *listener_at(const struct tally_question *question,
					  const struct endpoint *at)
{
	for (size_t i = 0; i < question->listener_len; i++) {
		const struct listener *listener = &question->listener[i];

		if (listener->kind == LISTENER_TCP && endpoint_covers(&listener->at, at) &&
		    !(listener->v6_only && endpoint_is_v4(at)))
			return listener;
	}
	return NULL;
}

static const struct listener *listener_at_path(const struct tally_question *question,
					       const char *path)
{
	for (size_t i = 0; i < question->listener_len; i++) {
		const struct listener *listener = &question->listener[i];

		if (listener->kind == LISTENER_UNIX && strcmp(listener->path, path) == 0)
			return listener;
	}
	return NULL;
}

/* The upstream that is reached at `at`, or upstream_len. */
static size_t upstream_at(const struct counting *c, const struct endpoint *at)
{
	size_t i = 0;

	while (i < c->upstream_len && (c->question->upstream[i].at.port == 0 ||
				       !endpoint_covers(&c->question->upstream[i].at, at)))
		i++;
	return i;
}

static size_t upstream_of_path(const struct counting *c, const char *path)
{
	size_t i = 0;

	while (i < c->upstream_len && (c->question->upstream[i].path[0] == '\0' ||
				       strcmp(c->question->upstream[i].path, path) != 0))
		i++;
	return i;
}

/* ---- clients --------------------------------------------------------------------------------- */

/* Who spoke last. The kernel's clock ticks every few milliseconds, so that a fast answer and the
 * next question can fall into one tick. */
static enum client_class class_of_talk(const struct socket *socket)
{
	if (!socket->has_info)
		return CLIENT_AMBIGUOUS;
	if (!socket->received_any)
		return CLIENT_SILENT;
	if (!socket->sent_any || socket->last_received_ms < socket->last_sent_ms)
		return CLIENT_UNANSWERED;
	return socket->last_received_ms == socket->last_sent_ms ? CLIENT_AMBIGUOUS
								: CLIENT_ANSWERED;
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
		return CLIENT_STALLED;
	if (socket->timer == SOCKET_TIMER_RETRANSMIT &&
	    socket->retransmits >= TALLY_VANISHED_RETRANSMITS)
		return CLIENT_VANISHED;
	return CLIENT_SENDING;
}

/* The group of a listener. Beyond TALLY_GROUPS_MAX the last one is of whatever comes. */
static struct tally_group *group_of(struct tally *tally, const struct listener *listener)
{
	unsigned ways = listener->ways != 0 ? listener->ways : NGINX_ANY;
	size_t i = 0;

	while (i < tally->groups && tally->group[i].ways != ways)
		i++;
	if (i == TALLY_GROUPS_MAX)
		tally->group[--i].ways |= ways;
	else if (i == tally->groups)
		tally->group[tally->groups++].ways = ways;
	return &tally->group[i];
}

static void count(struct counting *c, const struct listener *listener, enum client_class class)
{
	group_of(c->tally, listener)->count[class]++;
	c->count[class]++;
	c->count[TALLY_CLIENTS]++;
}

/* Whether it is our own connection. One that only looks so is noted. */
static bool is_own(struct counting *c, const struct socket *socket)
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
static void count_client(struct counting *c, const struct listener *listener,
			 const struct socket *socket)
{
	enum client_class class = class_of_client(socket);

	if (socket->inode == 0) {
		c->count[TALLY_NOT_ACCEPTED] +=
			socket->state == SOCKET_ESTABLISHED || socket->state == SOCKET_CLOSE_WAIT;
		return;
	}
	if (is_own(c, socket))
		return;
	count(c, listener, class);
	c->count[TALLY_RECENT] += is_recent(c->question, listener, socket);
	if (c->question->busy_len > 0)
		tally_join(c->question, &socket->remote, class, c->count);
}

/* ---- applications ---------------------------------------------------------------------------- */

static void count_waiting(struct counting *c, size_t i)
{
	c->count[TALLY_WAITING]++;
	c->seen[i].waiting++;
}

/* nginx's end of a connection to upstream `i`: what nginx sends are questions here. */
static void count_upstream(struct counting *c, const struct socket *socket, size_t i)
{
	enum client_class class = class_of_talk(socket);

	if (socket->state == SOCKET_SYN_SENT) {
		count_waiting(c, i);
		c->seen[i].connecting++;
		c->seen[i].asked++;
	}
	if (socket->state != SOCKET_ESTABLISHED || socket->inode == 0)
		return;
	c->seen[i].asked++;
	if (socket->rqueue > 0)
		c->count[TALLY_BLOCKED]++;
	else if (class == CLIENT_SILENT || class == CLIENT_ANSWERED)
		count_waiting(c, i);
	else if (c->question->upstream[i].is_uwsgi)
		c->count[TALLY_STREAMING]++;
	else
		c->count[TALLY_KEPT]++;
}

/* Upstream i's own end. */
static void count_app(struct counting *c, const struct socket *socket, size_t i)
{
	bool is_open = socket->state == SOCKET_ESTABLISHED;

	if (socket->state == SOCKET_LISTEN) {
		c->seen[i].is_here = true;
		c->seen[i].queue += socket->rqueue;
		c->count[TALLY_QUEUED] += socket->rqueue;
		return;
	}
	if (!is_open && socket->state != SOCKET_CLOSE_WAIT)
		return;
	if (socket->inode == 0) {
		c->count[TALLY_ABANDONED] += !is_open;
	} else if (is_open) {
		c->count[TALLY_IN_SERVICE]++;
		c->seen[i].served++;
	} else {
		c->count[TALLY_ORPHANED]++;
	}
}

static void count_tcp(struct counting *c, const struct socket *socket)
{
	const struct listener *listener = listener_at(c->question, &socket->local);
	size_t i;

	if (listener != NULL) {
		if (socket->state != SOCKET_LISTEN)
			count_client(c, listener, socket);
		return;
	}
	i = upstream_at(c, &socket->remote);
	if (i < c->upstream_len) {
		count_upstream(c, socket, i);
		return;
	}
	i = upstream_at(c, &socket->local);
	if (i < c->upstream_len)
		count_app(c, socket, i);
}

/* ---- unix sockets ---------------------------------------------------------------------------- */

static bool has_lost_peer(const struct unix_socket *socket)
{
	return socket->has_peer && socket->peer == 0;
}

/* Where the kernel does not say who is at the other end, all look alike: ours is any of those that
 * came in where we asked. */
static bool is_own_unix(const struct counting *c, const struct unix_socket *socket)
{
	const struct tally_question *question = c->question;

	if (question->own_inode == 0 || question->own_is_hidden)
		return false;
	if (socket->has_peer)
		return socket->peer == question->own_inode;
	return !c->tally->own_is_found && strcmp(socket->path, question->own_path) == 0;
}

/* A unix socket tells neither who spoke last nor how long ago. */
static void count_unix_client(struct counting *c, const struct listener *listener,
			      const struct unix_socket *socket)
{
	enum client_class class = CLIENT_AMBIGUOUS;

	if (socket->state == SOCKET_LISTEN) {
		c->count[TALLY_NOT_ACCEPTED] += socket->rqueue;
		return;
	}
	if (is_own_unix(c, socket)) {
		c->tally->own_is_found = true;
		return;
	}
	if (has_lost_peer(socket))
		class = CLIENT_HALF_CLOSED;
	else if (socket->wqueue > 0)
		class = CLIENT_SENDING;
	count(c, listener, class);
}

/* nginx's end has no name: all that can be seen of it is the application's. */
static void count_unix_app(struct counting *c, const struct unix_socket *socket, size_t i)
{
	uint64_t abandoned =
		socket->abandoned < socket->rqueue ? socket->abandoned : socket->rqueue;

	if (socket->state == SOCKET_LISTEN) {
		c->seen[i].is_here = true;
		c->seen[i].asked += socket->rqueue - abandoned;
		c->seen[i].waiting += socket->rqueue - abandoned;
		c->seen[i].queue += socket->rqueue;
		c->count[TALLY_QUEUED] += socket->rqueue;
		c->count[TALLY_ABANDONED] += abandoned;
		c->count[TALLY_WAITING] += socket->rqueue - abandoned;
		return;
	}
	if (has_lost_peer(socket)) {
		c->count[TALLY_ORPHANED]++;
		return;
	}
	c->tally->app_is_unix = true;
	c->seen[i].asked++;
	c->seen[i].served++;
	c->count[TALLY_IN_SERVICE]++;
	if (socket->wqueue > 0)
		c->count[TALLY_BLOCKED]++;
	else if (c->question->upstream[i].is_uwsgi)
		c->count[TALLY_WAITING]++;
	else
		c->count[TALLY_KEPT]++;
}

static void count_unix(struct counting *c, const struct unix_socket *socket)
{
	const struct listener *listener = listener_at_path(c->question, socket->path);
	size_t i = upstream_of_path(c, socket->path);

	if (listener != NULL)
		count_unix_client(c, listener, socket);
	else if (i < c->upstream_len)
		count_unix_app(c, socket, i);
}

/* ---- all ------------------------------------------------------------------------------------- */

/* Behind a translated address our connection has another server end: then only its client end
 * tells, if it is the only one of its kind. */
static void leave_own_out(struct counting *c)
{
	enum client_class class;

	if (c->tally->own_is_found || c->likes_own != 1)
		return;
	class = class_of_client(c->like_own);
	group_of(c->tally, listener_at(c->question, &c->like_own->local))->count[class]--;
	c->count[class]--;
	c->count[TALLY_CLIENTS]--;
	c->tally->own_is_found = true;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* How many of nginx's connections the application has not accepted. */
static void count_queueing(const struct counting *c, const struct seen *seen)
{
	uint64_t least = 0, most = seen->waiting;

	if (seen->is_here) {
		least = seen->asked > seen->served ? seen->asked - seen->served : 0;
		most = smaller(most, seen->queue + seen->connecting);
	}
	c->count[TALLY_QUEUEING] += least;
	c->count[TALLY_MAY_QUEUE] += least > most ? least : most;
}

static void conclude(const struct counting *c, struct tally *tally)
{
	for (size_t i = 0; i < c->upstream_len; i++) {
		const struct seen *seen = &c->seen[i];

		count_queueing(c, seen);
		tally->app_is_away = tally->app_is_away || !seen->is_here;
		tally->app_is_here = tally->app_is_here || seen->is_here;
	}
}

void tally_make(struct tally *ret, const struct sockets *sockets,
		const struct tally_question *question)
{
	struct counting c = {.tally = ret, .count = ret->count, .question = question};

	*ret = (struct tally){0};
	c.upstream_len = question->upstream_len < TALLY_UPSTREAMS_MAX ? question->upstream_len
								      : TALLY_UPSTREAMS_MAX;
	for (size_t i = 0; i < question->busy_len; i++)
		question->busy[i].is_found = false;
	for (size_t i = 0; i < sockets->tcp_len; i++)
		count_tcp(&c, &sockets->tcp[i]);
	for (size_t i = 0; i < sockets->local_len; i++)
		count_unix(&c, &sockets->local[i]);
	leave_own_out(&c);
	if (question->own_is_hidden && listener_at_path(question, question->own_path) != NULL)
		ret->own_is_found = true;
	tally_missing(question, c.count);
	conclude(&c, ret);
}
