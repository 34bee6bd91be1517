/* SPDX-License-Identifier: MIT */
/* page_course.c - the ledger over the last minutes, as stacked areas; see page_part.h. page.js
 * draws the same. */
#include "page_part.h"

enum {
	WIDTH = 900,
	HEIGHT = 200,
	TIMES = 3,         /* labels of the time axis beside "now" */
	GAP_SECONDS = 330, /* samples further apart are not joined: nobody looked in between */
};

/* How many minutes are drawn: the shortest of these that shows all that is remembered, so that a
 * young course can be seen too. */
static const unsigned window_minutes[] = {3, 6, 15};

/* The samples that are drawn. The oldest may lie outside of the drawing, on the way into it. */
struct span {
	const struct course *course;
	size_t first, end;
	double now;
	double window;              /* seconds */
	double least, most, newest; /* connections */
	double top;                 /* of the scale */
};

static double height_of(const struct course_sample *sample, size_t lines)
{
	double sum = 0;

	for (size_t i = 0; i < lines; i++)
		sum += sample->line[i] > 0 ? (double)sample->line[i] : 0;
	return sum;
}

/* A round number with a whole half. */
static double round_up(double most)
{
	static const double step[] = {2, 4, 6, 8, 10, 20};
	double factor = 1;

	while (most > 10 * factor)
		factor *= 10;
	for (size_t i = 0; i < ARRAY_LEN(step); i++) {
		if (most <= step[i] * factor)
			return step[i] * factor;
	}
	return most;
}

static struct span find_span(const struct page_site *site)
{
	struct span span = {.course = site->course, .now = site->scrape->time};
	double age = 0;

	if (site->course != NULL) {
		span.end = site->course->len;
		age = span.now - course_at(site->course, 0)->time;
	}
	for (size_t i = 0; i < ARRAY_LEN(window_minutes) && (i == 0 || span.window < age); i++)
		span.window = window_minutes[i] * 60.0;
	while (span.first + 1 < span.end &&
	       course_at(site->course, span.first + 1)->time < span.now - span.window)
		span.first++;
	for (size_t i = span.first; i < span.end; i++) {
		double height = height_of(course_at(site->course, i), course_lines());

		span.least = i == span.first || height < span.least ? height : span.least;
		span.most = height > span.most ? height : span.most;
		span.newest = height;
	}
	span.top = round_up(span.most);
	return span;
}

static void add_point(struct buf *out, const struct span *span, size_t i, size_t lines)
{
	const struct course_sample *sample = course_at(span->course, i);

	page_add_decimal(out, WIDTH - (span->now - sample->time) / span->window * WIDTH, 1);
	buf_add_char(out, ' ');
	page_add_decimal(out, HEIGHT - height_of(sample, lines) / span->top * HEIGHT, 1);
}

static bool is_joined(const struct span *span, size_t i)
{
	return course_at(span->course, i)->time - course_at(span->course, i - 1)->time <=
	       GAP_SECONDS;
}

/* The area of a line over the samples `from` to `end`: along its top, and back along its foot. */
static void add_area(struct buf *out, const struct span *span, size_t from, size_t end, size_t line)
{
	for (size_t i = from; i < end; i++) {
		buf_add_char(out, i == from ? 'M' : 'L');
		add_point(out, span, i, line + 1);
	}
	for (size_t i = end; i-- > from;) {
		buf_add_char(out, 'L');
		add_point(out, span, i, line);
	}
	buf_add_char(out, 'Z');
}

static bool is_drawn(const struct span *span, size_t line)
{
	for (size_t i = span->first; i < span->end; i++) {
		if (course_at(span->course, i)->line[line] > 0)
			return true;
	}
	return false;
}

static void add_path(struct buf *out, const struct span *span, size_t line)
{
	size_t from = span->first;

	buf_add_text(out, "<path class=\"l-");
	html_add(out, course_line(line)->prom.word);
	buf_add_text(out, "\" d=\"");
	for (size_t i = from + 1; is_drawn(span, line) && i <= span->end; i++) {
		if (i < span->end && is_joined(span, i))
			continue;
		if (i - from > 1)
			add_area(out, span, from, i, line);
		from = i;
	}
	buf_add_text(out, "\"/>");
}

/* The drawing in words. */
static void add_summary(struct buf *out, const struct span *span)
{
	if (span->end - span->first < 2) {
		buf_add_text(out, "The course begins now: it grows with every scrape.");
		return;
	}
	buf_add_text(out, "Connections in the last ");
	page_add_number(
		out,
		fmin(span->window, round(span->now - course_at(span->course, span->first)->time)),
		"seconds");
	buf_add_text(out, ": ");
	if (span->least == span->most) {
		page_add_number(out, span->most, "");
		buf_add_text(out, " throughout.");
		return;
	}
	buf_add_text(out, "between ");
	page_add_number(out, span->least, "");
	buf_add_text(out, " and ");
	page_add_number(out, span->most, "");
	buf_add_text(out, ", now ");
	page_add_number(out, span->newest, "");
	buf_add_char(out, '.');
}

static void add_scale(struct buf *out, double top)
{
	buf_add_text(out, "<ol class=\"scale\" aria-hidden=\"true\"><li data-top>");
	page_add_number(out, top, "");
	buf_add_text(out, "</li><li data-half>");
	page_add_number(out, top / 2, "");
	buf_add_text(out, "</li><li>0</li></ol>");
}

static void add_times(struct buf *out, const struct span *span)
{
	buf_add_text(out, "<ol class=\"time\" aria-hidden=\"true\">");
	for (unsigned i = TIMES; i > 0; i--)
		buf_addf(out, "<li>%u min%s</li>", (unsigned)span->window / 60 / TIMES * i,
			 i == TIMES ? " ago" : "");
	buf_add_text(out, "<li>now</li></ol>\n");
}

void page_add_course(struct buf *out, const struct page_site *site)
{
	struct span span = find_span(site);

	buf_add_text(out, "<figure class=\"course\" data-course>\n<div class=\"plot\">");
	add_scale(out, span.top > 0 ? span.top : 2);
	buf_addf(out,
		 "<svg viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" role=\"img\" "
		 "aria-labelledby=\"c%zu\" aria-describedby=\"d%zu\">",
		 WIDTH, HEIGHT, site->number, site->number);
	buf_addf(out,
		 "<title id=\"c%zu\">Connections over the last minutes, by who held them</title>",
		 site->number);
	buf_add_text(
		out,
		"<path class=\"grid\" d=\"M0 0H900M0 100H900M0 200H900M300 0V200M600 0V200\"/>");
	for (size_t i = 0; i < course_lines(); i++)
		add_path(out, &span, i);
	buf_add_text(out, "</svg></div>\n");
	add_times(out, &span);
	buf_addf(out, "<figcaption id=\"d%zu\">", site->number);
	add_summary(out, &span);
	buf_add_text(out, "</figcaption>\n</figure>\n");
}
