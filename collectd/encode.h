/* SPDX-License-Identifier: MIT */
/*
 * encode.h - a scrape as collectd's values. Pure: it knows the names of types.db, and no daemon.
 */
#ifndef CONNLEDGER_COLLECTD_ENCODE_H
#define CONNLEDGER_COLLECTD_ENCODE_H

#include "scrape.h"

struct collectd_value {
	const char *plugin;        /* "nginx" or "uwsgi" */
	const char *type;          /* of the stock types.db, with one data source */
	const char *type_instance; /* "" for none */
	bool counter;              /* DERIVE: `derive` holds; otherwise GAUGE: `gauge` does */
	int64_t derive;
	double gauge;
};

/* Calls `emit` for each value of the scrape. Of a server that did not answer there is its "up", 0,
 * and the time that it took to find out. */
void collectd_encode(const struct scrape *scrape,
		     void (*emit)(void *ctx, const struct collectd_value *value), void *ctx);

#endif
