/* SPDX-License-Identifier: MIT */
/*
 * hosts.h - under which host names the exporter may be asked (--web.hosts). A page of a foreign
 * site can make its own name lead to this exporter (DNS rebinding), and a browser then lets it read
 * what is here; it cannot make the browser send another name. Pure.
 */
#ifndef CONNLEDGER_EXPORTER_HOSTS_H
#define CONNLEDGER_EXPORTER_HOSTS_H

#include "allow.h"

struct hosts_rule {
	struct allow allow;
	unsigned port; /* 0: any */
};

/* Reads "web1.example.org", "*.example.org" or an address, each with or without ":port". False with
 * ERR_USAGE, quoting it. Its name lives in the arena. */
bool hosts_parse(struct hosts_rule *rule, struct arena *arena, const char *text,
		 struct err *err) MUST_CHECK NONNULL;

/* Whether a request may name `host`, which is one for head_host(): always without rules, and always
 * an address or "localhost", which are nobody else's names. */
bool hosts_allow(const struct hosts_rule *rule, size_t rule_len, struct str host) MUST_CHECK;

#endif
