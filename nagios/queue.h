/* SPDX-License-Identifier: MIT */
/*
 * queue.h - the listen queues of uWSGI as they truly are. uWSGI cannot see that of a unix socket,
 * and looks at the others once a second; the kernel of its host knows all of them now. Pure.
 */
#ifndef CONNLEDGER_NAGIOS_QUEUE_H
#define CONNLEDGER_NAGIOS_QUEUE_H

#include "scrape.h"

/* Takes the queues in scrape->totals out of what the kernel said (scrape->ledger.sockets) for
 * servers of this host, and out of what uWSGI said for all others; and how many a full queue turned
 * away if one of them is of TCP and on this host. Fills `why` when there is a queue that nobody
 * could see, or of which nobody knows how many it turned away. */
void nagios_queue_settle(struct scrape *scrape, struct err *why) NONNULL;

#endif
