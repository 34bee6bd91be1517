/* SPDX-License-Identifier: MIT */
/* listeners_search.c - targets, descriptors, cgroups, ports; see listeners_search.h. */
#include "listeners_search.h"

#include "numbers.h"

#include <sys/stat.h>

enum { NGINX_BACKLOG = 511 }; /* what nginx asks for unless told */

/* ---- targets --------------------------------------------------------------------------------- */

static bool is_v4(const struct endpoint *endpoint)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	return memcmp(endpoint->address, mapped, sizeof(mapped)) == 0;
}

/* How well a socket matches `at`, as the kernel would choose: 0 is not at all. */
static unsigned match(const struct listener *one, const struct endpoint *at)
{
	bool crosses = !is_v4(&one->at) && is_v4(at);

	if (!endpoint_covers(&one->at, at) || (crosses && one->v6_only))
		return 0;
	if (endpoint_equal(&one->at, at))
		return 3;
	return crosses ? 1 : 2;
}

/* How well it matches a unix socket's path, or what came in at `at`. Either may be NULL. */
static unsigned match_place(const struct listener *one, const char *path, const struct endpoint *at)
{
	if (one->kind == LISTENER_UNIX)
		return path != NULL && strcmp(one->path, path) == 0;
	if (one->kind == LISTENER_UDP || at == NULL)
		return 0;
	return match(one, at);
}

static unsigned match_target(const struct listeners_search *search, const struct listener *one)
{
	return match_place(one, search->question->path, search->has_at ? &search->at : NULL);
}

static bool is_named(const struct listeners_search *search, const struct listener *one)
{
	for (size_t i = 0; i < search->question->port_len; i++) {
		if (one->kind != LISTENER_UNIX && one->at.port == search->question->port[i])
			return true;
	}
	for (size_t i = 0; i < search->question->listen_path_len; i++) {
		if (one->kind == LISTENER_UNIX &&
		    strcmp(one->path, search->question->listen_path[i]) == 0)
			return true;
	}
	return false;
}

bool search_mark_targets(struct listeners_search *search)
{
	const struct listeners *all = &search->all;
	unsigned best = 0;
	bool any = false;

	for (size_t i = 0; i < all->len; i++) {
		unsigned one = match_target(search, &all->item[i]);

		best = one > best ? one : best;
	}
	for (size_t i = 0; i < all->len; i++) {
		const struct listener *one = &all->item[i];

		search->is_target[i] = best > 0
					       ? match_target(search, one) == best
					       : one->kind == LISTENER_TCP && is_named(search, one);
		any = any || search->is_target[i];
	}
	return any;
}

bool search_has_taken(const struct listeners_search *search, const char *path,
		      const struct endpoint *at)
{
	unsigned best = 0;
	bool all = true;

	for (size_t i = 0; i < search->all.len; i++) {
		unsigned one = match_place(&search->all.item[i], path, at);

		if (one > best)
			all = true;
		best = one > best ? one : best;
		if (one == best && one > 0)
			all = all && search->is_taken[i];
	}
	return best > 0 && all;
}

/* ---- descriptors ----------------------------------------------------------------------------- */

static bool holds(const struct listeners_search *search, size_t len, const struct listener *one)
{
	return one->inode != 0 && numbers_have(search->inode, len, one->inode);
}

static bool holds_target(const struct listeners_search *search, size_t len)
{
	for (size_t i = 0; i < search->all.len; i++) {
		if (search->is_target[i] && holds(search, len, &search->all.item[i]))
			return true;
	}
	return false;
}

static bool is_in_network(const struct listeners_search *search, uint32_t pid)
{
	return search->network == 0 || process_network(search->proc, pid) == search->network;
}

/* Whether a process of this master may have accepted our connection: it would be the process's
 * user's. */
static bool may_serve(const struct listeners_search *search, const struct process *master)
{
	if (!search->has_uid)
		return true;
	for (size_t i = 0; i < search->nginx.len; i++) {
		const struct process *one = &search->nginx.item[i];
		bool is_child = one->ppid == master->pid &&
				(one->role == PROCESS_WORKER || one->role == PROCESS_DRAINING);
		uint32_t uid;

		if ((is_child || (one->pid == master->pid && one->is_single)) &&
		    process_uid(search->proc, one->pid, &uid) && uid == search->uid)
			return true;
	}
	return false;
}

static enum standing look_at(struct listeners_search *search, const struct process *process)
{
	size_t len;

	if (process->role != PROCESS_MASTER)
		return STANDING_OTHER;
	if (!is_in_network(search, process->pid))
		return STANDING_AWAY;
	if (!process_socket_inodes(search->proc, process->pid, search->inode, SOCKET_INODES_MAX,
				   &len))
		return may_serve(search, process) ? STANDING_HIDDEN : STANDING_NOT;
	if (!holds_target(search, len))
		return STANDING_NOT;
	for (size_t i = 0; i < search->all.len; i++) {
		if (holds(search, len, &search->all.item[i]))
			search->is_taken[i] = true;
	}
	return STANDING_OWNER;
}

bool search_by_fds(struct listeners_search *search)
{
	bool any = false;

	for (size_t i = 0; i < search->nginx.len; i++) {
		enum standing standing = look_at(search, &search->nginx.item[i]);

		search->standing[i] = (uint8_t)standing;
		any = any || standing == STANDING_OWNER;
	}
	return any;
}

/* ---- families -------------------------------------------------------------------------------- */

/* Whether the parent of process `i` is a master of this standing. */
static bool has_parent(const struct listeners_search *search, size_t i, enum standing standing)
{
	for (size_t k = 0; k < search->nginx.len; k++) {
		if (search->nginx.item[k].pid == search->nginx.item[i].ppid &&
		    search->standing[k] == standing)
			return true;
	}
	return false;
}

/* Whether masters of this standing are one family: a new binary's master is the old one's child. */
static bool is_one_family(const struct listeners_search *search, enum standing standing)
{
	size_t heads = 0;

	for (size_t i = 0; i < search->nginx.len; i++)
		heads += search->standing[i] == standing && !has_parent(search, i, standing);
	return heads == 1;
}

static void change(struct listeners_search *search, enum standing from, enum standing to)
{
	for (size_t i = 0; i < search->nginx.len; i++) {
		if (search->standing[i] == from)
			search->standing[i] = (uint8_t)to;
	}
}

/* ---- cgroups --------------------------------------------------------------------------------- */

static const struct listener *first_target(const struct listeners_search *search)
{
	for (size_t i = 0; i < search->all.len; i++) {
		if (search->is_target[i])
			return &search->all.item[i];
	}
	return NULL;
}

/* Makes the hidden masters owners whose cgroup is the target's, if they are one family. `ret` is
 * that cgroup. */
static bool own_by_cgroup(struct listeners_search *search, struct cgroup *ret)
{
	const struct listener *target = first_target(search);
	bool any = false;

	if (target == NULL || target->cgroup == 0)
		return false;
	for (size_t i = 0; i < search->nginx.len; i++) {
		struct cgroup one;

		if (search->standing[i] != STANDING_HIDDEN)
			continue;
		cgroup_of(&one, search->proc, search->nginx.item[i].pid);
		if (one.id != target->cgroup)
			continue;
		search->standing[i] = STANDING_OWNER;
		*ret = one;
		any = true;
	}
	if (any && !is_one_family(search, STANDING_OWNER)) {
		change(search, STANDING_OWNER, STANDING_HIDDEN);
		any = false;
	}
	return any;
}

static bool is_known(const struct listeners_search *search, const char *path)
{
	static const char *const system[] = {"/run/systemd/", "/run/dbus/", "/run/udev/"};

	for (size_t i = 0; i < ARRAY_LEN(system); i++) {
		if (str_starts(str_of(path), str_of(system[i])))
			return true;
	}
	for (size_t i = 0; i < search->question->other_path_len; i++) {
		if (strcmp(search->question->other_path[i], path) == 0)
			return true;
	}
	return path[0] == '@'; /* nginx has no abstract ones */
}

/* Whether a backlog is one that this nginx asks for: it may be cut off by net.core.somaxconn. */
static bool is_nginx_backlog(const struct listeners_search *search, uint32_t limit)
{
	if (limit == NGINX_BACKLOG || limit == 0)
		return true;
	for (size_t i = 0; i < search->all.len; i++) {
		if (search->is_taken[i] && search->all.item[i].limit == limit)
			return true;
	}
	return false;
}

/* nginx's unix sockets belong to the user of its other ones, and all may write to them. */
static bool is_suspect(const struct listeners_search *search, const struct listener *one,
		       const struct listener *target)
{
	enum { ALL_MAY = S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH };
	struct stat info;

	if (one->kind != LISTENER_UNIX || is_known(search, one->path) ||
	    (one->has_uid && one->uid != target->uid) || !is_nginx_backlog(search, one->limit))
		return false;
	return stat(one->path, &info) != 0 ||
	       (S_ISSOCK(info.st_mode) && (info.st_mode & ALL_MAY) == ALL_MAY);
}

bool search_by_cgroup(struct listeners_search *search, const char **suspect)
{
	const struct listener *target = first_target(search);
	struct cgroup cgroup;

	*suspect = NULL;
	if (target == NULL || !own_by_cgroup(search, &cgroup))
		return false;
	if (!cgroup_is_own(&cgroup, search->proc, &search->nginx)) {
		change(search, STANDING_OWNER, STANDING_HIDDEN);
		return false;
	}
	for (size_t i = 0; i < search->all.len; i++) {
		const struct listener *one = &search->all.item[i];

		search->is_taken[i] = search->is_target[i] || one->cgroup == cgroup.id;
	}
	for (size_t i = 0; i < search->all.len && *suspect == NULL; i++) {
		if (!search->is_taken[i] && is_suspect(search, &search->all.item[i], target))
			*suspect = search->all.item[i].path;
	}
	return true;
}

/* ---- ports ----------------------------------------------------------------------------------- */

/* Whether it listens at the port of a target and is of the same origin as far as that is known: a
 * server that listens at 0.0.0.0:80 listens at [::]:80 too, as a rule. */
static bool is_sibling(const struct listeners_search *search, const struct listener *one)
{
	for (size_t i = 0; i < search->all.len; i++) {
		const struct listener *target = &search->all.item[i];

		if (search->is_target[i] && target->kind == LISTENER_TCP &&
		    one->kind != LISTENER_UNIX && target->at.port == one->at.port &&
		    target->uid == one->uid && target->cgroup == one->cgroup)
			return true;
	}
	return false;
}

void search_by_ports(struct listeners_search *search)
{
	for (size_t i = 0; i < search->all.len; i++) {
		const struct listener *one = &search->all.item[i];

		search->is_taken[i] =
			search->is_target[i] || is_named(search, one) || is_sibling(search, one);
	}
}

void search_guess_owner(struct listeners_search *search)
{
	struct cgroup cgroup;

	if (own_by_cgroup(search, &cgroup))
		return;
	if (is_one_family(search, STANDING_HIDDEN))
		change(search, STANDING_HIDDEN, STANDING_OWNER);
}
