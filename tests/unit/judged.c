/* SPDX-License-Identifier: MIT */
/* judged.c - judges a spoiled site; see judged.h. */
#include "judged.h"

#include "unit.h"

enum { ARENA_BYTES_MAX = 256 * 1024 };

void judged_init(struct judged *judged)
{
	*judged = (struct judged){0};
	healthy_init(&judged->site);
	history_init(&judged->history);
	arena_init(&judged->arena, ARENA_BYTES_MAX);
	judged_last(judged, 12, 60);
}

void judged_pass(struct judged *judged, double seconds)
{
	struct scrape *scrape = &judged->site.scrape;

	scrape->time += seconds;
	scrape->nginx.accepts += (uint64_t)(seconds * 5);
	scrape->nginx.requests += (uint64_t)(seconds * 30);
	scrape->totals.requests += (uint64_t)(seconds * 20);
	history_take(&judged->history, scrape);
}

void judged_last(struct judged *judged, unsigned times, double seconds)
{
	for (unsigned i = 0; i < times; i++)
		judged_pass(judged, seconds);
}

void judged_free(struct judged *judged)
{
	arena_free(&judged->arena);
}

/* Whole sentences in printable ASCII, nothing half-made in them. */
static void check_text(const char *name, const char *text)
{
	static const char *const never[] = {
		"  ",          " .",         " ,",         "..", " nan",
		"inf ",        " -0",        "(null)",     "%.", " 1 connections",
		" 1 requests", " 1 workers", " 1 clients", "\"", "`",
		"'",           "|",          "<",          ">",  "&",
		"$",           "~"};
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++) {
		if (text[i] < ' ' || text[i] > '~')
			fail_msg("%s: byte %d in \"%s\"", name, text[i], text);
	}
	if (len < 20 || text[len - 1] != '.' || text[0] == ' ')
		fail_msg("%s: no sentence: \"%s\"", name, text);
	for (size_t i = 0; i < ARRAY_LEN(never); i++) {
		if (strstr(text, never[i]) != NULL)
			fail_msg("%s: \"%s\" in \"%s\"", name, never[i], text);
	}
}

static void check_form(const struct judged_case *row, const struct finding *finding)
{
	assert_int_equal(finding->present, 1);
	assert_string_equal(finding->name, finding_name(finding->kind));
	assert_string_equal(finding->severity_name, severity_name(finding->severity));
	check_text(row->name, finding->what);
	check_text(row->name, finding->evidence);
	check_text(row->name, finding->advice);
}

static bool says(const struct finding *finding, const char *part)
{
	return strstr(finding->what, part) != NULL || strstr(finding->evidence, part) != NULL ||
	       strstr(finding->advice, part) != NULL;
}

static void check_first(const struct judged_case *row, const struct finding *finding)
{
	for (size_t i = 0; i < ARRAY_LEN(row->says) && row->says[i] != NULL; i++) {
		if (!says(finding, row->says[i]))
			fail_msg("%s: no \"%s\" in:\n%s\n%s\n%s", row->name, row->says[i],
				 finding->what, finding->evidence, finding->advice);
	}
	if (row->says_not != NULL && says(finding, row->says_not))
		fail_msg("%s: \"%s\" in:\n%s\n%s\n%s", row->name, row->says_not, finding->what,
			 finding->evidence, finding->advice);
}

static void check_case(const struct judged_case *row)
{
	struct judged judged;
	struct buf found;
	const struct finding *finding;

	judged_init(&judged);
	if (row->spoil != NULL)
		row->spoil(&judged);
	judged_pass(&judged, JUDGED_AFTER);
	assert_true(findings_make(&judged.findings, &judged.arena, &judged.site.scrape,
				  judged.no_history ? NULL : &judged.history));
	finding = judged.findings.item;
	buf_init(&found, JUDGED_LIST_MAX);
	for (size_t i = 0; i < judged.findings.len; i++) {
		buf_addf(&found, "%s%s:%s", i == 0 ? "" : " ", finding[i].name,
			 finding[i].severity_name);
		check_form(row, &finding[i]);
		assert_true(i == 0 || finding[i - 1].severity > finding[i].severity ||
			    (finding[i - 1].severity == finding[i].severity &&
			     finding[i - 1].kind < finding[i].kind));
	}
	if (strcmp(buf_text(&found), row->found) != 0)
		fail_msg("%s: found \"%s\", not \"%s\"", row->name, buf_text(&found), row->found);
	if (judged.findings.len > 0)
		check_first(row, &finding[0]);
	buf_free(&found);
	judged_free(&judged);
}

void judged_check(const struct judged_case *row, size_t len)
{
	for (size_t i = 0; i < len; i++)
		check_case(&row[i]);
}
