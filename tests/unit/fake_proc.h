/* SPDX-License-Identifier: MIT */
/* fake_proc.h - a tree like /proc in a temporary folder, for tests. Whatever fails ends the
 * program.
 */
#ifndef CONNLEDGER_TESTS_FAKE_PROC_H
#define CONNLEDGER_TESTS_FAKE_PROC_H

#include <stdint.h>

#include "compiler.h"

struct fake_proc {
	char dir[200];
};

/* An empty tree. */
void fake_proc_make(struct fake_proc *proc) NONNULL;
/* Removes it with all that is in it. */
void fake_proc_remove(struct fake_proc *proc) NONNULL;

/* A file, "12/net/tcp", with the folders above it. */
void fake_proc_file(const struct fake_proc *proc, const char *name, const char *text) NONNULL;
void fake_proc_bytes(const struct fake_proc *proc, const char *name, const char *bytes,
		     size_t len) NONNULL;
/* A second name for a file. */
void fake_proc_link(const struct fake_proc *proc, const char *name, const char *again) NONNULL;
/* A folder; gives its inode. */
uint64_t fake_proc_folder(const struct fake_proc *proc, const char *name) NONNULL;

/* A process: its comm, cmdline (`title`, with NUL bytes behind it) and stat. `ticks` is its start.
 */
void fake_proc_process(const struct fake_proc *proc, unsigned pid, unsigned ppid, const char *comm,
		       const char *title, uint64_t ticks) NONNULL;
/* A descriptor that is a socket. */
void fake_proc_socket(const struct fake_proc *proc, unsigned pid, unsigned fd,
		      uint32_t inode) NONNULL;

#endif
