/* SPDX-License-Identifier: MIT */
/* nginx_version.c - the version in a Server header; see nginx_version.h. */
#include "nginx_version.h"

#include "str.h"

enum { PART_MAX = 100000 };

static bool take_part(struct str *text, unsigned *ret)
{
	uint64_t value;

	if (!str_take_u64(text, &value) || value > PART_MAX)
		return false;
	*ret = (unsigned)value;
	return true;
}

/* These carry nginx's own numbers; openresty adds a fourth one. */
static bool take_name(struct str *text)
{
	return str_take(text, STR("nginx/")) || str_take(text, STR("openresty/")) ||
	       str_take(text, STR("freenginx/"));
}

struct nginx_version nginx_version_of(const char *server)
{
	struct nginx_version version = {.known = false};
	struct str text = str_of(server);

	version.known = take_name(&text) && take_part(&text, &version.major) &&
			str_take(&text, STR(".")) && take_part(&text, &version.minor) &&
			str_take(&text, STR(".")) && take_part(&text, &version.patch);
	return version;
}

static int order_of(unsigned a, unsigned b)
{
	return a < b ? -1 : a > b;
}

int nginx_version_compare(struct nginx_version version, unsigned major, unsigned minor,
			  unsigned patch)
{
	int order = order_of(version.major, major);

	if (order == 0)
		order = order_of(version.minor, minor);
	return order != 0 ? order : order_of(version.patch, patch);
}
