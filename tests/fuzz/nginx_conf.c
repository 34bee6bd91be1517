/* SPDX-License-Identifier: MIT */
/* Any bytes as nginx's configuration: it ends, the numbers are within their bounds, and an include
 * is one plain word. */
#include "nginx_conf.h"

static bool include(void *ctx, struct nginx_conf *conf, struct str pattern, enum nginx_place place,
		    struct err *err)
{
	(void)ctx;
	(void)err;
	if (pattern.len == 0 || str_find(pattern, '\\') < pattern.len ||
	    (place == NGINX_EVENTS && !conf->has_events))
		abort();
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nginx_conf conf = {.include = include};
	struct err err = {0};
	bool ok = nginx_conf_parse(&conf, (struct str){(const char *)data, size}, NGINX_MAIN, &err);

	if (ok != (err.kind == ERR_NONE))
		abort();
	if (conf.worker_connections > NGINX_CONF_NUMBER_MAX ||
	    conf.worker_processes > NGINX_CONF_NUMBER_MAX ||
	    (conf.worker_connections > 0 && !conf.has_events))
		abort();
	return 0;
}
