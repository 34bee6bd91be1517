/* SPDX-License-Identifier: MIT */
/* guard.c - whose connection must end; see guard.h. */
#include "guard.h"

#include <math.h>
#include <string.h>

void guard_init(struct guard *guard, const struct guard_limits *limits)
{
	*guard = (struct guard){.limits = *limits};
}

/* ---- lists: the newest at one end, so that deadlines of a phase are in order ----------------- */

/* Who has spent some of its time already is older than those who came before it. */
static void add(struct guard *guard, struct guard_client *client, enum guard_phase phase,
		double since)
{
	struct guard_list *list = &guard->list[phase];
	struct guard_client *older = list->newest;

	while (older != NULL && older->since > since)
		older = older->older;
	client->phase = phase;
	client->since = since;
	client->older = older;
	client->newer = older == NULL ? list->oldest : older->newer;
	if (older == NULL)
		list->oldest = client;
	else
		older->newer = client;
	if (client->newer == NULL)
		list->newest = client;
	else
		client->newer->older = client;
	list->len++;
}

static void take_off(struct guard *guard, struct guard_client *client)
{
	struct guard_list *list = &guard->list[client->phase];

	if (client->older == NULL)
		list->oldest = client->newer;
	else
		client->older->newer = client->newer;
	if (client->newer == NULL)
		list->newest = client->older;
	else
		client->newer->older = client->older;
	list->len--;
}

static struct guard_client *cut(struct guard *guard, struct guard_client *client)
{
	take_off(guard, client);
	client->cut_from = client->phase;
	add(guard, client, GUARD_CUT, client->since);
	return client;
}

/* ---- clients -------------------------------------------------------------------------------- */

static bool same_address(const struct guard_client *a, const struct guard_client *b)
{
	return a->has_address && b->has_address &&
	       memcmp(a->address, b->address, GUARD_ADDRESS_LEN) == 0;
}

static size_t live(const struct guard *guard)
{
	size_t len = 0;

	for (size_t phase = 0; phase < GUARD_CUT; phase++)
		len += guard->list[phase].len;
	return len;
}

static size_t live_of_address(const struct guard *guard, const struct guard_client *client)
{
	size_t len = 0;

	for (size_t phase = 0; phase < GUARD_CUT; phase++) {
		const struct guard_client *i = guard->list[phase].oldest;

		for (; i != NULL; i = i->newer)
			len += same_address(i, client) ? 1 : 0;
	}
	return len;
}

static bool is_young(const struct guard_client *client, double now)
{
	return client == NULL || now - client->since < GUARD_YOUNG_SECONDS;
}

bool guard_has_room(const struct guard *guard, double now)
{
	size_t clients = guard->limits.clients;
	size_t all = live(guard) + guard->list[GUARD_CUT].len;

	if (all >= clients + clients / GUARD_LEAVING + 1)
		return false;
	return live(guard) < clients || guard->list[GUARD_IDLE].len > 0 ||
	       !is_young(guard->list[GUARD_ASKING].oldest, now) ||
	       !is_young(guard->list[GUARD_TAKING].oldest, now);
}

/* Bytes a second. One that has not asked yet and takes what a TLS handshake sends is better than
 * one that takes nothing, however short it has been there. */
static double pace_of(const struct guard *guard, const struct guard_client *client, double now)
{
	double seconds = now - client->since;

	if (seconds < GUARD_JUDGED_SECONDS && client->phase == GUARD_TAKING)
		return (double)INFINITY;
	seconds = fmax(seconds, GUARD_JUDGED_SECONDS);
	return (double)(guard->limits.taken(client) - client->taken) / seconds;
}

/* Takes the older one of both, which are the next of two lists. */
static struct guard_client *take_older(struct guard_client **a, struct guard_client **b)
{
	struct guard_client **from =
		*b == NULL || (*a != NULL && (*a)->since <= (*b)->since) ? a : b;
	struct guard_client *client = *from;

	if (client != NULL)
		*from = client->newer;
	return client;
}

/* `like`: only who has its address; NULL: anybody. */
static struct guard_client *slowest(const struct guard *guard, const struct guard_client *like,
				    double now)
{
	struct guard_client *asking = guard->list[GUARD_ASKING].oldest;
	struct guard_client *taking = guard->list[GUARD_TAKING].oldest;
	struct guard_client *found = NULL;
	struct guard_client *client;
	double least = 0;
	size_t seen = 0;

	while (seen < GUARD_LOOK && !is_young(client = take_older(&asking, &taking), now)) {
		double pace;

		if (like != NULL && !same_address(client, like))
			continue;
		pace = pace_of(guard, client, now);
		if (found == NULL || pace < least) {
			found = client;
			least = pace;
		}
		seen++;
	}
	return found;
}

static struct guard_client *make_room(struct guard *guard, const struct guard_client *like,
				      double now)
{
	struct guard_client *client = guard->list[GUARD_IDLE].oldest;

	while (client != NULL && like != NULL && !same_address(client, like))
		client = client->newer;
	if (client == NULL)
		client = slowest(guard, like, now);
	return client == NULL ? NULL : cut(guard, client);
}

void guard_enter(struct guard *guard, struct guard_client *client, double now)
{
	add(guard, client, GUARD_ASKING, now);
}

struct guard_client *guard_crowded(struct guard *guard, const struct guard_client *client,
				   double now)
{
	size_t share = guard->limits.clients_of_address;
	struct guard_client *named = NULL;

	/* Nobody's address can have more than its share while there are fewer clients than that. */
	if (live(guard) > share && live_of_address(guard, client) > share)
		named = make_room(guard, client, now);
	return named == NULL ? guard_surplus(guard, now) : named;
}

struct guard_client *guard_surplus(struct guard *guard, double now)
{
	return live(guard) > guard->limits.clients ? make_room(guard, NULL, now) : NULL;
}

struct guard_client *guard_relieve(struct guard *guard, double now)
{
	return make_room(guard, NULL, now);
}

/* What the phase that ends has cost it of its time for answers. */
static void account(struct guard_client *client, double now)
{
	double seconds = now - client->since;

	if (client->phase == GUARD_IDLE && seconds >= GUARD_REST_SECONDS)
		client->spent = 0;
	if (client->phase == GUARD_TAKING && seconds - client->spent >= GUARD_PROMPT_SECONDS)
		client->spent = seconds;
}

void guard_move(struct guard *guard, struct guard_client *client, enum guard_phase phase,
		double now)
{
	if (phase == GUARD_IDLE)
		client->answer = NULL;
	if (client->phase == GUARD_CUT)
		return;
	account(client, now);
	take_off(guard, client);
	if (phase == GUARD_TAKING && client->spent <= 0)
		client->taken = guard->limits.taken(client);
	add(guard, client, phase, phase == GUARD_TAKING ? now - client->spent : now);
}

void guard_leave(struct guard *guard, struct guard_client *client)
{
	take_off(guard, client);
}

struct guard_client *guard_overdue(struct guard *guard, double now)
{
	for (size_t phase = 0; phase < GUARD_CUT; phase++) {
		struct guard_client *client = guard->list[phase].oldest;

		if (client != NULL && now >= client->since + guard->limits.seconds[phase])
			return cut(guard, client);
	}
	return NULL;
}

double guard_next(const struct guard *guard)
{
	double next = (double)INFINITY;

	for (size_t phase = 0; phase < GUARD_CUT; phase++) {
		const struct guard_client *client = guard->list[phase].oldest;

		if (client != NULL)
			next = fmin(next, client->since + guard->limits.seconds[phase]);
	}
	return next;
}

size_t guard_busy(const struct guard *guard)
{
	return guard->list[GUARD_WAITING].len + guard->list[GUARD_TAKING].len;
}

/* ---- answers -------------------------------------------------------------------------------- */

void guard_hold(struct guard *guard, struct guard_answer *answer, size_t bytes)
{
	*answer = (struct guard_answer){.older = guard->newest, .bytes = bytes};
	if (guard->newest == NULL)
		guard->oldest = answer;
	else
		guard->newest->newer = answer;
	guard->newest = answer;
	guard->bytes += bytes;
}

void guard_drop(struct guard *guard, struct guard_answer *answer)
{
	if (answer->older == NULL)
		guard->oldest = answer->newer;
	else
		answer->older->newer = answer->newer;
	if (answer->newer == NULL)
		guard->newest = answer->older;
	else
		answer->newer->older = answer->older;
	if (!answer->given_up)
		guard->bytes -= answer->bytes;
}

static struct guard_client *reader_of(const struct guard *guard, const struct guard_answer *answer)
{
	static const enum guard_phase reading[] = {GUARD_TAKING, GUARD_WAITING};

	for (size_t i = 0; i < ARRAY_LEN(reading); i++) {
		struct guard_client *client = guard->list[reading[i]].oldest;

		for (; client != NULL; client = client->newer) {
			if (client->answer == answer)
				return client;
		}
	}
	return NULL;
}

struct guard_client *guard_overweight(struct guard *guard)
{
	for (struct guard_answer *i = guard->oldest; i != NULL && i != guard->newest;
	     i = i->newer) {
		struct guard_client *client;

		if (i->given_up)
			continue;
		/* Nothing newer has been given up either: they go in their order. */
		if (guard->bytes - guard->newest->bytes <= guard->limits.bytes)
			return NULL;
		client = reader_of(guard, i);
		if (client != NULL)
			return cut(guard, client);
		i->given_up = true;
		guard->bytes -= i->bytes;
	}
	return NULL;
}
