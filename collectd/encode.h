/* SPDX-License-Identifier: MIT */
/*
 * encode.h - a scrape as collectd's values. Pure: it knows the names of types.db, and no daemon.
 */
#ifndef CONNLEDGER_COLLECTD_ENCODE_H
#define CONNLEDGER_COLLECTD_ENCODE_H

#include "scrape.h"

enum { COLLECTD_INSTANCE_MAX = 128 };

struct collectd_value {
	const char *plugin;                        /* "nginx", "uwsgi" or "connledger" */
	const char *type;                          /* of the stock types.db, with one data source */
	char type_instance[COLLECTD_INSTANCE_MAX]; /* "" for none */
	bool counter; /* DERIVE: `derive` holds; otherwise GAUGE: `gauge` does */
	int64_t derive;
	double gauge;
};

/* Calls `emit` for each value of the scrape. Of a server that did not answer there is its "up", 0,
 * and the time that it took to find out. With `per_worker` the values of each uWSGI worker come
 * beside the sums: "worker-1", and "server2-worker-1" where it is not of the site's first server.
 */
void collectd_encode(const struct scrape *scrape, bool per_worker,
		     void (*emit)(void *ctx, const struct collectd_value *value), void *ctx);

#endif
