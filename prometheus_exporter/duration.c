/* SPDX-License-Identifier: MIT */
/* duration.c - Go's lengths of time; see duration.h. */
#include "duration.h"

/* Before another unit that it begins with, the longer one. */
static const struct unit {
	struct str name;
	double seconds;
} unit_all[] = {
	{{"ms", 2}, 1e-3}, {{"us", 2}, 1e-6}, {{"ns", 2}, 1e-9},
	{{"h", 1}, 3600},  {{"m", 1}, 60},    {{"s", 1}, 1},
};

static bool take_number(struct str *text, double *ret)
{
	struct str number = *text;

	while (text->len > 0 && ((*text->ptr >= '0' && *text->ptr <= '9') || *text->ptr == '.'))
		*text = (struct str){text->ptr + 1, text->len - 1};
	number.len -= text->len;
	return str_to_double(number, ret);
}

static bool take_unit(struct str *text, double *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(unit_all); i++) {
		if (str_take(text, unit_all[i].name)) {
			*ret = unit_all[i].seconds;
			return true;
		}
	}
	return false;
}

bool duration_parse(struct str text, double *seconds)
{
	double sum = 0;

	*seconds = 0;
	if (str_equal(text, STR("0")))
		return true;
	if (text.len == 0)
		return false;
	while (text.len > 0) {
		double number;
		double unit;

		if (!take_number(&text, &number) || !take_unit(&text, &unit))
			return false;
		sum += number * unit;
	}
	*seconds = sum;
	return sum <= DURATION_SECONDS_MAX;
}
