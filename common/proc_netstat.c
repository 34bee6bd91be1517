/* SPDX-License-Identifier: MIT */
/* proc_netstat.c - the counters of a network namespace; see proc_netstat.h. */
#include "proc_netstat.h"

static bool take_line(struct str *text, struct str *ret)
{
	size_t len = str_find(*text, '\n');

	if (len == text->len)
		return false;
	*ret = (struct str){text->ptr, len};
	text->ptr += len + 1;
	text->len -= len + 1;
	return true;
}

/* The next two lines, which begin with the same group; it is taken off. */
static bool take_group(struct str *text, struct str *group, struct str *names, struct str *values)
{
	if (!take_line(text, names) || !take_line(text, values))
		return false;
	*group = (struct str){names->ptr, str_find(*names, ':')};
	return str_take(names, *group) && str_take(names, STR(": ")) && str_take(values, *group) &&
	       str_take(values, STR(": "));
}

static bool find_column(struct str names, struct str values, struct str name, uint64_t *ret)
{
	uint64_t result = 0;
	bool found = false;

	/* str_cut() leaves NULL behind the last word only. */
	while (names.ptr != NULL && values.ptr != NULL) {
		struct str column = str_cut(&names, ' ');
		uint64_t value;

		if (column.len == 0 || !str_to_u64(str_cut(&values, ' '), &value))
			return false;
		if (!str_equal(column, name))
			continue;
		if (found)
			return false;
		found = true;
		result = value;
	}
	if (!found || names.ptr != NULL || values.ptr != NULL)
		return false;
	*ret = result;
	return true;
}

bool proc_netstat_find(struct str text, struct str group, struct str name, uint64_t *ret)
{
	struct str at, names, values;

	while (take_group(&text, &at, &names, &values)) {
		if (str_equal(at, group))
			return find_column(names, values, name, ret);
	}
	return false;
}
