/* SPDX-License-Identifier: MIT */
/* thread.h - threads and condition variables as the exporter wants them. */
#ifndef CONNLEDGER_EXPORTER_THREAD_H
#define CONNLEDGER_EXPORTER_THREAD_H

#include <pthread.h>
#include <stdbool.h>

#include "compiler.h"

enum {
	/* A parser's and, for https, libcurl's frames, several times over; glibc would map 8 MiB.
	 */
	EXPORTER_STACK_BYTES = 256 * 1024,
};

/* Starts a thread with EXPORTER_STACK_BYTES of stack. False when the system has none. */
bool exporter_thread(pthread_t *thread, void *(*work)(void *), void *arg) MUST_CHECK
	NONNULL_ARGS(1, 2);

/* A condition variable whose timed waits go by CLOCK_MONOTONIC. False when memory is out. */
bool exporter_cond_init(pthread_cond_t *cond) MUST_CHECK NONNULL;

#endif
