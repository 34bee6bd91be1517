/* SPDX-License-Identifier: MIT */
/* target_local.c - which targets are surely on this host; see target.h. */
#include "endpoint.h"
#include "target.h"

bool target_is_local(const struct target *target)
{
	struct endpoint at;

	return target->path != NULL || strcmp(target->host, "localhost") == 0 ||
	       (endpoint_parse_address(&at, str_of(target->host)) && endpoint_is_loopback(&at));
}
