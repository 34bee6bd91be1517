/* SPDX-License-Identifier: MIT */
/* nearby.c - which servers the kernel shows; see nearby.h. */
#include "nearby.h"

#include "cgroup.h"
#include "sockets.h"

enum { INODES_MAX = 4096 };

struct search {
	struct nearby *nearby;
	const char *proc;
	struct listeners all;
	struct processes nginx;
	uint32_t *inode; /* room for INODES_MAX */
};

bool nearby_is_stats(const char *path)
{
	return strstr(path, "uwsgi") != NULL && strstr(path, "stats") != NULL;
}

/* ---- nginx ----------------------------------------------------------------------------------- */

static bool has_inode(const struct search *search, size_t len, uint32_t inode)
{
	for (size_t i = 0; i < len; i++) {
		if (search->inode[i] == inode)
			return true;
	}
	return false;
}

/* A socket that two masters hold (a binary upgrade) is taken once. */
static void add_port(struct nearby *nearby, const struct endpoint *at, uint32_t master)
{
	for (size_t i = 0; i < nearby->port_len; i++) {
		if (endpoint_equal(&nearby->port[i].at, at))
			return;
	}
	if (nearby->port_len < NEARBY_PORTS_MAX)
		nearby->port[nearby->port_len++] = (struct nearby_port){*at, master};
}

/* Root's nginx shows its files to root only; its cgroup it shows to all. */
static void add_master(struct search *search, uint32_t pid)
{
	struct cgroup cgroup = {.id = 0};
	size_t len = 0;
	bool open = process_socket_inodes(search->proc, pid, search->inode, INODES_MAX, &len);

	if (!open)
		cgroup_of(&cgroup, search->proc, pid);
	if (cgroup.id != 0 && !cgroup_is_own(&cgroup, search->proc, &search->nginx))
		return;
	for (size_t i = 0; i < search->all.len; i++) {
		const struct listener *one = &search->all.item[i];
		bool is_own = open ? has_inode(search, len, one->inode)
				   : cgroup.id != 0 && one->cgroup == cgroup.id;

		if (one->kind == LISTENER_TCP && is_own)
			add_port(search->nearby, &one->at, pid);
	}
}

static int compare(const void *a, const void *b)
{
	const struct nearby_port *first = a;
	const struct nearby_port *second = b;

	if (first->at.port != second->at.port)
		return first->at.port < second->at.port ? -1 : 1;
	return endpoint_compare(&first->at, &second->at);
}

static void add_ports(struct search *search)
{
	struct err ignored = {0};

	if (!processes_find(&search->nginx, search->proc, PROCESS_EVERYWHERE, 0, &ignored))
		return;
	for (size_t i = 0; i < search->nginx.len; i++) {
		const struct process *one = &search->nginx.item[i];

		/* One of another network has no socket among ours. */
		if (one->role == PROCESS_MASTER)
			add_master(search, one->pid);
	}
	qsort(search->nearby->port, search->nearby->port_len, sizeof(search->nearby->port[0]),
	      compare);
}

/* ---- uWSGI ----------------------------------------------------------------------------------- */

static void add_paths(struct search *search)
{
	struct nearby *nearby = search->nearby;

	for (size_t i = 0; i < search->all.len && nearby->path_len < NEARBY_PATHS_MAX; i++) {
		const struct listener *one = &search->all.item[i];

		if (one->kind != LISTENER_UNIX || !nearby_is_stats(one->path))
			continue;
		memcpy(nearby->path[nearby->path_len++], one->path, sizeof(nearby->path[0]));
	}
}

void munin_nearby(struct nearby *nearby, const char *proc)
{
	struct search search = {.nearby = nearby, .proc = proc};
	struct sockets_reader reader;
	struct err ignored = {0};

	*nearby = (struct nearby){.port_len = 0};
	search.inode = malloc(INODES_MAX * sizeof(*search.inode));
	if (search.inode != NULL && sockets_open(&reader, 0, false, &ignored)) {
		if (sockets_listening(&reader, &search.all, &ignored)) {
			add_ports(&search);
			add_paths(&search);
		}
		sockets_close(&reader);
	}
	processes_free(&search.nginx);
	listeners_free(&search.all);
	free(search.inode);
}
