/* SPDX-License-Identifier: MIT */
/* accept.c - fuzzes the negotiation: each line of the input is a header line. What is chosen must
 * be a form of the exposition, and text where the lines hold nothing that names another one. */
#include "prometheus_exporter/negotiate.h"

#include <stdlib.h>

enum { LINES_MAX = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = size > 0 ? str_dup((struct str){(const char *)data, size}) : NULL;
	const char *line[LINES_MAX];
	size_t len = 0;
	enum exporter_form form;

	if (text == NULL)
		return 0;
	for (char *at = text; at != NULL && len < LINES_MAX;) {
		char *end = strchr(at, '\n');

		line[len++] = at;
		if (end != NULL)
			*end++ = '\0';
		at = end;
	}
	form = exporter_negotiate(line, len);
	if (form > EXPORTER_PROTOBUF ||
	    (form != EXPORTER_TEXT && size < sizeof("text/plain;version=1.0.0") - 1))
		abort();
	if (exporter_negotiate_gzip(line, len) && size < sizeof("*") - 1)
		abort();
	free(text);
	return 0;
}
