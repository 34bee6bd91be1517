/* SPDX-License-Identifier: MIT */
/* tally_busy.c - which of uWSGI's busy cores works for which client; see tally_parts.h. */
#include "tally_parts.h"

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

/* A client that takes no more bytes may have its answer complete without any sign of it. */
static bool is_served_still(const struct tally_question *question, const struct busy_core *busy,
			    const struct socket *client, enum client_class class)
{
	double spoke = question->now + (question->asked_ms - client->last_received_ms) / 1e3;

	return client->has_info && client->received_any &&
	       (class == CLIENT_HALF_CLOSED || class == CLIENT_UNANSWERED ||
		class == CLIENT_ANSWERED || class == CLIENT_AMBIGUOUS) &&
	       client->wqueue == 0 && client->last_received_ms > question->asked_ms &&
	       (!client->sent_any || client->last_sent_ms > question->asked_ms) &&
	       spoke < (double)busy->request_start + 1;
}

void tally_join(const struct tally_question *question, const struct socket *client,
		enum client_class class, uint64_t *served, uint64_t *count)
{
	struct busy_core *busy = busy_for(question, &client->remote);

	if (busy == NULL)
		return;
	if (busy->is_found) {
		if (busy->served != NULL)
			(*busy->served)--;
		busy->served = NULL;
		return;
	}
	busy->is_found = true;
	count[TALLY_JOINED]++;
	count[TALLY_JOINED_LASTING] += class == CLIENT_ANSWERED || class == CLIENT_AMBIGUOUS;
	count[TALLY_JOINED_CLOSED] += class == CLIENT_HALF_CLOSED || class == CLIENT_LINGERING;
	if (is_served_still(question, busy, client, class)) {
		busy->served = &served[class];
		(*busy->served)++;
	}
}

static bool is_settled(const struct busy_core *busy, double now)
{
	return busy->client.port != 0 && busy->request_start > 0 &&
	       now - (double)busy->request_start >= TALLY_SETTLED_SECONDS;
}

/* Over HTTP/2 several cores work for one client, of which tally_join() has marked one. */
void tally_missing(const struct tally_question *question, uint64_t *count)
{
	const struct busy_core *busy = question->busy;
	size_t len = question->busy_len;
	size_t end;

	for (size_t i = 0; i < len; i = end) {
		bool is_found = false;

		for (end = i;
		     end < len && endpoint_compare(&busy[end].client, &busy[i].client) == 0; end++)
			is_found = is_found || busy[end].is_found;
		for (size_t j = i; j < end && !is_found; j++)
			count[TALLY_MISSING] += is_settled(&busy[j], question->now);
	}
}
