/* SPDX-License-Identifier: MIT */
/* proc_file.h - one small file of /proc, read whole. */
#ifndef CONNLEDGER_PROC_FILE_H
#define CONNLEDGER_PROC_FILE_H

#include "str.h"

enum { PROC_PATH_MAX = 512 };

/* Reads PROC/PID/NAME (pid 0: PROC/self/NAME), at most `max` bytes, into `buffer`. What does not
 * fit is cut off. The empty slice when it cannot be read: the process is gone, or not ours to see.
 */
struct str proc_file_read(const char *proc, uint32_t pid, const char *name, char *buffer,
			  size_t max) NONNULL;

/* The same for a file that the kernel hands over at one go (comm, stat): a single read. */
struct str proc_line_read(const char *proc, uint32_t pid, const char *name, char *buffer,
			  size_t max) NONNULL;

#endif
