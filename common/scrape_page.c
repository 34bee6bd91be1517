/* SPDX-License-Identifier: MIT */
/* scrape_page.c - see scrape_page.h. */
#include "scrape_page.h"

#include "nginx.h"

bool pages_init(struct pages *pages, size_t site_len)
{
	*pages = (struct pages){.slot_len = site_len + 1};
	pages->item = calloc(site_len + 1, sizeof(*pages->item));
	pages->slot = calloc(pages->slot_len, sizeof(struct page *));
	return pages->item != NULL && pages->slot != NULL;
}

void pages_free(struct pages *pages)
{
	for (size_t i = 0; i < pages->len; i++) {
		buf_free(&pages->item[i].text);
		observe_link_free(pages->item[i].link);
	}
	free(pages->item);
	free(pages->slot);
	*pages = (struct pages){.len = 0};
}

struct page *pages_of(struct pages *pages, const struct site *site)
{
	struct page **at = &pages->slot[site_page_hash(site) % pages->slot_len];

	while (*at != NULL && !site_same_page((*at)->site, site))
		at = &(*at)->next;
	if (*at == NULL) {
		*at = &pages->item[pages->len++];
		(*at)->site = site;
		buf_init(&(*at)->text, FETCH_NGINX_BYTES_MAX);
	}
	return *at;
}

static bool is_json(const struct buf *page)
{
	return str_starts(str_trim(buf_str(page)), STR("{"));
}

void page_tell(struct page *page, struct scrape *scrape)
{
	const struct fetch_job *job = page->job;
	struct err err = {0};

	if (page->text.no_memory)
		(void)err_set(&err, ERR_MEMORY, "out of memory");
	else if (job->ok && nginx_parse(&scrape->nginx, buf_str(&page->text), &err))
		memcpy(scrape->nginx.server, job->server, sizeof(scrape->nginx.server));
	scrape->nginx_is_json = is_json(&page->text);
	scrape_conclude(&scrape->nginx_probe, job, &err);
	if (scrape->site->want_ledger && page->link != NULL)
		scrape->link = observe_link_share(page->link);
}
