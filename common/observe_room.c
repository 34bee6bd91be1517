/* SPDX-License-Identifier: MIT */
/* observe_room.c - see observe_room.h. */
#include "observe_room.h"

#include "fetch.h"

/* Side by side: one worker may be full, and others not. */
enum { CONNECTIONS = 4 };

static void no_sink(void *ctx, const char *bytes, size_t len)
{
	(void)ctx;
	(void)bytes;
	(void)len;
}

bool observe_has_no_room(const struct scrape *scrape)
{
	const struct probe *probe = &scrape->nginx_probe;
	struct target mute = scrape->site->nginx;
	struct fetch_job job[CONNECTIONS];
	struct err err = {0};

	if (!probe->asked || probe->up || probe->err.kind != ERR_RESET)
		return false;
	mute.scheme = mute.path != NULL ? TARGET_RAW_UNIX : TARGET_RAW_TCP;
	for (size_t i = 0; i < CONNECTIONS; i++)
		job[i] = (struct fetch_job){
			.target = &mute,
			.options = &scrape->site->options,
			.bytes_max = 1,
			.timeout_ms = OBSERVE_ROOM_MS,
			.sink = no_sink,
		};
	if (!fetch_run(job, CONNECTIONS, &err))
		return false;
	for (size_t i = 0; i < CONNECTIONS; i++) {
		if (!job[i].ok && job[i].err.kind == ERR_RESET)
			return true;
	}
	return false;
}
