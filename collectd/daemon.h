/* SPDX-License-Identifier: MIT */
/*
 * daemon.h - collectd's own headers: those of Debian's collectd-dev, or those of the source tree
 * that `make COLLECTD_SRC=...` names. Only the files that talk to the daemon include it: plugin.c,
 * report.c and emit_*.c.
 */
#ifndef CONNLEDGER_COLLECTD_DAEMON_H
#define CONNLEDGER_COLLECTD_DAEMON_H

#ifdef COLLECTD_TREE
#include <daemon/plugin.h>
#else
#include <collectd/core/daemon/plugin.h>
#endif

#include "config.h"

#define PLUGIN_NAME "connledger"
#define LOG_PREFIX  PLUGIN_NAME " plugin: "

/* One read: the site, and the time that all its values and notifications carry. */
struct dispatch {
	const struct collectd_site *site;
	cdtime_t time;
};

#endif
