/* SPDX-License-Identifier: MIT */
/* observe_every.c - see observe_every.h. */
#include "observe_every.h"

const struct sockets *observe_every(struct observe_every *every)
{
	static const struct sockets_filter filter = {.every = true};
	struct err none = {0};

	if (!every->is_asked)
		every->is_there = sockets_dump(every->reader, &filter, &every->sockets, &none);
	every->is_asked = true;
	return every->is_there ? &every->sockets : NULL;
}

void observe_every_forget(struct observe_every *every)
{
	every->is_asked = false;
}

void observe_every_free(struct observe_every *every)
{
	sockets_free(&every->sockets);
	*every = (struct observe_every){.reader = NULL};
}
