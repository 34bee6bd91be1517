/* SPDX-License-Identifier: MIT */
/* page_ledger.c - who is holding the connections: the bar and the table; see page_part.h. */
#include "page_part.h"

/* A person's name of the line; Munin's graph has the same. */
static const char *title_of(const struct metric *line)
{
	return line->munin[0].label != NULL ? line->munin[0].label : line->prom.word;
}

static double drawn_total(const struct ledger *ledger)
{
	double total = 0;

	for (size_t i = 0; ledger->has_lines && i < course_lines(); i++)
		total += page_line_drawn(course_line(i), ledger);
	return total;
}

/* What a screen reader says of the bar. */
static void add_bar_label(struct buf *out, const struct ledger *ledger)
{
	bool any = false;

	for (size_t i = 0; i < course_lines(); i++) {
		const struct metric *line = course_line(i);
		double number = page_line_drawn(line, ledger);

		if (number == 0 || !ledger->has_lines)
			continue;
		buf_add_text(out, any ? ", " : "");
		html_add(out, line->prom.word);
		buf_add_char(out, ' ');
		page_add_number(out, number, "");
		any = true;
	}
	if (!any)
		buf_add_text(out, "no connections");
}

void page_add_bar(struct buf *out, const struct scrape *scrape)
{
	const struct ledger *ledger = &scrape->ledger;
	double whole = drawn_total(ledger);
	double x = 0;

	buf_add_text(out, "<svg class=\"bar\" data-bar");
	page_add_hidden(out, ledger->asked && ledger->has_lines);
	buf_add_text(out, " role=\"img\" aria-label=\"");
	add_bar_label(out, ledger);
	buf_add_text(out, "\">");
	for (size_t i = 0; i < course_lines(); i++) {
		const struct metric *line = course_line(i);
		double number = ledger->has_lines ? page_line_drawn(line, ledger) : 0;

		if (number == 0)
			continue;
		buf_add_text(out, "<rect class=\"l-");
		html_add(out, line->prom.word);
		buf_add_text(out, "\" x=\"");
		page_add_percent(out, x, whole);
		buf_add_text(out, "\" width=\"");
		page_add_percent(out, number, whole);
		buf_add_text(out, "\" height=\"100%\"/>");
		x += number;
	}
	buf_add_text(out, "</svg>\n");
}

static void add_row(struct buf *out, const struct metric *line, const struct ledger *ledger)
{
	double number = 0;
	bool known = view_number(line, ledger, &number);

	buf_add_text(out, "<tr data-line=\"");
	html_add(out, line->prom.word);
	buf_add_char(out, '"');
	page_add_hidden(out, known && number != 0);
	buf_add_text(out, "><th scope=\"row\"><svg class=\"swatch\" aria-hidden=\"true\"><rect "
			  "class=\"l-");
	html_add(out, line->prom.word);
	buf_add_text(out, "\" width=\"100%\" height=\"100%\"/></svg><span><b>");
	html_add(out, title_of(line));
	buf_add_text(out, "</b> <code>");
	html_add(out, line->prom.word);
	buf_add_text(out, "</code><small>");
	html_add(out, line->help);
	buf_add_text(out, "</small></span></th><td class=\"n\">");
	page_add_number(out, number, "");
	buf_add_text(out, "</td><td class=\"share\">");
	page_add_number(out, ledger->total > 0 ? number / ledger->total * 100 : 0, "percent");
	buf_add_text(out, "</td></tr>\n");
}

static void add_table(struct buf *out, const struct ledger *ledger)
{
	buf_add_text(out,
		     "<table class=\"lines\">\n<caption class=\"sr\">Who is holding the "
		     "connections</caption>\n<thead><tr><th scope=\"col\">Held by</th><th "
		     "scope=\"col\">Connections</th><th scope=\"col\">Share</th></tr></thead>\n"
		     "<tbody>\n");
	for (size_t i = 0; i < course_lines(); i++)
		add_row(out, course_line(i), ledger);
	buf_add_text(out, "</tbody>\n</table>\n");
}

/* The lines that the table leaves out: those with nothing on them, and those of which only the
 * kernel would know. */
static void add_others(struct buf *out, const struct ledger *ledger, bool known, const char *before)
{
	bool any = false;
	size_t start = out->len;

	buf_addf(out, "<p class=\"quiet\" data-lines=\"%s\">%s: ", known ? "empty" : "unknown",
		 before);
	for (size_t i = 0; i < course_lines(); i++) {
		double number = 0;

		if (view_number(course_line(i), ledger, &number) != known || number != 0)
			continue;
		buf_add_text(out, any ? ", " : "");
		html_add(out, course_line(i)->prom.word);
		any = true;
	}
	buf_add_text(out, ".</p>\n");
	if (any || !buf_ok(out))
		return;
	out->len = start;
	buf_addf(out, "<p class=\"quiet\" data-lines=\"%s\" hidden></p>\n",
		 known ? "empty" : "unknown");
}

/* Empty where it is not known: page.js fills it when it is. */
static void add_request(struct buf *out, const struct ledger *ledger, enum request_at at)
{
	buf_addf(out, "<span data-v=\"ledger.requests.%u.requests\" data-u=\"requests\">",
		 (unsigned)at);
	if (!isnan(ledger->requests[at]))
		page_add_number(out, ledger->requests[at], "requests");
	buf_add_text(out, "</span>");
}

static void add_requests(struct buf *out, const struct ledger *ledger)
{
	bool is_known = ledger->asked && !isnan(ledger->requests[REQUESTS_QUEUED]);

	buf_add_text(out, "<p class=\"quiet\" data-requests");
	page_add_hidden(out, is_known);
	buf_add_text(out, ">Requests at the application: ");
	add_request(out, ledger, REQUESTS_ACTIVE);
	buf_add_text(out, " in work, ");
	add_request(out, ledger, REQUESTS_QUEUED);
	buf_add_text(out, " waiting.</p>\n");
}

static void add_head(struct buf *out, const struct ledger *ledger)
{
	buf_add_text(out, "<div class=\"total\"><p><strong>");
	page_add_value(out, "ledger",
		       page_row(view_root(ROOT_LEDGER), offsetof(struct ledger, total)), ledger);
	buf_addf(out,
		 "</strong> <span data-clients>%s</span></p>\n<p class=\"sure\" "
		 "data-sure=\"%s\"><b>%s</b> ",
		 ledger->total == 1 ? "client connection" : "client connections",
		 confidence_name[ledger->confidence], confidence_name[ledger->confidence]);
	buf_add_text(out, "<span data-reason>");
	html_add(out, ledger->reason);
	buf_add_text(out, "</span></p></div>\n");
}

void page_add_ledger(struct buf *out, const struct page_site *site)
{
	const struct ledger *ledger = &site->scrape->ledger;

	buf_addf(out, "<section class=\"card ledger\" data-ledger aria-labelledby=\"l%zu\"",
		 site->number);
	page_add_hidden(out, ledger->asked && ledger->has_lines);
	buf_addf(out, ">\n<h3 id=\"l%zu\">Who is holding the connections</h3>\n", site->number);
	add_head(out, ledger);
	page_add_bar(out, site->scrape);
	buf_add_text(out, "<div class=\"columns\">\n<div>\n");
	add_table(out, ledger);
	add_others(out, ledger, true, "Nothing on the other lines");
	add_others(out, ledger, false, "Not known");
	add_requests(out, ledger);
	buf_add_text(out, "</div>\n");
	page_add_course(out, site);
	buf_add_text(out, "</div>\n</section>\n");
}
