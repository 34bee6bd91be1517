/* SPDX-License-Identifier: MIT */
/*
 * sites.h - which targets are watched together. With one nginx at most, all of them. With several
 * nobody has said which uWSGI server stands behind which nginx: then each target is a site of its
 * own.
 */
#ifndef CONNLEDGER_SITES_H
#define CONNLEDGER_SITES_H

#include "config.h"

/* Adds what the environment names and what is left to the defaults, then fills config->site. False
 * with ERR_USAGE for a target that cannot be read or is named twice. */
bool exporter_sites_make(struct exporter_config *config, const char *(*env)(const char *name),
			 struct err *err) MUST_CHECK;

#endif
