/* SPDX-License-Identifier: MIT */
/* resolve_names.c - who is looked up, who waits; see resolve_names.h. */
#include "resolve_names.h"

#include <math.h>

#include "transport.h"

struct resolve_name {
	struct resolve_name *next;
	struct resolve_name *same; /* the next one with the same hash */
	struct resolver *resolver;
	struct resolve *resolve;
	bool has_begun;
	bool has_ended; /* and those who step know it */
	bool is_known;  /* it has been looked up before ... */
	bool is_old;    /* ... and that answer is to be used */
	double asked;   /* CLOCK_MONOTONIC seconds */
	struct err err; /* why it could not begin */
};

void resolve_names_init(struct resolve_names *names, struct resolver *resolver)
{
	*names = (struct resolve_names){.resolver = resolver, .end = &names->first};
}

void resolve_names_free(struct resolve_names *names)
{
	while (names->first != NULL) {
		struct resolve_name *next = names->first->next;

		resolve_free(names->first->resolve);
		free(names->first);
		names->first = next;
	}
	resolve_names_init(names, names->resolver);
}

bool resolve_name_ready(const struct resolve_name *name)
{
	return name->is_old || name->err.kind != ERR_NONE || resolve_ready(name->resolve);
}

bool resolve_name_begun(const struct resolve_name *name)
{
	return name->has_begun;
}

/* ---- turns ----------------------------------------------------------------------------------- */

static double patience_end(const struct resolve_name *name)
{
	return name->asked + RESOLVE_PATIENCE_MS / 1e3;
}

/* Whoever waits for it is to look. */
static void settle(struct resolve_names *names, struct resolve_name *name)
{
	name->is_old = name->is_known;
	name->has_ended = true;
	names->has_failed = true;
}

/* Whether others may begin after it. */
static bool begin(struct resolve_names *names, struct resolve_name *name)
{
	switch (resolver_begin(names->resolver, &name->resolve, &name->err)) {
	case RESOLVER_BEGUN:
		name->has_begun = true;
		names->running++;
		return true;
	case RESOLVER_BUSY:
		return false;
	case RESOLVER_HANG:
		if (!name->is_known)
			(void)err_set(&name->err, ERR_RESOLVE,
				      "%.80s is not looked up: %d look-ups of other names hang "
				      "already; does the name server answer?",
				      resolve_host(name->resolve), RESOLVER_LOOKUPS_MAX);
		break;
	case RESOLVER_FAILED:
		break;
	}
	settle(names, name);
	return true;
}

static void begin_some(struct resolve_names *names)
{
	double now;

	for (; names->next != NULL; names->next = names->next->next) {
		if (!resolve_name_ready(names->next) && !begin(names, names->next))
			break;
	}
	now = names->next != NULL ? clock_now(CLOCK_MONOTONIC) : 0;
	/* Those that wait for a turn need not have one. */
	for (struct resolve_name *i = names->next; i != NULL; i = i->next) {
		if (i->is_known && !i->is_old && patience_end(i) <= now)
			settle(names, i);
	}
}

/* ---- for others ------------------------------------------------------------------------------ */

/* The name that looks for the same, or a new one. NULL when memory is out. */
static struct resolve_name *find_or_add(struct resolve_names *names, struct resolve *resolve)
{
	struct resolve_name **slot = &names->slot[resolve_hash(resolve) % RESOLVE_NAMES_SLOTS];
	struct resolve_address address;
	struct resolve_name *name = *slot;

	while (name != NULL &&
	       !resolve_is_for(name->resolve, resolve_host(resolve), resolve_ip(resolve)))
		name = name->same;
	if (name == NULL)
		name = calloc(1, sizeof(*name));
	if (name == NULL || name->resolve != NULL) {
		resolve_free(resolve);
		return name;
	}
	name->resolver = names->resolver;
	name->resolve = resolve;
	name->asked = clock_now(CLOCK_MONOTONIC);
	name->is_known = !resolve_ready(resolve) &&
			 resolver_known(names->resolver, resolve, 0, &address, 1) > 0;
	name->same = *slot;
	*slot = name;
	*names->end = name;
	names->end = &name->next;
	if (names->next == NULL)
		names->next = name;
	return name;
}

struct resolve_name *resolve_names_ask(struct resolve_names *names, const char *host,
				       enum fetch_ip ip, struct err *err)
{
	struct resolve *resolve = names->resolver == NULL ? NULL : resolve_new(host, ip, err);
	struct resolve_name *name = resolve == NULL ? NULL : find_or_add(names, resolve);

	if (name == NULL)
		err_set(err, ERR_MEMORY, "out of memory");
	else
		begin_some(names);
	return name;
}

void resolve_names_step(struct resolve_names *names)
{
	double now;

	names->has_failed = false;
	if (names->running > 0) {
		now = clock_now(CLOCK_MONOTONIC);
		resolver_tidy(names->resolver);
		for (struct resolve_name *i = names->first; i != names->next; i = i->next) {
			if (!i->has_begun || i->has_ended)
				continue;
			i->is_old =
				i->is_known && !resolve_ready(i->resolve) && patience_end(i) <= now;
			if (resolve_name_ready(i)) {
				i->has_ended = true;
				names->running--;
			}
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
	double first = HUGE_VAL;

	if (names->has_failed)
		return 0;
	if (names->next != NULL)
		return RESOLVE_AGAIN_MS;
	for (const struct resolve_name *i = names->first; i != NULL && names->running > 0;
	     i = i->next) {
		if (i->has_begun && !i->has_ended && i->is_known)
			first = fmin(first, patience_end(i));
	}
	return isinf(first) ? -1 : fetch_ms_until(first);
}

size_t resolve_name_answer(const struct resolve_name *name, uint16_t port,
			   struct resolve_address *ret, size_t max, struct err *err)
{
	size_t len = 0;

	if (name->is_old && !resolve_ready(name->resolve))
		len = resolver_known(name->resolver, name->resolve, port, ret, max);
	if (len > 0)
		return len;
	if (name->err.kind != ERR_NONE) {
		err_set(err, name->err.kind, "%s", name->err.text);
		return 0;
	}
	if (resolve_ready(name->resolve))
		return resolve_answer(name->resolve, port, ret, max, err);
	err_set(err, ERR_RESOLVE, "cannot resolve %.80s", resolve_host(name->resolve));
	return 0;
}
