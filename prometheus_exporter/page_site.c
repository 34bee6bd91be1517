/* SPDX-License-Identifier: MIT */
/* page_site.c - a site: whether its targets answer, what was found, and the parts; see page_part.h.
 */
#include "page_part.h"

/* page.js has the same words. */
static void add_target(struct buf *out, const char *kind, const char *path,
		       const struct target *target, const struct probe *probe, const char *version)
{
	buf_addf(out, "<li class=\"%s\" data-probe=\"%s\"><b>%s</b> <code>",
		 probe->up ? "up" : "down", path, kind);
	html_add(out, target->name);
	buf_add_text(out, "</code> <span>");
	if (probe->up) {
		buf_add_text(out, "answers in ");
		page_add_number(out, probe->seconds, "seconds");
		if (version[0] != '\0') {
			buf_add_text(out, ", ");
			html_add(out, version);
		}
	} else {
		buf_addf(out, "%s: ", err_down_text(probe->err.kind));
		html_add(out, probe->err.text);
	}
	buf_add_text(out, "</span></li>\n");
}

static void add_targets(struct buf *out, const struct scrape *scrape)
{
	char path[32];

	buf_add_text(out, "<ul class=\"targets\">\n");
	if (scrape->site->has_nginx)
		add_target(out, "nginx", "nginx", &scrape->site->nginx, &scrape->nginx_probe,
			   scrape->nginx.server);
	for (size_t i = 0; i < scrape->uwsgi_len; i++) {
		const struct uwsgi_scrape *server = &scrape->uwsgi[i];

		(void)snprintf(path, sizeof(path), "uwsgi.%zu", i);
		add_target(out, "uWSGI", path, server->target, &server->probe,
			   server->stats.version);
	}
	buf_add_text(out, "</ul>\n");
}

static void add_finding(struct buf *out, const struct finding *finding)
{
	unsigned level = finding->severity + 1;

	buf_addf(out, "<article class=\"finding %s\" data-finding=\"%s\">\n<h3>",
		 page_level_class(level), finding->name);
	page_add_icon(out, level);
	buf_addf(out, "<span class=\"sr\">%s: </span><span>", finding->severity_name);
	html_add(out, finding->what);
	buf_add_text(out, "</span></h3>\n<p>");
	html_add(out, finding->evidence);
	buf_add_text(out, "</p>\n<p class=\"advice\"><b>What to do</b> <span>");
	html_add(out, finding->advice);
	buf_addf(out, "</span></p>\n<code>%s</code>\n</article>\n", finding->name);
}

static void add_findings(struct buf *out, const struct scrape *scrape)
{
	const struct finding *finding = scrape->findings.item;

	buf_add_text(out, "<div class=\"findings\" data-findings>\n");
	for (size_t i = 0; i < scrape->findings.len; i++)
		add_finding(out, &finding[i]);
	buf_add_text(out, "</div>\n");
}

void page_add_site(struct buf *out, const struct page_site *site)
{
	add_targets(out, site->scrape);
	add_findings(out, site->scrape);
	page_add_ledger(out, site);
	buf_add_text(out, "<div class=\"cards\">\n");
	page_add_workers(out, site);
	page_add_queues(out, site);
	page_add_numbers(out, site);
	buf_add_text(out, "</div>\n");
}
