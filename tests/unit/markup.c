/* SPDX-License-Identifier: MIT */
/* markup.c - see markup.h. */
#include "markup.h"

#include <string.h>

#include "prometheus_exporter/label.h"
#include "unit.h"

enum { DEPTH_MAX = 64, ATTRIBUTES_MAX = 24 };

struct reader {
	const char *at;
	struct str open[DEPTH_MAX];
	size_t depth;
};

static void wrong(const struct reader *reader, const char *what)
{
	fail_msg("%s at: %.120s", what, reader->at);
}

static bool is_void(struct str name)
{
	static const char *const all[] = {"meta", "link", "br", "hr", "img", "input"};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		if (str_equal(name, str_of(all[i])))
			return true;
	}
	return false;
}

static struct str take_name(struct reader *reader)
{
	struct str name = {reader->at,
			   strspn(reader->at,
				  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"
				  ":_")};

	if (name.len == 0)
		wrong(reader, "no name");
	reader->at += name.len;
	return name;
}

static void take_reference(struct reader *reader)
{
	const char *end = strchr(reader->at, ';');

	if (end == NULL || end - reader->at > 8)
		wrong(reader, "a bare &");
	else
		reader->at = end + 1;
}

static void take_attribute(struct reader *reader, struct str *name)
{
	*name = take_name(reader);
	if (str_equal(*name, STR("style")) || str_starts(*name, STR("on")))
		wrong(reader, "an attribute that the policy forbids");
	if (*reader->at != '=')
		return;
	if (*++reader->at != '"')
		wrong(reader, "an attribute without quotes");
	for (reader->at++; *reader->at != '"';) {
		if (*reader->at == '\0' || *reader->at == '<')
			wrong(reader, "an attribute that does not end");
		else if (*reader->at == '&')
			take_reference(reader);
		else
			reader->at++;
	}
	reader->at++;
}

static void take_attributes(struct reader *reader)
{
	struct str seen[ATTRIBUTES_MAX];
	size_t len = 0;

	while (*reader->at == ' ') {
		reader->at++;
		assert_true(len < ATTRIBUTES_MAX);
		take_attribute(reader, &seen[len]);
		for (size_t i = 0; i < len; i++) {
			if (str_equal(seen[i], seen[len]))
				wrong(reader, "an attribute that stands twice");
		}
		len++;
	}
}

static void take_tag(struct reader *reader)
{
	bool closes = reader->at[1] == '/';
	struct str name;

	reader->at += closes ? 2 : 1;
	name = take_name(reader);
	if (closes) {
		if (reader->depth == 0 || !str_equal(reader->open[--reader->depth], name))
			wrong(reader, "an element that is not open");
	} else {
		take_attributes(reader);
		if (*reader->at == '/') {
			reader->at++;
		} else if (!is_void(name)) {
			assert_true(reader->depth < DEPTH_MAX);
			reader->open[reader->depth++] = name;
		}
	}
	if (*reader->at++ != '>')
		wrong(reader, "a tag that does not end");
}

static void check_bytes(const char *page)
{
	struct str rest = str_of(page);

	while (rest.len > 0) {
		size_t len = (unsigned char)*rest.ptr < 0x80 ? 1 : prom_utf8_len(rest);

		if (len == 0 || (*rest.ptr >= 0 && *rest.ptr < ' ' && *rest.ptr != '\n'))
			fail_msg("a bad byte at: %.60s", rest.ptr);
		rest.ptr += len;
		rest.len -= len;
	}
}

void markup_check(const char *page)
{
	static const char start[] = "<!DOCTYPE html>\n";
	struct reader reader = {.at = page};

	check_bytes(page);
	if (strncmp(page, start, sizeof(start) - 1) == 0)
		reader.at += sizeof(start) - 1;
	while (*reader.at != '\0') {
		if (*reader.at == '<')
			take_tag(&reader);
		else if (*reader.at == '&')
			take_reference(&reader);
		else
			reader.at++;
	}
	if (reader.depth > 0)
		fail_msg("never closed: %.*s", (int)reader.open[reader.depth - 1].len,
			 reader.open[reader.depth - 1].ptr);
}

unsigned markup_count(const char *text, const char *part)
{
	unsigned count = 0;

	for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
		count++;
	return count;
}

void markup_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("no %s in:\n%s", part, text);
}
