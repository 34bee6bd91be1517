/* SPDX-License-Identifier: MIT */
/* observe_unlisted.h - connections at listeners of which nobody knows whether they are nginx's. */
#ifndef CONNLEDGER_OBSERVE_UNLISTED_H
#define CONNLEDGER_OBSERVE_UNLISTED_H

#include "observe_every.h"
#include "tally.h"

/* How many connections the user of nginx's workers (`tally` knows him) has accepted on this host,
 * TCP and unix, at listeners that `asked` does not ask for: at most so many of nginx's clients have
 * been overlooked. NOT_KNOWN when he is not known, or the kernel does not say. */
double observe_unlisted(struct observe_every *every, const struct sockets_filter *asked,
			const struct tally *tally) NONNULL;

#endif
