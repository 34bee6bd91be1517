/* SPDX-License-Identifier: MIT */
/* words.c - command lines for tests; see words.h. */
#include "words.h"

#include <stdio.h>
#include <string.h>

void words_split(struct words *words, const char *line)
{
	char *at = words->text;

	(void)snprintf(words->text, sizeof(words->text), "%s", line);
	words->argc = 0;
	while (at != NULL && words->argc < WORDS_MAX) {
		char *blank = strchr(at, ' ');

		words->arg[words->argc++] = at;
		if (blank != NULL)
			*blank = '\0';
		at = blank == NULL ? NULL : blank + 1;
	}
	words->arg[words->argc] = NULL;
}
