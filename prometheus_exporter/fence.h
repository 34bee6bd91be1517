/* SPDX-License-Identifier: MIT */
/*
 * fence.h - which addresses a name may lead /probe to. Whoever may write the DNS zone of an allowed
 * name decides where it leads: to this host, to the network behind it, to a cloud's metadata
 * service. So a name leads to public addresses only, and to those that the module names as
 * networks. Pure.
 */
#ifndef CONNLEDGER_EXPORTER_FENCE_H
#define CONNLEDGER_EXPORTER_FENCE_H

#include <sys/socket.h>

#include "module.h"

/* Whether the address is one host's on the internet: IANA's special-purpose registries (RFC 6890)
 * are not, nor is an IPv6 address that stands for an IPv4 one that is not (mapped, NAT64, 6to4). */
bool fence_is_public(const struct sockaddr *addr) MUST_CHECK NONNULL;

/* Whether the address is public, or in a network of the module's targets: one that is mapped or
 * translated (NAT64) also by its IPv4 address. `ctx` is the module; fits fetch_options.may_reach.
 */
bool fence_may_reach(const void *ctx, const struct sockaddr *addr) MUST_CHECK NONNULL;

#endif
