/* SPDX-License-Identifier: MIT */
/* tally.c - counts the sockets of one dump by what holds them; see tally.h. */
#include "tally.h"

/* What is seen of one upstream. */
struct seen {
	bool is_here;
	uint64_t asked;  /* nginx's connections to it */
	uint64_t served; /* connections that it has accepted */
};

struct counting {
	uint64_t *count; /* by enum client_class and enum tally_number */
	const struct tally_question *question;
	size_t upstream_len;
	struct seen seen[TALLY_UPSTREAMS_MAX];
};

/* ---- whose socket it is ---------------------------------------------------------------------- */

static bool is_listened(const struct tally_question *question, const struct endpoint *at)
{
	for (size_t i = 0; i < question->listener_len; i++) {
		const struct listener *listener = &question->listener[i];

		if (listener->kind == LISTENER_TCP && endpoint_covers(&listener->at, at) &&
		    !(listener->v6_only && endpoint_is_v4(at)))
			return true;
	}
	return false;
}

static bool is_listened_path(const struct tally_question *question, const char *path)
{
	for (size_t i = 0; i < question->listener_len; i++) {
		const struct listener *listener = &question->listener[i];

		if (listener->kind == LISTENER_UNIX && strcmp(listener->path, path) == 0)
			return true;
	}
	return false;
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

/* The busy core that works for `client`, or NULL. */
static struct busy_core *busy_for(const struct tally_question *question,
				  const struct endpoint *client)
{
	size_t low = 0;
	size_t high = question->busy_len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = endpoint_compare(&question->busy[middle].client, client);

		if (order == 0)
			return &question->busy[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static void join(const struct counting *c, const struct socket *socket, enum client_class class)
{
	struct busy_core *busy = busy_for(c->question, &socket->remote);

	if (busy == NULL || busy->is_found)
		return;
	busy->is_found = true;
	c->count[TALLY_JOINED]++;
	c->count[TALLY_JOINED_LASTING] += class == CLIENT_ANSWERED || class == CLIENT_AMBIGUOUS;
	c->count[TALLY_JOINED_CLOSED] += class == CLIENT_HALF_CLOSED || class == CLIENT_LINGERING;
}

/* A socket without an inode has no process: before accept() it waits in the accept queue, after
 * close() only the kernel still has it. */
static void count_client(const struct counting *c, const struct socket *socket)
{
	const struct endpoint *own = c->question->own;
	enum client_class class = class_of_client(socket);

	if (socket->inode == 0) {
		c->count[TALLY_NOT_ACCEPTED] +=
			socket->state == SOCKET_ESTABLISHED || socket->state == SOCKET_CLOSE_WAIT;
		return;
	}
	if (own != NULL && endpoint_equal(own, &socket->remote))
		return;
	c->count[class]++;
	c->count[TALLY_CLIENTS]++;
	if (c->question->busy_len > 0)
		join(c, socket, class);
}

/* ---- applications ---------------------------------------------------------------------------- */

/* nginx's end of a connection to upstream `i`: what nginx sends are questions here. */
static void count_upstream(struct counting *c, const struct socket *socket, size_t i)
{
	enum client_class class = class_of_talk(socket);

	if (socket->state == SOCKET_SYN_SENT) {
		c->count[TALLY_WAITING]++;
		c->seen[i].asked++;
	}
	if (socket->state != SOCKET_ESTABLISHED || socket->inode == 0)
		return;
	c->seen[i].asked++;
	if (socket->rqueue > 0)
		c->count[TALLY_BLOCKED]++;
	else if (class == CLIENT_SILENT || class == CLIENT_ANSWERED)
		c->count[TALLY_WAITING]++;
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
	size_t i;

	if (is_listened(c->question, &socket->local)) {
		if (socket->state != SOCKET_LISTEN)
			count_client(c, socket);
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

/* A unix socket tells neither who spoke last nor how long ago. */
static void count_unix_client(const struct counting *c, const struct unix_socket *socket)
{
	enum client_class class = CLIENT_AMBIGUOUS;

	if (socket->state == SOCKET_LISTEN) {
		c->count[TALLY_NOT_ACCEPTED] += socket->rqueue;
		return;
	}
	if (c->question->own_inode != 0 && socket->peer == c->question->own_inode)
		return;
	if (has_lost_peer(socket))
		class = CLIENT_HALF_CLOSED;
	else if (socket->wqueue > 0)
		class = CLIENT_SENDING;
	c->count[class]++;
	c->count[TALLY_CLIENTS]++;
}

/* nginx's end has no name: all that can be seen of it is the application's. */
static void count_unix_app(struct counting *c, const struct unix_socket *socket, size_t i)
{
	uint64_t abandoned =
		socket->abandoned < socket->rqueue ? socket->abandoned : socket->rqueue;

	if (socket->state == SOCKET_LISTEN) {
		c->seen[i].is_here = true;
		c->seen[i].asked += socket->rqueue - abandoned;
		c->count[TALLY_QUEUED] += socket->rqueue;
		c->count[TALLY_ABANDONED] += abandoned;
		c->count[TALLY_WAITING] += socket->rqueue - abandoned;
		return;
	}
	if (has_lost_peer(socket)) {
		c->count[TALLY_ORPHANED]++;
		return;
	}
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
	size_t i = upstream_of_path(c, socket->path);

	if (is_listened_path(c->question, socket->path))
		count_unix_client(c, socket);
	else if (i < c->upstream_len)
		count_unix_app(c, socket, i);
}

/* ---- all ------------------------------------------------------------------------------------- */

static bool is_settled(const struct busy_core *busy, double now)
{
	return busy->client.port != 0 && busy->request_start > 0 &&
	       now - (double)busy->request_start >= TALLY_SETTLED_SECONDS;
}

/* Over HTTP/2 several cores work for one client, of which join() has marked one. */
static void count_missing(const struct counting *c)
{
	const struct busy_core *busy = c->question->busy;
	size_t len = c->question->busy_len;
	size_t end;

	for (size_t i = 0; i < len; i = end) {
		bool is_found = false;

		for (end = i;
		     end < len && endpoint_compare(&busy[end].client, &busy[i].client) == 0; end++)
			is_found = is_found || busy[end].is_found;
		for (size_t j = i; j < end && !is_found; j++)
			c->count[TALLY_MISSING] += is_settled(&busy[j], c->question->now);
	}
}

static void conclude(const struct counting *c, struct tally *tally)
{
	for (size_t i = 0; i < c->upstream_len; i++) {
		const struct seen *seen = &c->seen[i];

		if (!seen->is_here)
			tally->app_is_away = true;
		else if (seen->asked > seen->served)
			c->count[TALLY_QUEUEING] += seen->asked - seen->served;
		tally->app_is_here = tally->app_is_here || seen->is_here;
	}
}

void tally_make(struct tally *ret, const struct sockets *sockets,
		const struct tally_question *question)
{
	struct counting c = {.count = ret->count, .question = question};

	*ret = (struct tally){0};
	c.upstream_len = question->upstream_len < TALLY_UPSTREAMS_MAX ? question->upstream_len
								      : TALLY_UPSTREAMS_MAX;
	for (size_t i = 0; i < question->busy_len; i++)
		question->busy[i].is_found = false;
	for (size_t i = 0; i < sockets->tcp_len; i++)
		count_tcp(&c, &sockets->tcp[i]);
	for (size_t i = 0; i < sockets->local_len; i++)
		count_unix(&c, &sockets->local[i]);
	count_missing(&c);
	conclude(&c, ret);
}
