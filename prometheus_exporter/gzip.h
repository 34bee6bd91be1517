/* SPDX-License-Identifier: MIT */
/* gzip.h - compresses an answer. The only file that knows zlib is gzip.c. */
#ifndef CONNLEDGER_EXPORTER_GZIP_H
#define CONNLEDGER_EXPORTER_GZIP_H

#include "buf.h"

/* Below this a packet is saved at best. */
enum { GZIP_BYTES_MIN = 1024 };

/* Adds `text`, compressed, to `out`, which is empty. False when memory is out or its ceiling is
 * reached; `out` is then empty again. Nothing of what compressing needs stays behind. */
bool gzip_add(struct buf *out, struct str text) MUST_CHECK NONNULL;

#endif
