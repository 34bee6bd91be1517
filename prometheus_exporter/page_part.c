/* SPDX-License-Identifier: MIT */
/* page_part.c - numbers as people read them, and other small parts; see page_part.h. */
#include "page_part.h"

#define NARROW_SPACE "\xe2\x80\xaf" /* U+202F: does not break */
#define DASH         "\xe2\x80\x93"

enum { GROUP = 3, MINUTE = 60, HOUR = 3600, DAY = 86400 };

void page_add_decimal(struct buf *out, double number, unsigned decimals)
{
	double scale = pow(10, decimals);

	buf_add_decimal(out, round(number * scale) / scale, decimals);
}

/* "1204311.5" with a space between groups of three digits; short numbers stay as they are. */
static void add_grouped(struct buf *out, double number, unsigned decimals)
{
	struct buf plain;
	const char *text;
	size_t digits;

	buf_init(&plain, 512);
	page_add_decimal(&plain, number, decimals);
	text = buf_text(&plain);
	if (*text == '-')
		buf_add_char(out, *text++);
	digits = strspn(text, "0123456789");
	for (size_t left = digits; left > 0; left--) {
		if (left < digits && left % GROUP == 0 && digits > GROUP + 1)
			buf_add_text(out, NARROW_SPACE);
		buf_add_char(out, *text++);
	}
	buf_add_text(out, text);
	buf_free(&plain);
}

static void add_pair(struct buf *out, double seconds, unsigned big, const char *big_unit,
		     unsigned small, const char *small_unit)
{
	double count = floor(seconds / big);

	add_grouped(out, count, 0);
	buf_addf(out, NARROW_SPACE "%s", big_unit);
	buf_addf(out, " %u" NARROW_SPACE "%s", (unsigned)((seconds - count * big) / small),
		 small_unit);
}

static void add_seconds(struct buf *out, double seconds)
{
	if (seconds >= DAY) {
		add_pair(out, seconds, DAY, "d", HOUR, "h");
	} else if (seconds >= HOUR) {
		add_pair(out, seconds, HOUR, "h", MINUTE, "min");
	} else if (seconds >= MINUTE) {
		add_pair(out, seconds, MINUTE, "min", 1, "s");
	} else if (seconds >= 1 || seconds == 0) {
		page_add_decimal(out, seconds, 1);
		buf_add_text(out, NARROW_SPACE "s");
	} else {
		page_add_decimal(out, seconds * 1e3, seconds < 1e-2 ? 1 : 0);
		buf_add_text(out, NARROW_SPACE "ms");
	}
}

static void add_bytes(struct buf *out, double bytes)
{
	static const char *const unit[] = {"B", "kB", "MB", "GB", "TB"};
	size_t i = 0;

	for (; bytes >= 1000 && i + 1 < ARRAY_LEN(unit); i++)
		bytes /= 1000;
	page_add_decimal(out, bytes, i > 0 && bytes < 100 ? 1 : 0);
	buf_addf(out, NARROW_SPACE "%s", unit[i]);
}

void page_add_number(struct buf *out, double number, const char *unit)
{
	if (strcmp(unit, "seconds") == 0 && number >= 0) {
		add_seconds(out, number);
	} else if (strcmp(unit, "bytes") == 0 && number >= 0) {
		add_bytes(out, number);
	} else {
		add_grouped(out, number, 1);
		if (strcmp(unit, "percent") == 0)
			buf_add_text(out, NARROW_SPACE "%");
	}
}

void page_add_value(struct buf *out, const char *path, const struct metric *metric,
		    const void *object)
{
	double number;

	buf_addf(out, "<span data-v=\"%s.%s\" data-u=\"%s\">", path, metric->key, metric->unit);
	if (object != NULL && view_number(metric, object, &number))
		page_add_number(out, number, metric->unit);
	else
		buf_add_text(out, DASH);
	buf_add_text(out, "</span>");
}

const struct metric *page_row(const struct entity *entity, size_t offset)
{
	const struct metric *metric = entity->metric;

	while (metric->offset != offset || metric->is)
		metric++;
	return metric;
}

void page_add_key(struct buf *out, const struct metric *metric)
{
	for (const char *key = metric->key; *key != '\0'; key++)
		buf_add_char(out, *key == '_' ? ' ' : *key);
}

void page_add_entry(struct buf *out, const char *path, const struct metric *metric,
		    const void *object)
{
	double number;
	bool known = object != NULL && view_number(metric, object, &number);

	/* What a server may never tell is shown when it does. */
	buf_add_text(out, metric->known != NULL ? "<div data-maybe" : "<div");
	page_add_hidden(out, known || metric->known == NULL);
	buf_add_text(out, "><dt title=\"");
	html_add(out, metric->help);
	buf_add_text(out, "\">");
	page_add_key(out, metric);
	buf_add_text(out, "</dt><dd>");
	page_add_value(out, path, metric, object);
	if (metric->kind == METRIC_COUNTER)
		buf_addf(out, " <span class=\"rate\" data-rate=\"%s.%s\" data-u=\"%s\"></span>",
			 path, metric->key, metric->unit);
	buf_add_text(out, "</dd></div>\n");
}

void page_add_hidden(struct buf *out, bool shown)
{
	if (!shown)
		buf_add_text(out, " hidden");
}

void page_add_percent(struct buf *out, double part, double whole)
{
	double percent = whole > 0 ? part / whole * 100 : 0;

	page_add_decimal(out, percent < 0 ? 0 : percent > 100 ? 100 : percent, 2);
	buf_add_char(out, '%');
}

const char *page_level_class(unsigned level)
{
	return level == VIEW_GOOD ? "good" : view_level_name(level);
}

void page_add_icon(struct buf *out, unsigned level)
{
	buf_addf(out,
		 "<svg class=\"icon\" aria-hidden=\"true\" data-icon><use href=\"#i-%s\"/></svg>",
		 page_level_class(level));
}

/* The worst first. page.js has the same words. */
void page_add_verdict(struct buf *out, const size_t *count)
{
	static const char *const word[] = {
		[SEVERITY_INFO] = "hint",
		[SEVERITY_WARNING] = "warning",
		[SEVERITY_CRITICAL] = "critical finding",
	};
	bool any = false;

	for (size_t i = ARRAY_LEN(word); i-- > 0;) {
		if (count[i] == 0)
			continue;
		buf_addf(out, "%s%zu %s%s", any ? ", " : "", count[i], word[i],
			 count[i] > 1 ? "s" : "");
		any = true;
	}
	if (!any)
		buf_add_text(out, "Nothing was found wrong");
}

double page_line_drawn(const struct metric *line, const struct ledger *ledger)
{
	double number;

	return view_number(line, ledger, &number) && number > 0 ? number : 0;
}
