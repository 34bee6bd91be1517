/* SPDX-License-Identifier: MIT */
/* observe_own.c - see observe_own.h. */
#include "observe_own.h"

#include "err.h"

static bool is_at(const struct nginx_host *host, const struct endpoint *at)
{
	return listeners_at(host->listeners.item, host->listeners.len, at) != NULL;
}

/* Not every connection over TCP has told its inode. */
static bool is_same(const struct fetch_ends *a, const struct fetch_ends *b)
{
	if (a->is_unix || b->is_unix)
		return a->is_unix && b->is_unix && a->our_inode == b->our_inode;
	return a->is_tcp && b->is_tcp && endpoint_equal(&a->ours, &b->ours) &&
	       endpoint_equal(&a->theirs, &b->theirs);
}

bool observe_own_moved(const struct observe_own *o, const struct nginx_host *host,
		       const struct fetch_ends *asking, uint64_t moment)
{
	struct fetch_own_connection *item;
	size_t len = fetch_own_list(o->own, &item);
	bool moved = false;

	for (size_t i = 0; i < len && !moved; i++) {
		const struct fetch_ends *ends = &item[i].ends;

		moved = (item[i].since > moment || !item[i].is_idle) && !is_same(ends, asking) &&
			(ends->is_unix || is_at(host, &ends->theirs));
	}
	free(item);
	return moved;
}

/* ---- out of the dump ------------------------------------------------------------------------- */

static int by_end(const void *a, const void *b)
{
	const struct fetch_own_connection *left = a;
	const struct fetch_own_connection *right = b;

	return endpoint_compare(&left->ends.ours, &right->ends.ours);
}

/* All but the one that is asked over, those over TCP in order of their ends, the others in front.
 */
static void list(struct observe_own *o, const struct fetch_ends *asking)
{
	size_t kept = 0;

	observe_own_free(o);
	o->len = fetch_own_list(o->own, &o->item);
	for (size_t i = 0; i < o->len; i++) {
		if (!is_same(&o->item[i].ends, asking))
			o->item[kept++] = o->item[i];
	}
	o->len = kept;
	if (kept > 0)
		o->place = calloc(kept, sizeof(*o->place));
	if (kept > 0 && o->place == NULL)
		err_own_note(ERR_MEMORY);
	if (o->place == NULL)
		o->len = 0;
	if (o->len > 1)
		qsort(o->item, o->len, sizeof(*o->item), by_end);
}

/* The connection with our end at `ours` and the other at `theirs`, or `len`. */
static size_t find_tcp(const struct observe_own *o, const struct endpoint *ours,
		       const struct endpoint *theirs)
{
	const struct fetch_own_connection key = {.ends = {.ours = *ours}};
	const struct fetch_own_connection *found =
		bsearch(&key, o->item, o->len, sizeof(key), by_end);
	size_t at = found == NULL ? o->len : (size_t)(found - o->item);

	/* One of our ends may have several others. */
	while (at > 0 && at < o->len && endpoint_equal(&o->item[at - 1].ends.ours, ours))
		at--;
	while (at < o->len && endpoint_equal(&o->item[at].ends.ours, ours)) {
		if (endpoint_equal(&o->item[at].ends.theirs, theirs))
			return at;
		at++;
	}
	return o->len;
}

static size_t find_unix(const struct observe_own *o, const struct unix_socket *socket)
{
	size_t i = 0;

	if (!socket->has_peer || socket->peer == 0)
		return o->len;
	while (i < o->len &&
	       !(o->item[i].ends.is_unix && o->item[i].ends.our_inode == socket->peer))
		i++;
	return i;
}

/* Nobody lists the other end of a unix socket that is in another network namespace than nginx. */
static void note_hidden(struct observe_own *o)
{
	for (size_t i = 0; i < o->len; i++) {
		if (o->item[i].ends.is_unix)
			o->place[i] = OWN_BUSY;
	}
}

static void note(struct observe_own *o, size_t at, bool is_client, uint64_t moment)
{
	bool is_idle = o->item[at].is_idle && o->item[at].since <= moment;

	if (!is_client || o->place[at] != OWN_ELSEWHERE)
		return;
	o->place[at] = is_idle ? OWN_IDLE : OWN_BUSY;
	o->idle += is_idle;
}

/* Of one that nginx has not accepted, or has closed, it counts nothing. */
void observe_own_take_out(struct observe_own *o, struct sockets *sockets,
			  const struct nginx_host *host, const struct fetch_ends *asking,
			  uint64_t moment)
{
	size_t kept = 0;

	list(o, asking);
	if (o->len == 0)
		return;
	if (host->net_pid != 0)
		note_hidden(o);
	for (size_t i = 0; i < sockets->tcp_len; i++) {
		const struct socket *socket = &sockets->tcp[i];
		size_t at =
			socket->inode == 0 ? o->len : find_tcp(o, &socket->remote, &socket->local);

		if (at < o->len)
			note(o, at, is_at(host, &socket->local), moment);
		else if (find_tcp(o, &socket->local, &socket->remote) == o->len)
			sockets->tcp[kept++] = *socket;
	}
	sockets->tcp_len = kept;
	kept = 0;
	for (size_t i = 0; i < sockets->local_len; i++) {
		const struct unix_socket *socket = &sockets->local[i];
		size_t at = socket->state == SOCKET_ESTABLISHED ? find_unix(o, socket) : o->len;

		if (at < o->len)
			note(o, at,
			     listeners_at_path(host->listeners.item, host->listeners.len,
					      socket->path) != NULL,
			     moment);
		else
			sockets->local[kept++] = *socket;
	}
	sockets->local_len = kept;
}

/* ---- off nginx's numbers --------------------------------------------------------------------- */

static void take_off(struct nginx_status *status, uint64_t number)
{
	status->active -= (int64_t)number;
	status->waiting -= (int64_t)number;
}

void observe_own_take_off(const struct observe_own *o, struct ledger_look *look, bool is_settled)
{
	uint64_t idle = 0, busy = 0;

	for (size_t i = 0; i < o->len; i++) {
		bool is_idle =
			o->place[i] == OWN_IDLE && fetch_own_is_still_idle(o->own, &o->item[i]);

		idle += is_idle;
		busy += o->place[i] != OWN_ELSEWHERE && !is_idle;
	}
	take_off(&look->before, idle);
	take_off(&look->after, idle);
	look->own_idle = is_settled ? 0 : idle;
	look->own_busy = busy;
}

void observe_own_free(struct observe_own *o)
{
	free(o->item);
	free(o->place);
	*o = (struct observe_own){.own = o->own};
}
