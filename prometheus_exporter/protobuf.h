/* SPDX-License-Identifier: MIT */
/*
 * protobuf.h - Prometheus' protobuf format: each family a message MetricFamily (metrics.proto) with
 * its length in front. The only file that knows protobuf-c is protobuf.c.
 *
 * A message is the same whether its fields are packed at once or one after the other. So no tree of
 * messages is built: the labels of an object are packed once, each of its metrics is these bytes
 * and a value, and at any time one family is in memory beside the answer.
 */
#ifndef CONNLEDGER_PROTOBUF_H
#define CONNLEDGER_PROTOBUF_H

#include "expose.h"
#include "printer.h"

struct prom_protobuf {
	struct buf *out;
	struct buf family; /* the one that has begun, as far as it is packed */
	struct buf value;  /* of one metric */
};

/* `out` is borrowed. */
void prom_protobuf_init(struct prom_protobuf *protobuf, struct buf *out) NONNULL;
void prom_protobuf_free(struct prom_protobuf *protobuf) NONNULL;

/* The context is a struct prom_protobuf. */
extern const struct prom_printer prom_protobuf_printer;

#endif
