/* SPDX-License-Identifier: MIT */
/* page.c - the page at "/"; see page.h. */
#include "page.h"

static void add_escaped(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '&':
			buf_add_text(out, "&amp;");
			break;
		case '<':
			buf_add_text(out, "&lt;");
			break;
		case '>':
			buf_add_text(out, "&gt;");
			break;
		case '"':
			buf_add_text(out, "&quot;");
			break;
		case '\'':
			buf_add_text(out, "&#39;");
			break;
		default:
			buf_add_char(out, *text);
			break;
		}
	}
}

static void add_target(struct buf *out, const char *kind, const struct target *target)
{
	buf_addf(out, "<li>%s: <code>", kind);
	add_escaped(out, target->name);
	buf_add_text(out, "</code></li>\n");
}

static void add_site(struct buf *out, const struct site *site, bool headed)
{
	if (headed) {
		buf_add_text(out, "<h2>");
		add_escaped(out, prom_site_name(site));
		buf_add_text(out, "</h2>\n");
	}
	buf_add_text(out, "<ul>\n");
	if (site->has_nginx)
		add_target(out, "nginx", &site->nginx);
	for (size_t i = 0; i < site->uwsgi_len; i++)
		add_target(out, "uWSGI", &site->uwsgi[i]);
	buf_add_text(out, "</ul>\n");
}

void exporter_page(struct buf *out, const struct exporter_config *config)
{
	size_t len;
	const struct site *site = exporter_config_sites(config, &len);

	buf_add_text(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
			  "<title>connledger exporter</title>\n"
			  "<style>body{font-family:sans-serif;margin:2em}</style>\n"
			  "</head>\n<body>\n<h1>connledger exporter</h1>\n"
			  "<p>Version " CONNLEDGER_VERSION ". <a href=\"");
	add_escaped(out, config->telemetry_path);
	buf_add_text(out, "\">Metrics</a>, <a href=\"" EXPORTER_HEALTHY_PATH "\">health</a>.</p>\n"
			  "<p>These targets are asked whenever the metrics are:</p>\n");
	for (size_t i = 0; i < len; i++)
		add_site(out, &site[i], len > 1);
	buf_add_text(out, "</body>\n</html>\n");
}
