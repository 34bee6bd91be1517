/* SPDX-License-Identifier: MIT */
/*
 * story.h - what -v adds to check_connections: the ledger as a table, the queues, and each finding
 * with its evidence and what to do. Plain lines of at most NAGIOS_WIDTH characters. Pure.
 *
 *     held by          connections  what it means
 *     keepalive                 30  Idle clients between two requests, ...
 *     phantom                   16  Connections that nginx counts and ...
 *     total                     46
 */
#ifndef CONNLEDGER_NAGIOS_STORY_H
#define CONNLEDGER_NAGIOS_STORY_H

#include "settings.h"

enum {
	/* Nagios' web pages and passive results carry 8192 bytes, the first line among them. */
	NAGIOS_STORY_MAX = 7000,
	NAGIOS_QUEUES_MAX = 16, /* listed one by one */
};

/* Adds the whole story; about NAGIOS_STORY_MAX characters at most. */
void nagios_story(const struct nagios_settings *settings, const struct scrape *scrape,
		  struct buf *out) NONNULL;

/* Adds how the ledger was made: what was asked for, samples, processes. */
void nagios_story_details(const struct nagios_settings *settings, const struct scrape *scrape,
			  struct buf *out) NONNULL;

#endif
