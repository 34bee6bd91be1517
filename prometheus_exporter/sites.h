/* SPDX-License-Identifier: MIT */
/*
 * sites.h - which targets of the command line are watched together. With one nginx at most, all of
 * them. With several nobody has said which uWSGI server stands behind which nginx: then each target
 * is a site of its own. Sites of a file say it.
 */
#ifndef CONNLEDGER_SITES_H
#define CONNLEDGER_SITES_H

#include "config.h"

/* Fills in what is left to the defaults, then makes config->site of the targets. False with
 * ERR_USAGE for a target that cannot be read. */
bool exporter_sites_make(struct exporter_config *config, struct err *err) MUST_CHECK NONNULL;

/* One site more, with the options that the command line has for all; NULL with `err`. */
struct site *exporter_sites_add(struct exporter_config *config, struct err *err) NONNULL;

/* Whether the label "site" tells all sites apart; otherwise false with ERR_USAGE. */
bool exporter_sites_check(const struct exporter_config *config, struct err *err) MUST_CHECK NONNULL;

#endif
