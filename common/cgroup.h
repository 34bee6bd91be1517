/* SPDX-License-Identifier: MIT */
/*
 * cgroup.h - the cgroup (version 2) of a process, whose id the kernel tells for each socket too: so
 * that a socket can be put down to a service without anybody's privilege.
 */
#ifndef CONNLEDGER_CGROUP_H
#define CONNLEDGER_CGROUP_H

#include "process.h"

enum { CGROUP_PATH_MAX = 4096 };

struct cgroup {
	uint64_t id;                  /* inode of its folder; 0: not known */
	char folder[CGROUP_PATH_MAX]; /* under the mounted cgroup2; "" when `id` is 0 */
};

/* The cgroup of process `pid`. `proc` is "/proc" (tests have their own): PROC/self/mounts says
 * where cgroups are mounted. */
void cgroup_of(struct cgroup *ret, const char *proc, uint32_t pid) NONNULL;

/* Whether all processes of the cgroup are nginx's: those in `nginx`, or ones that have the title of
 * one now. False when it cannot be told, a process of another namespace among them. */
bool cgroup_is_own(const struct cgroup *cgroup, const char *proc,
		   const struct processes *nginx) NONNULL;

#endif
