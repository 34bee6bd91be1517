/* SPDX-License-Identifier: MIT */
/* file.h - the files that a configuration is made of. */
#ifndef CONNLEDGER_EXPORTER_FILE_H
#define CONNLEDGER_EXPORTER_FILE_H

#include "buf.h"
#include "err.h"

/* Adds the whole of a file to `text`, up to its ceiling. False with an error that names the file
 * when it cannot be read, is longer, or is no regular file: a pipe could be waited for without an
 * end. */
bool exporter_file_read(struct buf *text, const char *path, struct err *err) MUST_CHECK NONNULL;

/* Whether users other than its owner and its group may read the file. False when it cannot be
 * looked at. */
bool exporter_file_is_open_to_all(const char *path) NONNULL;

#endif
