/* SPDX-License-Identifier: MIT */
/* tally_apps.c - connections of nginx to applications, and the applications' own; see
 * tally_parts.h. */
#include "tally_parts.h"

/* Who spoke last. The kernel's clock ticks every few milliseconds, so that a fast answer and the
 * next question can fall into one tick. */
enum client_class tally_talk(const struct socket *socket)
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

void tally_worker_uid(struct tally_counting *c, uint32_t uid)
{
	struct tally *tally = c->tally;

	if (tally->has_worker_uid && tally->worker_uid != uid)
		tally->apps_are_shared = true;
	tally->has_worker_uid = true;
	tally->worker_uid = uid;
}

/* Whether a connection to an application is of another user than nginx's workers, which make those
 * as they accept clients. */
static bool is_foreign(struct tally_counting *c, bool has_uid, uint32_t uid)
{
	struct tally *tally = c->tally;

	if (!has_uid || !tally->has_worker_uid)
		tally->apps_are_shared = true;
	return has_uid && tally->has_worker_uid && uid != tally->worker_uid;
}

static void count_waiting(struct tally_counting *c, size_t i)
{
	c->count[TALLY_WAITING]++;
	c->seen[i].waiting++;
}

/* What an end of nginx's own tells of a request. Over uWSGI's protocol each connection has one;
 * others may keep theirs for the next. */
static void look_for_request(struct tally_seen *seen, const struct socket *socket, bool is_uwsgi)
{
	bool is_connected = socket->state == SOCKET_ESTABLISHED;
	bool is_unread = socket->rqueue > 0;
	bool has_begun = is_unread || (socket->has_info && socket->received_any);
	bool is_first = !has_begun && (socket->has_info || !is_connected);

	seen->own++;
	seen->begun += has_begun;
	if (is_uwsgi || is_unread || is_first)
		seen->sure++;
	else if (tally_talk(socket) == CLIENT_ANSWERED)
		seen->again++;
	seen->stuck += !has_begun && is_connected && socket->wqueue > 0 &&
		       socket->timer == SOCKET_TIMER_RETRANSMIT && socket->retransmits > 0;
}

/* nginx's end of a connection to upstream `i`: what nginx sends are questions here. */
void tally_upstream(struct tally_counting *c, const struct socket *socket, size_t i)
{
	bool is_connecting = socket->state == SOCKET_SYN_SENT;
	enum client_class class = tally_talk(socket);

	if (!is_connecting && (socket->state != SOCKET_ESTABLISHED || socket->inode == 0))
		return;
	c->seen[i].asked++;
	c->seen[i].linked += !is_connecting;
	if (is_foreign(c, true, socket->uid)) {
		c->seen[i].foreign++;
		return;
	}
	look_for_request(&c->seen[i], socket, c->question->upstream[i].is_uwsgi);
	c->seen[i].connecting += is_connecting;
	if (is_connecting)
		count_waiting(c, i);
	else if (socket->rqueue > 0)
		c->count[TALLY_BLOCKED]++;
	else if (class == CLIENT_SILENT || class == CLIENT_ANSWERED)
		count_waiting(c, i);
	else if (c->question->upstream[i].is_uwsgi)
		c->count[TALLY_STREAMING]++;
	else
		c->count[TALLY_KEPT]++;
}

/* Whether the other end is on this host, too: the kernel connects to an own address from the same
 * one. */
static bool is_from_here(const struct socket *socket)
{
	return endpoint_is_loopback(&socket->remote) ||
	       memcmp(socket->remote.address, socket->local.address,
		      sizeof(socket->local.address)) == 0;
}

/* Upstream i's own end. */
void tally_app(struct tally_counting *c, const struct socket *socket, size_t i)
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
	c->seen[i].taken += is_open && socket->inode != 0 && is_from_here(socket);
	c->seen[i].unaccepted += is_open && socket->inode == 0 && is_from_here(socket);
	if (socket->inode == 0) {
		c->count[TALLY_ABANDONED] += !is_open;
	} else if (is_open) {
		c->count[TALLY_IN_SERVICE]++;
		c->seen[i].served++;
	} else {
		c->count[TALLY_ORPHANED]++;
	}
}

bool tally_has_left(const struct unix_socket *socket)
{
	return socket->has_peer && socket->peer == 0;
}

static void count_unix_listener(struct tally_counting *c, const struct unix_socket *socket,
				size_t i)
{
	uint64_t abandoned =
		socket->abandoned < socket->rqueue ? socket->abandoned : socket->rqueue;

	c->seen[i].is_here = true;
	c->seen[i].queue += socket->rqueue;
	c->seen[i].unix_queue += socket->rqueue - abandoned;
	c->count[TALLY_QUEUED] += socket->rqueue;
	c->count[TALLY_ABANDONED] += abandoned;
}

/* nginx's end has no name: what can be seen of it is the application's, and whose it is. */
void tally_unix_app(struct tally_counting *c, const struct unix_socket *socket, size_t i)
{
	bool is_waiting = socket->state == SOCKET_SYN_RECV;

	if (socket->state == SOCKET_LISTEN) {
		count_unix_listener(c, socket, i);
		return;
	}
	if (tally_has_left(socket)) {
		c->count[TALLY_ORPHANED]++;
		return;
	}
	c->seen[i].unix_known += is_waiting;
	c->count[TALLY_IN_SERVICE] += !is_waiting;
	if (is_foreign(c, socket->has_peer_uid, socket->peer_uid))
		return;
	c->seen[i].asked++;
	if (is_waiting) {
		count_waiting(c, i);
		return;
	}
	c->tally->app_is_unix = true;
	c->seen[i].served++;
	c->seen[i].blocked += socket->wqueue > 0;
	if (socket->wqueue > 0)
		c->count[TALLY_BLOCKED]++;
	else if (c->question->upstream[i].is_uwsgi)
		c->count[TALLY_WAITING]++;
	else
		c->count[TALLY_KEPT]++;
}

/* Those in a unix socket's queue of whom the kernel does not say who they are. */
static void count_unknown(struct tally_counting *c, struct tally_seen *seen)
{
	uint64_t len =
		seen->unix_queue > seen->unix_known ? seen->unix_queue - seen->unix_known : 0;

	seen->asked += len;
	seen->waiting += len;
	c->count[TALLY_WAITING] += len;
	c->tally->apps_are_shared = c->tally->apps_are_shared || len > 0;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* How many of nginx's connections the application has not accepted. */
static void count_queueing(const struct tally_counting *c, const struct tally_seen *seen)
{
	uint64_t least = 0, most = seen->waiting;

	if (seen->is_here) {
		least = seen->asked > seen->served + seen->foreign
				? seen->asked - seen->served - seen->foreign
				: 0;
		most = smaller(most, seen->queue + seen->connecting);
	}
	c->count[TALLY_QUEUEING] += least;
	c->count[TALLY_MAY_QUEUE] += least > most ? least : most;
}

/* A core may be busy for a client that nginx has answered or sent away. Then its connection is
 * closed at nginx's end, or there are fewer than busy cores. */
static bool are_at_work(const struct tally_counting *c)
{
	uint64_t served = 0;

	for (size_t i = 0; i < c->upstream_len; i++)
		served += c->question->upstream[i].is_uwsgi ? c->seen[i].served : 0;
	return c->count[TALLY_ORPHANED] == 0 && !c->tally->app_is_away &&
	       served >= c->question->cores;
}

void tally_apps(struct tally_counting *c)
{
	struct tally *tally = c->tally;

	tally_requests(c);
	for (size_t i = 0; i < c->upstream_len; i++) {
		struct tally_seen *seen = &c->seen[i];

		count_unknown(c, seen);
		count_queueing(c, seen);
		tally->app_is_away = tally->app_is_away || !seen->is_here;
		tally->app_is_here = tally->app_is_here || seen->is_here;
	}
	for (size_t i = 0; i < tally->groups && !are_at_work(c); i++)
		memset(tally->group[i].served, 0, sizeof(tally->group[i].served));
}
