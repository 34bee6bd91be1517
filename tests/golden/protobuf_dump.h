/* SPDX-License-Identifier: MIT */
/*
 * protobuf_dump.h - Prometheus' protobuf format as lines to read, decoded by hand: no library that
 * could share a fault with the encoder.
 *
 *     counter nginx_http_requests_total [requests] Requests begun since nginx started
 *       {target="a"} 5 since 1700000000
 */
#ifndef CONNLEDGER_TESTS_PROTOBUF_DUMP_H
#define CONNLEDGER_TESTS_PROTOBUF_DUMP_H

#include "buf.h"

/* Bytes that are not what Prometheus reads are dumped as a line "broken" with the offset, and
 * nothing comes after it. A value or type that is not there is shown as such. */
void protobuf_dump(struct str bytes, struct buf *out) NONNULL;

#endif
