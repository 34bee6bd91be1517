/* SPDX-License-Identifier: MIT */
/* page_numbers.c - the numbers themselves, as the metric table has them; see page_part.h. */
#include "page_part.h"

static bool is_number(const struct metric *metric)
{
	return metric->prom.word == NULL && !metric->is && metric->kind != METRIC_STATE &&
	       metric->type != FIELD_NONE && metric->type != FIELD_CLIENT;
}

static void add_all(struct buf *out, const char *path, const struct entity *entity,
		    const void *object)
{
	buf_add_text(out, "<dl class=\"numbers\">\n");
	for (size_t i = 0; i < entity->metric_len; i++) {
		if (is_number(&entity->metric[i]))
			page_add_entry(out, path, &entity->metric[i], object);
	}
	buf_add_text(out, "</dl>\n");
}

static void add_folded(struct buf *out, const char *path, const char *title,
		       const struct entity *entity, const void *object)
{
	buf_addf(out, "<details><summary>%s</summary>\n", title);
	add_all(out, path, entity, object);
	buf_add_text(out, "</details>\n");
}

void page_add_numbers(struct buf *out, const struct page_site *site)
{
	const struct scrape *scrape = site->scrape;

	buf_addf(
		out,
		"<section class=\"card\" aria-labelledby=\"n%zu\">\n<h3 id=\"n%zu\">Numbers</h3>\n",
		site->number, site->number);
	if (scrape->site->has_nginx) {
		buf_add_text(out, "<div data-nginx");
		page_add_hidden(out, scrape->nginx_probe.up);
		buf_add_text(out, ">\n<h4>nginx</h4>\n");
		add_all(out, "nginx.counters", view_root(ROOT_NGINX),
			scrape->nginx_probe.up ? &scrape->nginx : NULL);
		buf_add_text(out, "</div>\n");
	}
	add_folded(out, "ledger", "More of the ledger", view_root(ROOT_LEDGER),
		   scrape->ledger.asked ? &scrape->ledger : NULL);
	if (scrape->uwsgi_len > 0)
		add_folded(out, "totals", "More of uWSGI", view_root(ROOT_TOTALS),
			   scrape->uwsgi_site.up ? &scrape->totals : NULL);
	buf_add_text(out, "</section>\n");
}
