/* SPDX-License-Identifier: MIT */
/* block.c - see block.h. */
#include "block.h"

#include "mock.h"
#include "unit.h"

enum { LINES_MAX = 12 };

static oconfig_value_t value_of(const struct line *line)
{
	oconfig_value_t value = {.type = OCONFIG_TYPE_BOOLEAN};

	if (line->text != NULL) {
		value.type = OCONFIG_TYPE_STRING;
		value.value.string = (char *)(uintptr_t)line->text;
	} else if (line->number != 0) {
		value.type = OCONFIG_TYPE_NUMBER;
		value.value.number = line->number;
	} else {
		value.value.boolean = line->boolean;
	}
	return value;
}

int configure(const struct line *line)
{
	static char root_key[] = "Plugin";
	static char site_key[] = "Site";
	static char site_name[] = "blog";
	oconfig_value_t name = {.type = OCONFIG_TYPE_STRING, .value = {.string = site_name}};
	oconfig_value_t value[LINES_MAX][2];
	oconfig_item_t item[LINES_MAX] = {0};
	oconfig_item_t site = {.key = site_key, .values = &name, .values_num = 1, .children = item};
	oconfig_item_t root = {.key = root_key, .children = &site, .children_num = 1};

	for (; line->key != NULL; line++, site.children_num++) {
		int at = site.children_num;

		assert_in_range(at, 0, LINES_MAX - 1);
		value[at][0] = value[at][1] = value_of(line);
		item[at] = (oconfig_item_t){.key = (char *)(uintptr_t)line->key,
					    .values = value[at],
					    .values_num = line->twice ? 2 : 1};
	}
	return mocked()->config(&root);
}
