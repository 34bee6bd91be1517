/* SPDX-License-Identifier: MIT */
/* observe_queue.c - the queues in front of nginx and of uWSGI, as the kernel has them; see
 * observe_parts.h. */
#include "observe_parts.h"

#include "proc_file.h"
#include "proc_netstat.h"

enum {
	NAME_BYTES_MAX = 256,
	NETSTAT_BYTES_MAX = 12288, /* the kernel's is of 5 KiB */
};

struct queues {
	struct scrape *scrape;
	const struct sockets *sockets;
	bool failed;
};

/* The line of that name, a new one if there is none yet; NULL when memory is out. */
static struct backlog *line_of(struct queues *q, struct list *list, const char *name)
{
	struct backlog *line = list->item;

	for (size_t i = 0; i < list->len; i++) {
		if (strcmp(line[i].name, name) == 0)
			return &line[i];
	}
	name = arena_text(&q->scrape->arena, str_of(name));
	line = name == NULL ? NULL : list_add(list, &q->scrape->arena, sizeof(*line));
	if (line == NULL)
		q->failed = true;
	else
		*line = (struct backlog){.name = name, .queue = -1};
	return line;
}

/* Of several sockets on one address (SO_REUSEPORT) the fullest is shown: the kernel does not even
 * them out, and who waits in a full one is not helped by an empty one beside it. */
static void add(struct queues *q, struct list *list, struct backlog queue)
{
	double *most = &q->scrape->ledger.backlog_percent;
	struct backlog *line = line_of(q, list, queue.name);

	if (queue.limit > 0 && (isnan(*most) || 100 * queue.queue / queue.limit > *most))
		*most = 100 * queue.queue / queue.limit;
	if (line == NULL || queue.queue <= line->queue)
		return;
	queue.name = line->name;
	queue.limit = queue.limit > 0 ? queue.limit : NOT_KNOWN;
	*line = queue;
}

/* uWSGI may name "any address" in another family's way; nginx's listeners are the kernel's own
 * words.
 */
static void add_tcp(struct queues *q, struct list *list, const struct endpoint *at,
		    const char *name, bool is_exact)
{
	for (size_t i = 0; i < q->sockets->tcp_len; i++) {
		const struct socket *socket = &q->sockets->tcp[i];

		if (socket->state == SOCKET_LISTEN &&
		    (is_exact ? endpoint_equal(at, &socket->local)
			      : endpoint_covers(at, &socket->local)))
			add(q, list,
			    (struct backlog){.name = name,
					     .queue = socket->rqueue,
					     .limit = socket->wqueue,
					     .is_tcp = true});
	}
}

static void add_unix(struct queues *q, struct list *list, const char *path, const char *name)
{
	for (size_t i = 0; i < q->sockets->local_len; i++) {
		const struct unix_socket *socket = &q->sockets->local[i];

		if (socket->state == SOCKET_LISTEN && strcmp(socket->path, path) == 0)
			add(q, list,
			    (struct backlog){.name = name,
					     .queue = socket->rqueue,
					     .limit = socket->wqueue});
	}
}

static bool is_first(const struct nginx_host *host, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		const struct listener *a = &host->listeners.item[i];
		const struct listener *b = &host->listeners.item[at];

		if (a->kind == b->kind && endpoint_equal(&a->at, &b->at) &&
		    strcmp(a->path, b->path) == 0)
			return false;
	}
	return true;
}

static void add_listener(struct queues *q, const struct listener *listener)
{
	struct list *list = &q->scrape->ledger.listeners;
	struct buf name;

	buf_init(&name, NAME_BYTES_MAX);
	if (listener->kind == LISTENER_TCP) {
		endpoint_print(&listener->at, &name);
		add_tcp(q, list, &listener->at, buf_text(&name), true);
	} else if (listener->kind == LISTENER_UNIX) {
		buf_addf(&name, "unix:%s", listener->path);
		add_unix(q, list, listener->path, buf_text(&name));
	}
	q->failed = q->failed || !buf_ok(&name);
	buf_free(&name);
}

bool observe_queues(struct scrape *scrape, const struct nginx_host *host,
		    const struct upstreams *upstreams, const struct sockets *sockets,
		    struct err *err)
{
	struct queues q = {.scrape = scrape, .sockets = sockets};

	for (size_t i = 0; i < host->listeners.len; i++) {
		if (is_first(host, i))
			add_listener(&q, &host->listeners.item[i]);
	}
	for (size_t i = 0; i < upstreams->len; i++) {
		const struct upstream *upstream = &upstreams->item[i];
		struct list *list = &scrape->ledger.sockets;

		if (upstreams->name[i] == NULL)
			continue;
		if (upstream->path[0] != '\0')
			add_unix(&q, list, upstream->path, upstreams->name[i]);
		else
			add_tcp(&q, list, &upstream->at, upstreams->name[i], false);
	}
	return !q.failed || err_set(err, ERR_MEMORY, "out of memory");
}

/* ---- overflows ------------------------------------------------------------------------------- */

static bool has_tcp(const struct list *list)
{
	const struct backlog *backlog = list->item;

	for (size_t i = 0; i < list->len; i++) {
		if (backlog[i].is_tcp)
			return true;
	}
	return false;
}

/* Not of one socket: what the kernel counts there (sk_drops) is also the bare acknowledgement of
 * each handshake while TCP_DEFER_ACCEPT is on, and uWSGI sets that. */
void observe_overflows(struct ledger *ledger, struct overflows *overflows, const char *proc)
{
	char bytes[NETSTAT_BYTES_MAX];

	if (!has_tcp(&ledger->listeners) && !has_tcp(&ledger->sockets))
		return;
	if (!overflows->is_read)
		overflows->is_known = proc_netstat_find(
			proc_file_read(proc, 0, "net/netstat", bytes, sizeof(bytes)), STR("TcpExt"),
			STR("ListenOverflows"), &overflows->number);
	overflows->is_read = true;
	ledger->overflows_known = overflows->is_known;
	ledger->listen_overflows = overflows->number;
}
