/* SPDX-License-Identifier: MIT */
/* observe_every.h - all sockets of the host at the time of a look: read when first somebody wants
 * them, and not again for that look. Only observe*.c use it. */
#ifndef CONNLEDGER_OBSERVE_EVERY_H
#define CONNLEDGER_OBSERVE_EVERY_H

#include "sockets.h"

struct observe_every {
	struct sockets_reader *reader; /* borrowed */
	bool is_asked, is_there;
	struct sockets sockets; /* keep their memory from look to look */
};

/* NULL when the kernel does not say. Belongs to `every`, until the next look. */
const struct sockets *observe_every(struct observe_every *every) NONNULL;
/* Another look begins: they are to be read anew. */
void observe_every_forget(struct observe_every *every) NONNULL;
/* Accepts a zeroed one. */
void observe_every_free(struct observe_every *every) NONNULL;

#endif
