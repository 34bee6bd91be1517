/* SPDX-License-Identifier: MIT */
/* watch.c - what is new about a target; see watch.h. */
#include "watch.h"

enum watch_event watch_probe(struct watch *watch, const struct probe *probe)
{
	struct watch before = *watch;

	watch->down = !probe->up;
	watch->kind = probe->up ? ERR_NONE : probe->err.kind;
	if (watch->down != before.down)
		return watch->down ? WATCH_DOWN : WATCH_UP;
	return watch->kind == before.kind ? WATCH_SAME : WATCH_REASON;
}
