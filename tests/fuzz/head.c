/* SPDX-License-Identifier: MIT */
/* head.c - fuzzes what is read of a request's head. The first line of the input is a target, each
 * other one a header; what is taken for good has one host, a path, and lengths that agree. */
#include "prometheus_exporter/head.h"

#include <stdlib.h>
#include <strings.h>

static size_t count(const char *text, const char *name)
{
	size_t len = 0;

	for (const char *at = text; at != NULL; at = strchr(at + 1, '\n'))
		len += strncasecmp(at, name, strlen(name)) == 0 ? 1 : 0;
	return len;
}

static void check_target(struct str raw)
{
	char *path = malloc(raw.len + 1);
	struct str host;
	struct str name;
	struct str port;

	if (path == NULL)
		return;
	if (head_target(raw, path, &host) == NULL) {
		if ((path[0] != '/' && strcmp(path, "*") != 0) || strlen(path) > raw.len + 1)
			abort();
		if (host.ptr != NULL && !head_host(host, &name, &port))
			abort();
	}
	free(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct head_request request = {"GET", "/", 1, "HTTP/1.1"};
	char *text = str_dup((struct str){(const char *)data, size});
	struct head head = {.in_place = false};
	struct str rest = str_of(text);
	struct str line = str_cut(&rest, '\n');
	const char *lines = rest.ptr;

	if (text == NULL)
		return 0;
	check_target(line);
	head_begin(&head, &request);
	while (rest.ptr != NULL) {
		struct str value = str_cut(&rest, '\n');
		struct str name = str_cut(&value, ':');

		head_line(&head, name, value.ptr != NULL ? value : STR(""));
	}
	if (head_end(&head, 0) == NULL &&
	    (lines == NULL || head.host.len == 0 || count(text, "\nhost:") != 1 ||
	     count(text, "\ncontent-length:") + count(text, "\ntransfer-encoding:") > 1))
		abort();
	free(text);
	return 0;
}
