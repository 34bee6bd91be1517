/* SPDX-License-Identifier: MIT */
/* limits.c - the values of -w and -c, given to the metrics they are for; see settings.h. */
#include "settings.h"

static void set(struct nagios_item *item, bool critical, const struct threshold *threshold)
{
	if (critical)
		item->critical = *threshold;
	else
		item->warning = *threshold;
}

static bool refuse_name(const struct nagios_settings *settings, struct str name, struct err *err)
{
	struct buf names;

	buf_init(&names, (size_t)2 * ERR_TEXT_MAX);
	nagios_items_names(&settings->items, &names);
	(void)err_set(err, ERR_USAGE, "unknown metric \"%.*s\": expected %s",
		      (int)(name.len < 40 ? name.len : 40), name.ptr, buf_text(&names));
	buf_free(&names);
	return false;
}

/* "10000,100,200", as Icinga's nginx_status command passes it: a limit each for the metrics of
 * program->list, reached at the number itself. */
static bool set_list(struct nagios_settings *settings, bool critical, const char *text,
		     struct err *err)
{
	const struct nagios_program *program = settings->program;
	struct str rest = str_of(text);

	for (size_t i = 0; i < NAGIOS_LIST_MAX; i++) {
		struct nagios_item *item =
			nagios_items_at(&settings->items, program->root[0], program->list[i]);
		struct threshold threshold;

		if (rest.ptr == NULL)
			return err_set(err, ERR_USAGE,
				       "\"%.60s\" is too short: expected three numbers", text);
		if (!threshold_parse_at_least(&threshold, str_cut(&rest, ','), err))
			return false;
		if (item != NULL)
			set(item, critical, &threshold);
	}
	if (rest.ptr != NULL)
		return err_set(err, ERR_USAGE, "\"%.60s\" is too long: expected three numbers",
			       text);
	return true;
}

bool nagios_set_threshold(struct nagios_settings *settings, bool critical, const char *value,
			  struct err *err)
{
	struct str range = str_of(value);
	struct nagios_item *item = nagios_items_main(&settings->items);
	bool named = str_find(range, '=') < range.len;
	struct threshold threshold;

	if (named) {
		struct str name = str_cut(&range, '=');

		item = nagios_items_find(&settings->items, name);
		if (item == NULL)
			return refuse_name(settings, name, err);
		if (range.len == 0)
			return err_set(err, ERR_USAGE, "the range of \"%.*s\" is empty",
				       (int)name.len, name.ptr);
	} else if (settings->program->list != NULL && str_find(range, ',') < range.len) {
		return set_list(settings, critical, value, err);
	}
	if (!threshold_parse(&threshold, range, err))
		return false;
	set(item, critical, &threshold);
	return true;
}
