/* SPDX-License-Identifier: MIT */
/* page.c - the page at "/"; see page.h. */
#include "page.h"

#include "html.h"
#include "page_ledger.h"

static const char style[] =
	"body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;"
	"color:#222;background:#fff}\n"
	"h2{border-bottom:1px solid #ccc;margin-top:2em}\n"
	"table{border-collapse:collapse;margin:1em 0}\n"
	"caption{text-align:left;font-weight:bold;white-space:nowrap}\n"
	"th{text-align:left;font-weight:normal;color:#777}\n"
	"td,th{padding:.15em 1em .15em 0;vertical-align:top}\n"
	"td:first-child{white-space:nowrap}\n"
	"td+td+td{color:#777}\n"
	".number{text-align:right;white-space:nowrap}\n"
	".none{color:#aaa}\n"
	".bar{display:flex;height:1.5em;border-radius:4px;overflow:hidden;background:#eee}\n"
	"i{display:inline-block;width:.7em;height:.7em;margin-right:.6em;border-radius:2px}\n"
	".down{color:#b00020}\n"
	".finding{border-left:5px solid #3a7ca5;background:#f4f4f4;padding:.5em 1em;margin:1em 0}\n"
	".finding.warning{border-color:#f4a261}\n"
	".finding.critical{border-color:#d00000}\n"
	".finding p{margin:.2em 0}\n";

static void add_target(struct buf *out, const char *kind, const struct target *target,
		       const struct probe *probe)
{
	buf_addf(out, "<li%s>%s <code>", probe->up ? "" : " class=\"down\"", kind);
	html_add(out, target->name);
	buf_add_text(out, "</code> ");
	if (probe->up) {
		buf_add_text(out, "answers");
	} else {
		buf_add_text(out, "is down: ");
		html_add(out, probe->err.text);
	}
	buf_add_text(out, "</li>\n");
}

static void add_targets(struct buf *out, const struct scrape *scrape)
{
	buf_add_text(out, "<ul>\n");
	if (scrape->site->has_nginx)
		add_target(out, "nginx", &scrape->site->nginx, &scrape->nginx_probe);
	for (size_t i = 0; i < scrape->uwsgi_len; i++)
		add_target(out, "uWSGI", scrape->uwsgi[i].target, &scrape->uwsgi[i].probe);
	buf_add_text(out, "</ul>\n");
}

static void add_paragraph(struct buf *out, const char *text)
{
	buf_add_text(out, "<p>");
	html_add(out, text);
	buf_add_text(out, "</p>\n");
}

static void add_findings(struct buf *out, const struct scrape *scrape)
{
	const struct finding *finding = scrape->findings.item;

	for (size_t i = 0; i < scrape->findings.len; i++) {
		buf_addf(out,
			 "<div class=\"finding %s\">\n<p><b>%s</b>: ", finding[i].severity_name,
			 finding[i].name);
		html_add(out, finding[i].what);
		buf_add_text(out, "</p>\n");
		add_paragraph(out, finding[i].evidence);
		add_paragraph(out, finding[i].advice);
		buf_add_text(out, "</div>\n");
	}
	if (scrape->findings.len == 0)
		buf_add_text(out, "<p>Nothing was found wrong.</p>\n");
}

static void add_site(struct buf *out, const struct scrape *scrape, bool headed)
{
	if (headed) {
		buf_add_text(out, "<h2>");
		html_add(out, prom_site_name(scrape->site));
		buf_add_text(out, "</h2>\n");
	}
	add_targets(out, scrape);
	add_findings(out, scrape);
	page_add_ledger(out, scrape);
}

void exporter_page(struct buf *out, const struct exporter_view *view)
{
	buf_add_text(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
			  "<meta name=\"viewport\" content=\"width=device-width\">\n"
			  "<title>connledger exporter</title>\n<style>\n");
	buf_add_text(out, style);
	buf_add_text(out, "</style>\n</head>\n<body>\n<h1>connledger exporter</h1>\n"
			  "<p>Version " CONNLEDGER_VERSION ". <a href=\"");
	html_add(out, view->config->telemetry_path);
	buf_add_text(out,
		     "\">Metrics</a>, <a href=\"" EXPORTER_HEALTHY_PATH "\">health</a>.</p>\n");
	for (size_t i = 0; i < view->scrape_len; i++)
		add_site(out, &view->scrape[i], view->scrape_len > 1);
	buf_add_text(out, "</body>\n</html>\n");
}
