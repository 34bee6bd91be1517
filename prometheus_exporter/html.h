/* SPDX-License-Identifier: MIT */
/* html.h - the only way by which a text from a server or a user gets into a page. Pure. */
#ifndef CONNLEDGER_HTML_H
#define CONNLEDGER_HTML_H

#include "buf.h"

/* Adds `text` so that it is text wherever it stands: between tags or in a quoted attribute. Control
 * bytes and bytes that are not part of valid UTF-8 become U+FFFD. */
void html_add(struct buf *out, const char *text) NONNULL;

#endif
