/* SPDX-License-Identifier: MIT */
/*
 * app_load.h - how busy the application behind nginx is, out of one scrape: what uWSGI tells and,
 * where it can be asked, what the kernel knows of its listen queues. Pure.
 */
#ifndef CONNLEDGER_APP_LOAD_H
#define CONNLEDGER_APP_LOAD_H

#include "ledger.h"

struct scrape;

/* The fullest of `list` (struct backlog): the one closest to its limit; of those without a known
 * limit the longest. NULL when there is none with a known length. */
const struct backlog *backlog_fullest(const struct list *list) NONNULL;

/* The fullest listen queue of the application: the kernel's number, else uWSGI's own, which does
 * not know unix sockets. The name is borrowed from the scrape. False when nobody can tell. */
bool app_queue(const struct scrape *scrape, struct backlog *ret) MUST_CHECK NONNULL;

/* How many requests no worker has taken, in all queues, as surely as anybody can tell: at least. */
double app_queued(const struct scrape *scrape) NONNULL;

/* Whether every core is in a request, and uWSGI has no worker left that it could start. False when
 * uWSGI did not answer. */
bool app_is_busy(const struct scrape *scrape) NONNULL;

#endif
