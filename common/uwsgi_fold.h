/* SPDX-License-Identifier: MIT */
/* uwsgi_fold.h - the end of a parse: what uWSGI lists twice is kept once, what can be counted is.
 */
#ifndef CONNLEDGER_UWSGI_FOLD_H
#define CONNLEDGER_UWSGI_FOLD_H

#include "model.h"

enum { UWSGI_WORKER_ID_MAX = 65535, UWSGI_SOCKETS_MAX = 1024 };

/* Drops workers without an id (counting the cheap ones, which have never run), keeps the living one
 * of two with the same id, and one of two sockets with the same name and protocol; counts them in
 * stats->folded. Then fills the counts of workers, applications and cores. False when memory is
 * out. */
bool uwsgi_fold(struct uwsgi_stats *stats) MUST_CHECK NONNULL;

#endif
