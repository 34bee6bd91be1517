/* SPDX-License-Identifier: MIT */
/* outage.c - which lines an outage is worth; see outage.h. */
#include "outage.h"

static enum outage_line say(struct outage *outage, enum outage_line line, double now)
{
	outage->said_kind = outage->watch.kind;
	outage->said = now;
	return line;
}

enum outage_line outage_take(struct outage *outage, const struct probe *probe, double now)
{
	double quiet;

	switch (watch_probe(&outage->watch, probe)) {
	case WATCH_DOWN:
		outage->since = now;
		return say(outage, OUTAGE_BEGAN, now);
	case WATCH_UP:
		return OUTAGE_OVER;
	case WATCH_SAME:
	case WATCH_REASON:
		break;
	}
	if (!outage->watch.down)
		return OUTAGE_NONE;
	/* A clock that was set back must not silence it. */
	if (now < outage->said)
		outage->said = now;
	quiet = now - outage->said;
	if (outage->watch.kind != outage->said_kind && quiet >= OUTAGE_REASON_SECONDS)
		return say(outage, OUTAGE_REASON, now);
	return quiet >= OUTAGE_STILL_SECONDS ? say(outage, OUTAGE_STILL, now) : OUTAGE_NONE;
}
