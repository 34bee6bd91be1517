/* SPDX-License-Identifier: MIT */
/*
 * plain_file.h - a file that somebody has named, read whole. A path may lead to a pipe, a terminal or
 * a device, which could be waited for without an end: only a regular file is read, and only up to a
 * ceiling.
 */
#ifndef CONNLEDGER_PLAIN_FILE_H
#define CONNLEDGER_PLAIN_FILE_H

#include "buf.h"
#include "err.h"

/* Adds the whole of a file to `text`, up to its ceiling. False with ERR_USAGE when it is longer or no
 * regular file, with ERR_MEMORY, and otherwise with the kind of what went wrong; the text names the
 * file. */
bool plain_file_read(struct buf *text, const char *path, struct err *err) MUST_CHECK NONNULL;

/* Whether it could be read, for a file that a library opens itself. A folder will do if `folder`. */
bool plain_file_check(const char *path, bool folder, struct err *err) MUST_CHECK NONNULL;

#endif
