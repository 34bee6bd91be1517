/* SPDX-License-Identifier: MIT */
/* guard_scene.h - a guard with a few clients and a clock that the test turns. */
#ifndef CONNLEDGER_TESTS_GUARD_SCENE_H
#define CONNLEDGER_TESTS_GUARD_SCENE_H

#include "prometheus_exporter/guard.h"

enum { CLIENTS = 6, SHARE = 4, BYTES = 100, MANY = CLIENTS + 3 };

struct client {
	struct guard_client guard; /* first */
	uint64_t bytes;            /* that it has taken since it came */
};

/* Room for CLIENTS, and SHARE of one address; 10 seconds to ask, 60 to read, 30 to idle. */
extern const struct guard_limits guard_scene_limits;

struct scene {
	struct guard guard;
	struct client client[MANY];
	struct guard_answer answer[3];
};

void begin(struct scene *scene);

struct guard_client *client(struct scene *scene, size_t i);

/* Client i comes from an address that ends in `address`; 0: it has none. Who has to go for it. */
struct guard_client *enter(struct scene *scene, size_t i, unsigned char address, double now);

void move(struct scene *scene, size_t i, enum guard_phase phase, double now);

void leave(struct scene *scene, size_t i);

#endif
