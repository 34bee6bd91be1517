/* SPDX-License-Identifier: MIT */
/* given.c - a check's settings for tests; see given.h. */
#include "given.h"

static const char *no_variable(const void *ctx, const char *name)
{
	(void)ctx;
	(void)name;
	return NULL;
}

const struct nagios_env given_no_env = {.get = no_variable, .ctx = NULL};

bool given_parse(struct given *given, const struct nagios_program *program, const char *line)
{
	err_clear(&given->err);
	words_split(&given->words, line);
	nagios_settings_init(&given->settings, program, &given_no_env);
	return nagios_settings_parse(&given->settings, given->words.argc, given->words.arg,
				     &given->err);
}

void given_free(struct given *given)
{
	nagios_settings_free(&given->settings);
}
