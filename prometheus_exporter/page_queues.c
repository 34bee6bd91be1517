/* SPDX-License-Identifier: MIT */
/* page_queues.c - how full the listen queues are; see page_part.h. */
#include "page_part.h"

enum { QUEUES_MAX = 64, FULL_PERCENT = 80, BUSY_PERCENT = 40 };

static const char *fill_class(double percent)
{
	return percent >= FULL_PERCENT ? "full" : percent >= BUSY_PERCENT ? "busy" : "calm";
}

static void add_queue(struct buf *out, const struct backlog *queue)
{
	bool known = isfinite(queue->limit) && queue->limit > 0;
	double percent = known ? queue->queue / queue->limit * 100 : 0;

	buf_add_text(out, "<tr><th scope=\"row\"><code>");
	html_add(out, queue->name[0] != '\0' ? queue->name : "(no name)");
	buf_addf(out, "</code></th><td><svg class=\"gauge %s\" aria-hidden=\"true\"><rect width=\"",
		 fill_class(percent));
	page_add_percent(out, percent, 100);
	buf_add_text(out, "\" height=\"100%\"/></svg></td><td class=\"n\">");
	page_add_number(out, queue->queue, "");
	if (known) {
		buf_add_text(out, " of ");
		page_add_number(out, queue->limit, "");
	}
	buf_add_text(out, "</td></tr>\n");
}

static void add_list(struct buf *out, const struct list *list, size_t *room)
{
	const struct backlog *queue = list->item;

	for (size_t i = 0; i<list->len && * room> 0; i++, --*room)
		add_queue(out, &queue[i]);
}

static bool kernel_knows(const struct ledger *ledger, const char *name)
{
	const struct backlog *queue = ledger->sockets.item;

	for (size_t i = 0; i < ledger->sockets.len; i++) {
		if (strcmp(queue[i].name, name) == 0)
			return true;
	}
	return false;
}

/* What uWSGI says itself, where the kernel could not be asked: of another host's sockets, say. */
static size_t add_own(struct buf *out, const struct scrape *scrape, size_t *room)
{
	size_t len = 0;

	for (size_t i = 0; i < scrape->uwsgi_len; i++) {
		const struct uwsgi_socket *socket = scrape->uwsgi[i].stats.sockets.item;

		for (size_t k = 0; k<scrape->uwsgi[i].stats.sockets.len && * room> 0; k++) {
			struct backlog queue = {.name = socket[k].name,
						.queue = (double)socket[k].queue,
						.limit = (double)socket[k].max_queue};

			if (socket[k].max_queue == 0 || kernel_knows(&scrape->ledger, queue.name))
				continue;
			add_queue(out, &queue);
			len++;
			--*room;
		}
	}
	return len;
}

static void begin(struct buf *out, const char *name, const char *caption)
{
	buf_addf(out,
		 "<table class=\"queues\">\n<caption>%s</caption>\n<thead><tr><th "
		 "scope=\"col\"><span class=\"sr\">Socket</span></th><th scope=\"col\"><span "
		 "class=\"sr\">How full</span></th><th scope=\"col\"><span class=\"sr\">"
		 "Connections waiting</span></th></tr></thead>\n<tbody data-queues=\"%s\">\n",
		 caption, name);
}

void page_add_queues(struct buf *out, const struct page_site *site)
{
	const struct ledger *ledger = &site->scrape->ledger;
	size_t room = QUEUES_MAX;
	size_t len = ledger->listeners.len + ledger->sockets.len;

	buf_addf(out,
		 "<section class=\"card queuing\" aria-labelledby=\"q%zu\">\n"
		 "<h3 id=\"q%zu\">Queues</h3>\n",
		 site->number, site->number);
	begin(out, "listeners", "nginx: not yet accepted");
	add_list(out, &ledger->listeners, &room);
	buf_add_text(out, "</tbody></table>\n");
	begin(out, "sockets", "uWSGI: no worker has taken them");
	room = QUEUES_MAX;
	add_list(out, &ledger->sockets, &room);
	len += add_own(out, site->scrape, &room);
	buf_add_text(out, "</tbody></table>\n<p class=\"quiet\" data-noqueue");
	page_add_hidden(out, len == 0);
	buf_add_text(out, ">No queue is known: the sockets are not on this host, or the ledger is "
			  "turned off.</p>\n</section>\n");
}
