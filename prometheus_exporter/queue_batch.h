/* SPDX-License-Identifier: MIT */
/* queue_batch.h - what a thread of the queue does for those who share a question. */
#ifndef CONNLEDGER_QUEUE_BATCH_H
#define CONNLEDGER_QUEUE_BATCH_H

#include "queue.h"

/* Collects for a list of jobs, none of which may wait longer than the first one, or reads the
 * configuration again for them, and hands the list with the reply to the client. */
void exporter_batch_run(struct exporter_now *now, const struct exporter_client *client,
			struct exporter_job *batch) NONNULL;

#endif
