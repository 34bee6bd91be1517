/* SPDX-License-Identifier: MIT */
/* resolve_names.c - who is looked up, who waits; see resolve_names.h. */
#include "resolve_names.h"

#include <math.h>

#include "transport.h"

struct resolve_name {
	struct resolve_name *next;
	struct resolve_name *same; /* the next one with the same hash */
	struct resolve *resolve;
	bool has_begun;
	bool has_ended; /* and those who step know it */
	double began;   /* CLOCK_MONOTONIC seconds */
	struct err err; /* why it could not begin */
	enum fetch_ip ip;
	char host[];
};

void resolve_names_init(struct resolve_names *names)
{
	*names = (struct resolve_names){.end = &names->first};
}

void resolve_names_free(struct resolve_names *names)
{
	while (names->first != NULL) {
		struct resolve_name *next = names->first->next;

		resolve_free(names->first->resolve);
		free(names->first);
		names->first = next;
	}
	resolve_names_init(names);
}

bool resolve_name_ready(const struct resolve_name *name)
{
	return name->err.kind != ERR_NONE || resolve_ready(name->resolve);
}

/* How many lookups have begun lately, and when the first of them is no longer counted. */
static size_t count_young(const struct resolve_names *names, double *grown)
{
	double now = clock_now(CLOCK_MONOTONIC);
	size_t len = 0;

	*grown = HUGE_VAL;
	for (const struct resolve_name *i = names->first; i != names->next; i = i->next) {
		double end = i->began + RESOLVE_YOUNG_MS / 1e3;

		if (i->has_begun && !i->has_ended && end > now) {
			len++;
			*grown = fmin(*grown, end);
		}
	}
	return len;
}

static void begin_some(struct resolve_names *names)
{
	size_t young = 0;
	double grown;

	if (names->running > 0 && names->next != NULL)
		young = count_young(names, &grown);
	for (struct resolve_name *name = names->next; name != NULL; name = name->next) {
		if (!resolve_name_ready(name)) {
			if (names->running == RESOLVE_THREADS_MAX || young == RESOLVE_AT_ONCE)
				return;
			name->has_begun = resolve_begin(name->resolve, &name->err);
			name->began = clock_now(CLOCK_MONOTONIC);
			names->has_failed = names->has_failed || !name->has_begun;
			names->running += name->has_begun ? 1 : 0;
			young += name->has_begun ? 1 : 0;
		}
		names->next = name->next;
	}
}

static size_t hash(const char *host)
{
	uint32_t sum = 2166136261u; /* FNV-1a */

	for (; *host != '\0'; host++)
		sum = (sum ^ (unsigned char)*host) * 16777619u;
	return sum % RESOLVE_NAMES_SLOTS;
}

struct resolve_name *resolve_names_ask(struct resolve_names *names, const char *host,
				       enum fetch_ip ip, struct err *err)
{
	struct resolve_name **slot = &names->slot[hash(host)];
	struct resolve_name *name = *slot;
	size_t size = strlen(host) + 1;

	while (name != NULL && (name->ip != ip || strcmp(name->host, host) != 0))
		name = name->same;
	if (name != NULL)
		return name;
	name = calloc(1, sizeof(*name) + size);
	if (name != NULL)
		name->resolve = resolve_new(host, ip, err);
	if (name == NULL || name->resolve == NULL) {
		free(name);
		err_set(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	memcpy(name->host, host, size);
	name->ip = ip;
	name->same = *slot;
	*slot = name;
	*names->end = name;
	names->end = &name->next;
	if (names->next == NULL)
		names->next = name;
	begin_some(names);
	return name;
}

void resolve_names_step(struct resolve_names *names)
{
	names->has_failed = false;
	if (names->running == 0)
		return;
	for (struct resolve_name *i = names->first; i != names->next; i = i->next) {
		if (i->has_begun && !i->has_ended && resolve_name_ready(i)) {
			i->has_ended = true;
			names->running--;
		}
	}
	begin_some(names);
}

/* A lookup that has ended meanwhile has to wake who waits for it. */
size_t resolve_names_wait(const struct resolve_names *names, struct pollfd *fd, size_t fd_max)
{
	size_t len = 0;

	if (names->running == 0)
		return 0;
	for (const struct resolve_name *i = names->first; i != names->next && len < fd_max;
	     i = i->next) {
		if (i->has_begun && !i->has_ended)
			fd[len++] = (struct pollfd){.fd = resolve_fd(i->resolve), .events = POLLIN};
	}
	return len;
}

int resolve_names_timeout_ms(const struct resolve_names *names)
{
	double grown;

	if (names->has_failed)
		return 0;
	if (names->next == NULL || names->running == RESOLVE_THREADS_MAX)
		return -1;
	return count_young(names, &grown) == RESOLVE_AT_ONCE ? fetch_ms_until(grown) : 0;
}

size_t resolve_name_answer(const struct resolve_name *name, uint16_t port,
			   struct resolve_address *ret, size_t max, struct err *err)
{
	if (name->err.kind != ERR_NONE) {
		err_set(err, name->err.kind, "%s", name->err.text);
		return 0;
	}
	return resolve_answer(name->resolve, port, ret, max, err);
}
