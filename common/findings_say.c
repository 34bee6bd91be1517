/* SPDX-License-Identifier: MIT */
/* findings_say.c - pieces of sentences; see findings_say.h. */
#include "findings_say.h"

#include <math.h>

enum { NAME_MAX_SAID = 100, MINUTE = 60, HOUR = 3600, DAY = 86400 };

void say_number(struct buf *out, double value)
{
	buf_add_decimal(out, value, 1);
}

const char *say_word(double value, const char *one, const char *many)
{
	return value == 1 ? one : many;
}

void say_count(struct buf *out, double value, const char *one, const char *many)
{
	say_number(out, value);
	buf_addf(out, " %s", say_word(value, one, many));
}

void say_span(struct buf *out, double seconds)
{
	/* A span is said in the unit of which there are two or more. */
	if (seconds < 2 * MINUTE)
		say_count(out, round(seconds), "second", "seconds");
	else if (seconds < 2 * HOUR)
		say_count(out, round(seconds / MINUTE), "minute", "minutes");
	else if (seconds < 2 * DAY)
		say_count(out, round(seconds / HOUR), "hour", "hours");
	else
		say_count(out, round(seconds / DAY), "day", "days");
}

void say_date(struct buf *out, double unix_seconds)
{
	time_t time = (time_t)unix_seconds;
	struct tm tm;
	char text[40];

	if (gmtime_r(&time, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		buf_add_text(out, "an unknown time");
	else
		buf_add_text(out, text);
}

void say_name(struct buf *out, const char *name)
{
	for (size_t i = 0; name[i] != '\0' && i < NAME_MAX_SAID; i++) {
		if (name[i] < ' ' || name[i] > '~')
			buf_add_char(out, '?');
		else
			buf_add_char(out, name[i]);
	}
}
