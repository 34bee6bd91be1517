/* SPDX-License-Identifier: MIT */
/* file.h - who may read the files that a configuration is made of. */
#ifndef CONNLEDGER_EXPORTER_FILE_H
#define CONNLEDGER_EXPORTER_FILE_H

#include <stdbool.h>

#include "compiler.h"

/* Whether users other than its owner and its group may read the file. False when it cannot be
 * looked at. */
bool exporter_file_is_open_to_all(const char *path) NONNULL;

#endif
