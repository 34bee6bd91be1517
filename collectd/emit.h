/* SPDX-License-Identifier: MIT */
/*
 * emit.h - hands a value to the daemon. This is what differs between collectd 5, which has value
 * lists (emit_5.c), and collectd 6, which has metric families (emit_6.c); the build takes one.
 */
#ifndef CONNLEDGER_COLLECTD_EMIT_H
#define CONNLEDGER_COLLECTD_EMIT_H

#include "daemon.h"
#include "encode.h"

/* To be given to collectd_encode(): `ctx` is a struct dispatch. */
void emit_value(void *ctx, const struct collectd_value *value);

#endif
