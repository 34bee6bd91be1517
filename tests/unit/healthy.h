/* SPDX-License-Identifier: MIT */
/* healthy.h - the scrape of a busy site with nothing wrong, for tests to break. */
#ifndef CONNLEDGER_TESTS_HEALTHY_H
#define CONNLEDGER_TESTS_HEALTHY_H

#include "scrape.h"

enum { HEALTHY_QUEUES_MAX = 4 };

struct healthy {
	struct scrape scrape;
	struct site site;
	struct uwsgi_scrape uwsgi[3];
	struct backlog listener[HEALTHY_QUEUES_MAX];
	struct backlog socket[HEALTHY_QUEUES_MAX];
	struct uwsgi_socket own_socket[HEALTHY_QUEUES_MAX]; /* of uwsgi[0], none at first */
};

/* nginx 1.22.1 with four workers and 412 connections, uWSGI with 8 cores of which 7 are busy, a
 * queue of 2, some stalled phones. It points into itself: do not copy it. */
void healthy_init(struct healthy *healthy);

/* Puts so many on a line, for sure; the sum is the caller's affair. The requests of those at the
 * application go with them, one for each. */
void healthy_hold(struct healthy *healthy, enum held_by line, double connections);

/* Makes it so many requests at the application, for sure. */
void healthy_request(struct healthy *healthy, enum request_at at, double requests);

/* Moves `connections` from the keepalive line to another, so that the sum stays. */
void healthy_move(struct healthy *healthy, enum held_by line, double connections);

#endif
