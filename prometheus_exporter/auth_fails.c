/* SPDX-License-Identifier: MIT */
/* auth_fails.c - see auth_fails.h. */
#include "auth_fails.h"

#include <limits.h>

unsigned auth_fails_count(const struct auth_fails *fails, uint64_t who, double now)
{
	const struct auth_fail *place = fails->fail[who % AUTH_FAILS_PLACES];

	for (size_t i = 0; i < AUTH_FAILS_OF_PLACE; i++) {
		if (place[i].count > 0 && place[i].who == who)
			return now - place[i].last < AUTH_FAILS_SECONDS ? place[i].count : 0;
	}
	return 0;
}

void auth_fails_add(struct auth_fails *fails, uint64_t who, double now)
{
	struct auth_fail *place = fails->fail[who % AUTH_FAILS_PLACES];
	struct auth_fail *mine = &place[0];
	unsigned count = auth_fails_count(fails, who, now);

	for (size_t i = 0; i < AUTH_FAILS_OF_PLACE; i++) {
		if (place[i].count > 0 && place[i].who == who) {
			mine = &place[i];
			break;
		}
		if (place[i].count == 0 || (mine->count > 0 && place[i].last < mine->last))
			mine = &place[i];
	}
	*mine = (struct auth_fail){
		.who = who, .count = count < UINT_MAX ? count + 1 : count, .last = now};
}
