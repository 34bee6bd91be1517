/* SPDX-License-Identifier: MIT */
/*
 * proc_netstat.h - reads a counter out of /proc/net/netstat, which are those of a network
 * namespace. Pure: text in, number out. Each group has a line of names and one of numbers:
 *
 *     TcpExt: SyncookiesSent ListenOverflows ListenDrops
 *     TcpExt: 0 12 12
 */
#ifndef CONNLEDGER_PROC_NETSTAT_H
#define CONNLEDGER_PROC_NETSTAT_H

#include "str.h"

/* The number of that name in that group ("TcpExt", without the colon). False, with `*ret`
 * untouched, when there is none, when there are two, when names and numbers of the group do not
 * match each other, when one of its numbers is none of 64 bits, or when a line has no end: the text
 * was cut off. */
bool proc_netstat_find(struct str text, struct str group, struct str name,
		       uint64_t *ret) MUST_CHECK NONNULL;

#endif
