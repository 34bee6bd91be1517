/* SPDX-License-Identifier: MIT */
/* same_site.h - which site of one configuration is a site of another. Pure. */
#ifndef CONNLEDGER_EXPORTER_SAME_SITE_H
#define CONNLEDGER_EXPORTER_SAME_SITE_H

#include "site.h"

/* The place among `old` of the site that `site` is, or `len`: one with the same nginx, or, if it
 * has none, the same first uWSGI server. Of several the one with the same name. */
size_t same_site_find(const struct site *old, size_t len, const struct site *site) MUST_CHECK;

/* Whether two sites have the same uWSGI servers, in the same order. */
bool same_site_apps(const struct site *a, const struct site *b) MUST_CHECK NONNULL;

#endif
