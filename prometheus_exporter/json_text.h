/* SPDX-License-Identifier: MIT */
/* json_text.h - the only way by which a text gets into JSON. Pure. */
#ifndef CONNLEDGER_EXPORTER_JSON_TEXT_H
#define CONNLEDGER_EXPORTER_JSON_TEXT_H

#include "buf.h"

/* Adds `text` as a JSON string with its quotes: control characters, quotes and backslashes are
 * escaped, each byte that is not part of valid UTF-8 becomes U+FFFD. */
void json_add_text(struct buf *out, const char *text) NONNULL;

#endif
