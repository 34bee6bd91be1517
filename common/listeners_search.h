/* SPDX-License-Identifier: MIT */
/*
 * listeners_search.h - the state of one listeners_find(), and its parts: who holds the socket that
 * the status page was read from, and what else that one holds. Only listeners*.c use it.
 */
#ifndef CONNLEDGER_LISTENERS_SEARCH_H
#define CONNLEDGER_LISTENERS_SEARCH_H

#include "cgroup.h"
#include "listeners.h"

/* What is known of a process in struct listeners_search.nginx. */
enum standing {
	STANDING_OTHER,  /* no master */
	STANDING_AWAY,   /* a master in another network namespace */
	STANDING_HIDDEN, /* a master whose files this user may not see */
	STANDING_NOT,    /* a master that does not hold the target */
	STANDING_OWNER,  /* a master of the site's nginx */
};

enum { SOCKET_INODES_MAX = 16384 /* of one master */ };

struct listeners_search {
	const char *proc;
	const struct listeners_question *question;
	bool has_at;
	struct endpoint at; /* nginx's end of our connection, as its own network has it */
	bool has_uid;
	uint32_t uid;         /* of the process that accepted our connection */
	uint64_t network;     /* of nginx; 0: not known */
	struct listeners all; /* of that network */
	bool *is_target;      /* of each in `all`: the status page may have come from it */
	bool *is_taken;       /* of each in `all`: it is nginx's */
	struct processes nginx;
	uint8_t standing[PROCESSES_MAX]; /* of each in `nginx`: enum standing */
	uint32_t *inode;                 /* room for SOCKET_INODES_MAX */
};

/* Sets `is_target`: those at the best match of `at`, or of the path; where there is none, those at
 * the user's ports. Pure. False when it is none at all. */
bool search_mark_targets(struct listeners_search *search) MUST_CHECK NONNULL;

/* Whether all that may have taken what came in there are taken, and there is one: at a unix socket
 * (`path`), or at nginx's end `at` of a connection. Pure. */
bool search_has_taken(const struct listeners_search *search, const char *path,
		      const struct endpoint *at) MUST_CHECK NONNULL_ARGS(1);

/* Sets `standing` of each process from its files, and `is_taken` of what the owners hold. False
 * when there is no owner. */
bool search_by_fds(struct listeners_search *search) MUST_CHECK NONNULL;

/* The same from cgroups: all sockets of the target's cgroup, if that is nginx's alone. A unix
 * socket tells no cgroup: `*suspect` is one that may be nginx's all the same, or NULL. */
bool search_by_cgroup(struct listeners_search *search, const char **suspect) MUST_CHECK NONNULL;

/* Takes the targets, and what listens at their ports and the user's. */
void search_by_ports(struct listeners_search *search) NONNULL;

/* Makes the hidden masters owners that are the site's beyond doubt, if there are any: the only
 * family in the target's cgroup, or the only one at all. */
void search_guess_owner(struct listeners_search *search) NONNULL;

/* The numbers of the owners and their workers, and these themselves: `search` has none then. */
void search_count_processes(struct listeners_search *search, struct nginx_host *ret) NONNULL;

#endif
