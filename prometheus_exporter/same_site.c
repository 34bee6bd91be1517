/* SPDX-License-Identifier: MIT */
/* same_site.c - sites before and after a reload; see same_site.h. */
#include "same_site.h"

static bool is_same(const struct site *a, const struct site *b)
{
	if (a->has_nginx || b->has_nginx)
		return a->has_nginx && b->has_nginx && strcmp(a->nginx.name, b->nginx.name) == 0;
	return a->uwsgi_len > 0 && b->uwsgi_len > 0 &&
	       strcmp(a->uwsgi[0].name, b->uwsgi[0].name) == 0;
}

size_t same_site_find(const struct site *old, size_t len, const struct site *site)
{
	size_t found = len;

	for (size_t i = 0; i < len; i++) {
		if (!is_same(&old[i], site))
			continue;
		if (strcmp(old[i].name, site->name) == 0)
			return i;
		if (found == len)
			found = i;
	}
	return found;
}

bool same_site_apps(const struct site *a, const struct site *b)
{
	if (a->uwsgi_len != b->uwsgi_len)
		return false;
	for (size_t i = 0; i < a->uwsgi_len; i++) {
		if (strcmp(a->uwsgi[i].name, b->uwsgi[i].name) != 0)
			return false;
	}
	return true;
}
