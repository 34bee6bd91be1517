/* SPDX-License-Identifier: MIT */
/* nginx.h - the stub_status page: bytes in, struct out. Pure: no socket, no clock, no global. */
#ifndef CONNLEDGER_NGINX_H
#define CONNLEDGER_NGINX_H

#include "err.h"
#include "model.h"
#include "str.h"

/* Reads a whole page into `status` (all but `server` is overwritten). Strict: every number must be
 * there by its name, and nothing else. False with ERR_PARSE, and a text that says what came instead
 * ("an HTML page", "JSON: a uWSGI stats server?", "truncated after ..."); `status` is then zeroed. */
bool nginx_parse(struct nginx_status *status, struct str page, struct err *err) MUST_CHECK NONNULL;

#endif
