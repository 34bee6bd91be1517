/* SPDX-License-Identifier: MIT */
/* hosts.c - see hosts.h. */
#include "hosts.h"

#include <arpa/inet.h>
#include <strings.h>

#include "head.h"

enum { TEXT_MAX = ALLOW_HOST_MAX + 1 };

/* The pattern without brackets and port. */
static bool split(struct str text, char ret[TEXT_MAX + 1], struct str *port)
{
	bool below = str_take(&text, STR("*."));
	struct str name;

	if (!head_host(text, &name, port) || name.len + 2 > TEXT_MAX)
		return false;
	(void)snprintf(ret, TEXT_MAX + 1, "%s%.*s", below ? "*." : "", (int)name.len, name.ptr);
	return true;
}

bool hosts_parse(struct hosts_rule *rule, struct arena *arena, const char *text, struct err *err)
{
	char pattern[TEXT_MAX + 1];
	struct str port;
	struct err why = {0};
	uint64_t number = 0;

	*rule = (struct hosts_rule){0};
	if (!split(str_of(text), pattern, &port) ||
	    (port.ptr != NULL && (!str_to_u64(port, &number) || number == 0)) ||
	    !allow_parse(&rule->allow, arena, pattern, &why))
		return err_set(err, why.kind == ERR_MEMORY ? ERR_MEMORY : ERR_USAGE,
			       "--web.hosts: expected a host name such as web1.example.org, "
			       "*.example.org or web1:9113, not \"%.80s\"",
			       text);
	rule->port = (unsigned)number;
	return true;
}

/* A name under which nobody but this host, or whoever has the address, can be reached. */
static bool is_own(const char *name)
{
	unsigned char address[sizeof(struct in6_addr)];
	struct str text = str_of(name);

	return inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1 ||
	       strcasecmp(name, "localhost") == 0 || str_ends(text, STR(".localhost"));
}

/* A client leaves out the port that its scheme has anyhow. */
static bool is_port(unsigned wanted, uint64_t port)
{
	return wanted == 0 || wanted == port || (port == 0 && (wanted == 80 || wanted == 443));
}

bool hosts_allow(const struct hosts_rule *rule, size_t rule_len, struct str host)
{
	char text[TEXT_MAX + 1];
	struct str name;
	struct str port;
	uint64_t number = 0;

	if (rule_len == 0)
		return true;
	if (!head_host(host, &name, &port) || name.len > TEXT_MAX)
		return false;
	if (name.len > 1 && name.ptr[name.len - 1] == '.')
		name.len--;
	(void)snprintf(text, sizeof(text), "%.*s", (int)name.len, name.ptr);
	(void)(port.len > 0 && str_to_u64(port, &number));
	for (size_t i = 0; i < rule_len; i++) {
		if (is_port(rule[i].port, number) && allow_match(&rule[i].allow, 1, text))
			return true;
	}
	return is_own(text);
}
