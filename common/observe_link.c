/* SPDX-License-Identifier: MIT */
/* observe_link.c - see observe_link.h. */
#include "observe_link.h"

struct observe_link *observe_link_new(const struct site *site)
{
	struct observe_link *link = calloc(1, sizeof(*link));

	if (link == NULL)
		return NULL;
	atomic_init(&link->users, 1);
	fetch_keep_init(&link->keep, site->own);
	link->place = site->nginx_keep != NULL ? site->nginx_keep : &link->keep;
	link->own = site->own;
	link->asked = fetch_own_moment(site->own);
	return link;
}

struct observe_link *observe_link_share(struct observe_link *link)
{
	(void)atomic_fetch_add(&link->users, 1);
	return link;
}

void observe_link_free(struct observe_link *link)
{
	if (link == NULL || atomic_fetch_sub(&link->users, 1) > 1)
		return;
	fetch_keep_free(&link->keep);
	free(link);
}
