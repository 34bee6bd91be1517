/* SPDX-License-Identifier: MIT */
/* peer_bytes.h - how much of what was sent over a socket has arrived. */
#ifndef CONNLEDGER_EXPORTER_PEER_BYTES_H
#define CONNLEDGER_EXPORTER_PEER_BYTES_H

#include <stdint.h>

#include "compiler.h"

/* Bytes that the other end has acknowledged since the connection began. 0 also where the kernel
 * does not tell: for a unix socket, and before Linux 4.1. */
uint64_t exporter_peer_bytes(int fd) MUST_CHECK;

#endif
