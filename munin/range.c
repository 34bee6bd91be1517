/* SPDX-License-Identifier: MIT */
/* range.c - Munin's grammar of warning and critical; see encode.h. */
#include "encode.h"

/* "" for an open end; exponents are beyond Munin. */
static bool limit_parse(struct str text, bool *open, double *ret)
{
	*open = text.len == 0;
	if (*open)
		return true;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == 'e' || text.ptr[i] == 'E')
			return false;
	}
	return str_to_double(text, ret);
}

bool munin_range_valid(struct str range)
{
	size_t colon = str_find(range, ':');
	struct str rest = range;
	struct str first = str_cut(&rest, ':');
	bool open_min = true;
	bool open_max = true;
	double min = 0;
	double max = 0;

	if (colon == range.len)
		return range.len > 0 && limit_parse(range, &open_max, &max);
	if (!limit_parse(first, &open_min, &min) || !limit_parse(rest, &open_max, &max))
		return false;
	if (open_min && open_max)
		return false;
	return open_min || open_max || min <= max;
}
