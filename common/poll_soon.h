/* SPDX-License-Identifier: MIT */
/*
 * poll_soon.h - poll() for something that is expected at once. A processor that falls asleep takes
 * longer to wake, on a virtual machine above all, than a server beside it takes to answer. Where
 * this thread has one processor only, the server could not run meanwhile: there it sleeps.
 */
#ifndef CONNLEDGER_POLL_SOON_H
#define CONNLEDGER_POLL_SOON_H

#include <poll.h>

#include "compiler.h"

/* poll(), which looks again and again, and lets others run meanwhile, before it sleeps. What that
 * takes is taken off `*seconds`; when they are used up, or 0, it sleeps at once. `timeout_ms` holds
 * for both together. Returns and fails as poll() does. */
int poll_soon(struct pollfd *fd, nfds_t len, int timeout_ms, double *seconds) NONNULL_ARGS(4);

#endif
