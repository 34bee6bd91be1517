/* SPDX-License-Identifier: MIT */
/* self_process.h - what /proc/self says of this process, as the client libraries of Prometheus
 * count it. */
#ifndef CONNLEDGER_EXPORTER_SELF_PROCESS_H
#define CONNLEDGER_EXPORTER_SELF_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler.h"

struct self_process {
	double cpu_seconds;      /* of all threads, in user and kernel mode */
	bool known;              /* /proc/self/statm was read: the next two */
	uint64_t resident_bytes; /* shared pages included */
	uint64_t virtual_bytes;
	uint64_t virtual_max; /* soft limit; UINT64_MAX: none */
	uint64_t open_fds;    /* 0: not known */
	uint64_t max_fds;     /* soft limit; UINT64_MAX: none */
};

void self_process_read(struct self_process *ret) NONNULL;

/* Unix seconds when this process began; 0 when /proc does not say. */
double self_process_started(void);

#endif
