/* SPDX-License-Identifier: MIT */
/* page.c - the page at "/"; see page.h. */
#include "page.h"

#include <time.h>

#include "api.h"
#include "page_asset.h"
#include "page_part.h"

/* So many sites in trouble stand open at first. */
enum { OPEN_MAX = 3 };

/* A dot in the colour of the worst finding. */
#define ICON                                                                                       \
	"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"      \
	"%3Ccircle cx='8' cy='8' r='7' fill='%23"
#define ICON_END "'/%3E%3C/svg%3E"

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<meta name=\"color-scheme\" content=\"light dark\">\n<title>connledger</title>\n"
	"<noscript><meta http-equiv=\"refresh\" content=\"10\"></noscript>\n";

/* Shapes differ, not only colours. */
static const char sprite[] =
	"<svg class=\"sprite\" aria-hidden=\"true\">\n"
	"<symbol id=\"i-good\" viewBox=\"0 0 20 20\"><circle cx=\"10\" cy=\"10\" r=\"9\"/>"
	"<path d=\"M5.5 10.5l3 3 6-7\"/></symbol>\n"
	"<symbol id=\"i-info\" viewBox=\"0 0 20 20\"><circle cx=\"10\" cy=\"10\" r=\"9\"/>"
	"<path d=\"M10 9v5.5M10 5.2v.6\"/></symbol>\n"
	"<symbol id=\"i-warning\" viewBox=\"0 0 20 20\"><path class=\"shape\" d=\"M10 1.5L19.3 "
	"18H.7z\"/><path d=\"M10 7.5v5M10 15.2v.4\"/></symbol>\n"
	"<symbol id=\"i-critical\" viewBox=\"0 0 20 20\"><path class=\"shape\" d=\"M6.2 1h7.6L19 "
	"6.2v7.6L13.8 19H6.2L1 13.8V6.2z\"/><path d=\"M6.8 6.8l6.4 6.4M13.2 6.8l-6.4 "
	"6.4\"/></symbol>\n";

/* A class of its own fills each line: plain, or hatched where it alarms. */
static void add_sprite(struct buf *out)
{
	buf_add_text(out, sprite);
	buf_add_text(out, "<defs>\n");
	for (size_t i = 0; i < course_lines(); i++) {
		const char *word = course_line(i)->prom.word;

		buf_addf(out,
			 "<pattern id=\"p-%s\" class=\"l-%s\" width=\"8\" height=\"8\" "
			 "patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
			 "<rect class=\"ground\" width=\"8\" height=\"8\"/><rect class=\"stripe\" "
			 "width=\"3\" height=\"8\"/></pattern>\n",
			 word, word);
	}
	buf_add_text(out, "</defs>\n</svg>\n");
}

static const char *icon_colour(unsigned level)
{
	static const char *const colour[VIEW_LEVELS] = {"1a7f4b", "2563a8", "b7791f", "c0262d"};

	return colour[level];
}

static void add_head(struct buf *out, unsigned level)
{
	buf_add_text(out, head);
	buf_addf(out, "<link rel=\"stylesheet\" href=\".%s/page.css\">\n", page_asset_folder);
	buf_addf(out, "<script type=\"module\" src=\".%s/page.js\"></script>\n", page_asset_folder);
	buf_addf(out, "<link rel=\"icon\" href=\"%s%s%s\" data-good=\"%s\" data-info=\"%s\" ", ICON,
		 icon_colour(level), ICON_END, icon_colour(0), icon_colour(1));
	buf_addf(out, "data-warning=\"%s\" data-critical=\"%s\">\n</head>\n", icon_colour(2),
		 icon_colour(3));
}

static void add_time(struct buf *out, double seconds)
{
	time_t time = (time_t)seconds;
	struct tm utc;
	char text[32];

	if (gmtime_r(&time, &utc) == NULL)
		return;
	(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
	buf_addf(out, "<time id=\"time\" datetime=\"%s\">", text);
	(void)strftime(text, sizeof(text), "%H:%M:%S UTC", &utc);
	buf_addf(out, "%s</time>", text);
}

static void add_header(struct buf *out, const struct exporter_view *view)
{
	buf_add_text(out,
		     "<body>\n<a class=\"skip\" href=\"#sites\">Skip to the sites</a>\n<header>\n"
		     "<h1>connledger</h1>\n<p class=\"live\" id=\"live\"><span "
		     "id=\"state\">as of</span> ");
	add_time(out, view_time(view));
	buf_add_text(out, "</p>\n<button type=\"button\" id=\"pause\" aria-pressed=\"false\" "
			  "hidden>Pause</button>\n</header>\n"
			  "<p class=\"lost\" id=\"lost\" role=\"alert\" hidden></p>\n");
}

/* All sites together. */
static void add_verdict(struct buf *out, const struct exporter_view *view, unsigned level)
{
	size_t count[SEVERITY_CRITICAL + 1] = {0};
	size_t sites = 0;

	for (size_t i = 0; i < view->scrape_len; i++) {
		const struct finding *finding = view->scrape[i].findings.item;

		for (size_t k = 0; k < view->scrape[i].findings.len; k++)
			count[finding[k].severity]++;
		sites += view->scrape[i].findings.len > 0 ? 1 : 0;
	}
	buf_addf(out, "<p class=\"verdict %s\" id=\"verdict\" role=\"status\">",
		 page_level_class(level));
	page_add_icon(out, level);
	buf_add_text(out, "<span>");
	page_add_verdict(out, count);
	if (view->scrape_len > 1 && sites > 0)
		buf_addf(out, ", on %zu of %zu sites", sites, view->scrape_len);
	else if (view->scrape_len > 1)
		buf_addf(out, " on %zu sites", view->scrape_len);
	buf_add_text(out, "</span></p>\n");
}

/* The site in a line: how it is, its name, what was found, its connections. */
static void add_headline(struct buf *out, const struct scrape *scrape, bool alone)
{
	const struct finding *finding = scrape->findings.item;
	const struct ledger *ledger = &scrape->ledger;

	if (!alone)
		page_add_icon(out, view_level(scrape));
	/* Without a name of its own it is called by its target, which follows. */
	buf_add_text(out, alone && scrape->site->name[0] == '\0' ? "<h2 class=\"sr\">" : "<h2>");
	html_add(out, prom_site_name(scrape->site));
	buf_add_text(out, "</h2>");
	if (alone)
		return;
	buf_add_text(out, "<span class=\"names\" data-names>");
	for (size_t i = 0; i < scrape->findings.len; i++)
		buf_addf(out, "%s%s", i > 0 ? ", " : "", finding[i].name);
	buf_add_text(out, "</span><span class=\"count\" data-count>");
	if (ledger->asked && ledger->has_lines)
		page_add_number(out, ledger->total, "");
	else
		buf_add_text(out, "\xe2\x80\x93");
	buf_add_text(out, "</span>");
	page_add_bar(out, scrape);
}

/* `rank`: 0 for the site in the worst trouble. */
static void add_site(struct buf *out, const struct exporter_view *view, size_t number, size_t rank)
{
	bool whole = rank < EXPORTER_WHOLE_MAX;
	const struct scrape *scrape = &view->scrape[number];
	unsigned level = view_level(scrape);
	const struct page_site site = {
		.scrape = scrape, .course = view_course(view, number), .number = number};
	bool alone = view->scrape_len == 1;
	const char *tag = alone ? "section" : whole ? "details" : "div";

	buf_addf(out, "<%s class=\"site %s\" data-site=\"%zu\"%s>\n", tag, page_level_class(level),
		 number, whole && !alone && level > VIEW_GOOD && rank < OPEN_MAX ? " open" : "");
	buf_addf(out, "<%s class=\"headline\">", whole && !alone ? "summary" : "div");
	add_headline(out, scrape, alone);
	buf_addf(out, "</%s>\n", whole && !alone ? "summary" : "div");
	if (whole)
		page_add_site(out, &site);
	buf_addf(out, "</%s>\n", tag);
}

static void add_sites(struct buf *out, const struct exporter_view *view)
{
	struct view_walk walk = view_walk(view);
	size_t number;

	buf_addf(out, "<main id=\"sites\" tabindex=\"-1\" class=\"%s\">\n",
		 view->scrape_len > 1 ? "many" : "one");
	for (size_t i = 0; view_walk_next(&walk, &number); i++) {
		if (i == EXPORTER_WHOLE_MAX)
			buf_addf(out,
				 "<p class=\"quiet\">The %d sites in the worst trouble can be "
				 "opened. Of "
				 "the others below, the <a href=\"." EXPORTER_API_PATH
				 "\">JSON</a> has all.</p>\n",
				 EXPORTER_WHOLE_MAX);
		add_site(out, view, number, i);
	}
	buf_add_text(out, "</main>\n");
}

static void add_footer(struct buf *out, const struct exporter_view *view)
{
	buf_add_text(out, "<footer>\n<nav aria-label=\"Other pages\">\n<a href=\".");
	html_add(out, view->config->telemetry_path);
	buf_add_text(out, "\">Metrics</a>\n<a href=\"." EXPORTER_API_PATH
			  "\">JSON</a>\n<a href=\"." EXPORTER_HEALTHY_PATH "\">Health</a>\n</nav>\n"
			  "<p>connledger exporter " CONNLEDGER_VERSION "</p>\n</footer>\n");
}

void exporter_page(struct buf *out, const struct exporter_view *view)
{
	unsigned level = VIEW_GOOD;

	for (size_t i = 0; i < view->scrape_len; i++) {
		unsigned own = view_level(&view->scrape[i]);

		level = own > level ? own : level;
	}
	add_head(out, level);
	add_header(out, view);
	add_verdict(out, view, level);
	add_sites(out, view);
	add_footer(out, view);
	add_sprite(out);
	buf_add_text(out, "</body>\n</html>\n");
}
