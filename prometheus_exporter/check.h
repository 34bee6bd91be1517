/* SPDX-License-Identifier: MIT */
/* check.h - --check-config: what a configuration was understood as, in words. */
#ifndef CONNLEDGER_EXPORTER_CHECK_H
#define CONNLEDGER_EXPORTER_CHECK_H

#include "config.h"

enum { EXPORTER_CHECK_BYTES_MAX = 4 * 1024 * 1024 };

/* Looks at what only serving looks at: the addresses and the file of --web.config.file. False with
 * ERR_USAGE. */
bool exporter_check(const struct exporter_config *config, struct err *err) MUST_CHECK NONNULL;

/* Adds some plain lines: sites, modules, where it would listen; no password. */
void exporter_check_print(struct buf *out, const struct exporter_config *config) NONNULL;

#endif
