/* SPDX-License-Identifier: MIT */
/* path_changed.h - since when a file is what it is. */
#ifndef CONNLEDGER_PATH_CHANGED_H
#define CONNLEDGER_PATH_CHANGED_H

#include <stdbool.h>

#include "compiler.h"

/* Unix seconds of the last change of the file or folder at `path`, or of a symbolic link on the way
 * to it: by the kernel's own time (ctime), which a copy of an old file has anew. That a folder on
 * the way was put in the place of another one is not seen. False when it is not there or not to be
 * seen. */
bool path_changed(const char *path, double *when) MUST_CHECK NONNULL;

#endif
