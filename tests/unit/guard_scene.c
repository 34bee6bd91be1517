/* SPDX-License-Identifier: MIT */
/* guard_scene.c - see guard_scene.h. */
#include "guard_scene.h"

#include <math.h>

static uint64_t taken_by(const struct guard_client *client)
{
	return ((const struct client *)client)->bytes;
}

const struct guard_limits guard_scene_limits = {
	.seconds = {[GUARD_ASKING] = 10,
		    [GUARD_WAITING] = (double)INFINITY,
		    [GUARD_TAKING] = 60,
		    [GUARD_IDLE] = 30},
	.clients = CLIENTS,
	.clients_of_address = SHARE,
	.bytes = BYTES,
	.taken = taken_by,
};

void begin(struct scene *scene)
{
	*scene = (struct scene){0};
	guard_init(&scene->guard, &guard_scene_limits);
}

struct guard_client *client(struct scene *scene, size_t i)
{
	return &scene->client[i].guard;
}

struct guard_client *enter(struct scene *scene, size_t i, unsigned char address, double now)
{
	scene->client[i] = (struct client){.guard = {.has_address = address != 0}};
	scene->client[i].guard.address[GUARD_ADDRESS_LEN - 1] = address;
	guard_enter(&scene->guard, client(scene, i), now);
	return guard_crowded(&scene->guard, client(scene, i), now);
}

void move(struct scene *scene, size_t i, enum guard_phase phase, double now)
{
	guard_move(&scene->guard, client(scene, i), phase, now);
}

void leave(struct scene *scene, size_t i)
{
	guard_leave(&scene->guard, client(scene, i));
}
