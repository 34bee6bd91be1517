/* SPDX-License-Identifier: MIT */
/*
 * config_file.h - the file of --config.file: sites, and modules for /probe. Strict: an unknown key,
 * a value of the wrong kind, a name that is given twice is an error with file and line.
 *
 *     sites:
 *       blog: { nginx: http://127.0.0.1/stub_status, uwsgi: [unix:/run/uwsgi/blog.stats] }
 *     modules:
 *       default: { targets: ["10.0.0.0/8", "*.example.org"] }
 */
#ifndef CONNLEDGER_EXPORTER_CONFIG_FILE_H
#define CONNLEDGER_EXPORTER_CONFIG_FILE_H

#include "config.h"

/* Adds the sites and modules of config->config_file, which is read and closed again. False with
 * ERR_USAGE. */
bool exporter_config_file(struct exporter_config *config, struct err *err) MUST_CHECK NONNULL;

#endif
