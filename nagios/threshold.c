/* SPDX-License-Identifier: MIT */
/* threshold.c - ranges, read strictly; see threshold.h. */
#include "threshold.h"

#include <math.h>

enum { QUOTE_MAX = 60 };

static bool refuse(struct err *err, struct str text, const char *why)
{
	int len = (int)(text.len < QUOTE_MAX ? text.len : QUOTE_MAX);

	if (text.len == 0)
		return err_set(err, ERR_USAGE,
			       "the range is empty: expected one such as 10, 10: or 10:20");
	return err_set(err, ERR_USAGE, "bad range \"%.*s\": %s", len, text.ptr, why);
}

bool threshold_parse(struct threshold *threshold, struct str text, struct err *err)
{
	static const char expected[] = "expected [@]START:END, such as 10, 10:, 10:20 or @10:20";
	struct threshold range = {.set = true, .start = 0, .end = (double)INFINITY, .text = text};
	struct str end = text;
	struct str start;

	*threshold = (struct threshold){0};
	range.inside = str_take(&end, STR("@"));
	if (str_find(end, ':') == end.len) {
		if (!str_to_double(end, &range.end))
			return refuse(err, text, expected);
	} else {
		start = str_cut(&end, ':');
		if (start.len == 0 && end.len == 0)
			return refuse(err, text, expected);
		if (str_equal(start, STR("~")))
			range.start = -(double)INFINITY;
		else if (start.len > 0 && !str_to_double(start, &range.start))
			return refuse(err, text, expected);
		if (end.len > 0 && !str_to_double(end, &range.end))
			return refuse(err, text, expected);
	}
	if (range.start > range.end)
		return refuse(err, text,
			      range.start > 0 || range.start < 0
				      ? "its start is above its end"
				      : "it begins at 0, which is above its end");
	*threshold = range;
	return true;
}

bool threshold_parse_at_least(struct threshold *threshold, struct str text, struct err *err)
{
	double value = 0;

	*threshold = (struct threshold){0};
	text = str_trim(text);
	if (text.len == 0 || str_equal(text, STR("-1")))
		return true;
	if (!str_to_double(text, &value) || value < 0)
		return refuse(err, text, "expected a number, or -1 for none, in a list of three");
	*threshold = (struct threshold){
		.set = true, .inside = true, .start = value, .end = (double)INFINITY, .text = text};
	return true;
}

bool threshold_alerts(const struct threshold *threshold, double low, double high)
{
	if (!threshold->set)
		return false;
	if (threshold->inside)
		return low >= threshold->start && high <= threshold->end;
	return high < threshold->start || low > threshold->end;
}

void threshold_describe(const struct threshold *threshold, double value, struct buf *out)
{
	bool from = !isinf(threshold->start);
	bool to = !isinf(threshold->end);
	/* "0:10" is the upper limit that was given as "10". */
	bool is_limit = from && to && !threshold->inside && !(threshold->start < 0) &&
			!(threshold->start > 0);

	if (is_limit && value > threshold->end)
		from = false;
	else if (is_limit && value < threshold->start)
		to = false;
	if (from && to) {
		buf_add_text(out, threshold->inside ? "within " : "outside ");
		buf_add_double(out, threshold->start);
		buf_add_char(out, ':');
		buf_add_double(out, threshold->end);
	} else if (from) {
		buf_add_text(out, threshold->inside ? "not below " : "below ");
		buf_add_double(out, threshold->start);
	} else if (to) {
		buf_add_text(out, threshold->inside ? "not above " : "above ");
		buf_add_double(out, threshold->end);
	} else {
		buf_add_text(out, "whatever it is");
	}
}
