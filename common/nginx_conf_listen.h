/* SPDX-License-Identifier: MIT */
/* nginx_conf_listen.h - what nginx's listeners carry, directive by directive. Only nginx_conf.c
 * uses it. Pure. */
#ifndef CONNLEDGER_NGINX_CONF_LISTEN_H
#define CONNLEDGER_NGINX_CONF_LISTEN_H

#include "nginx_conf.h"

/* A directive of the blocks http, server, and what is in them, or of stream and mail: `word` has
 * its name and what stands behind it. False when there are too many listeners. */
bool conf_listen_take(struct nginx_conf *conf, enum nginx_place place, const struct str *word,
		      size_t len) MUST_CHECK NONNULL;

/* Around the directives of a server of http. conf_server_end() is false as above. */
void conf_server_begin(struct nginx_conf *conf) NONNULL;
bool conf_server_end(struct nginx_conf *conf) MUST_CHECK NONNULL;

#endif
