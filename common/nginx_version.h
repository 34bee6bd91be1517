/* SPDX-License-Identifier: MIT */
/* nginx_version.h - the version in a Server header, as far as it tells one. Pure. */
#ifndef CONNLEDGER_NGINX_VERSION_H
#define CONNLEDGER_NGINX_VERSION_H

#include <stdbool.h>

#include "compiler.h"

struct nginx_version {
	bool known;
	unsigned major, minor, patch;
};

/* "nginx/1.22.1", "nginx/1.22.1 (Ubuntu)", "openresty/1.21.4.1", "freenginx/1.27.2"; not known for
 * "nginx" alone, for Tengine and Angie (numbers of their own: Angie 1.11 is made of nginx 1.29), and
 * for anything else. */
struct nginx_version nginx_version_of(const char *server) NONNULL;

/* Below 0, 0, above 0 as `version` is older than, is, or is newer than major.minor.patch. */
int nginx_version_compare(struct nginx_version version, unsigned major, unsigned minor, unsigned patch);

#endif
