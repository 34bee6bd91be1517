/* SPDX-License-Identifier: MIT */
/* test_nagios_man.c - the manual pages say all that --help says, and in roff that is no accident.
 */
#include "unit.h"

#include "nagios/check.h"
#include "nagios/man.h"

static const struct nagios_program *const program[] = {&nagios_program_nginx, &nagios_program_uwsgi,
						       &nagios_program_connections};

/* Whether `before`, `text` and "\\fR" stand there in one. */
static bool has(const struct buf *page, const char *before, const char *text)
{
	char wanted[200];

	(void)snprintf(wanted, sizeof(wanted), "%s%s\\fR", before, text);
	return strstr(buf_text(page), wanted) != NULL;
}

/* "worker-connections" as "worker\-connections". */
static void dashed(const char *text, char *ret, size_t size)
{
	size_t len = 0;

	for (; *text != '\0' && len + 3 < size; text++) {
		if (*text == '-')
			ret[len++] = '\\';
		ret[len++] = *text;
	}
	ret[len] = '\0';
}

static void every_option_and_metric_is_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(program); i++) {
		struct option_spec spec[NAGIOS_OPTIONS_MAX];
		size_t len = nagios_options(program[i], spec);
		struct nagios_items items;
		struct buf page;

		buf_init(&page, NAGIOS_MAN_BYTES_MAX);
		nagios_man(program[i], &page);
		assert_true(buf_ok(&page));
		for (size_t k = 0; k < len; k++) {
			char name[80];

			dashed(spec[k].name, name, sizeof(name));
			if (!has(&page, "\\fB\\-\\-", name))
				fail_msg("%s: --%s", program[i]->name, spec[k].name);
		}
		nagios_items_init(&items, program[i]->root, program[i]->root_len);
		for (size_t k = 0; k < items.len; k++) {
			if (!has(&page, ".TP\n\\fB", items.item[k].metric->nagios.name))
				fail_msg("%s", items.item[k].metric->nagios.name);
		}
		assert_non_null(
			strstr(buf_text(&page), "\n.TP 10\n\\fB\\(ti:10\\fR\nalert above 10\n"));
		buf_free(&page);
	}
}

/* A line that begins with a dot is a request, and is meant as one. */
static void requests_are_meant(void **state)
{
	static const char *const request[] = {".TH ", ".SH ", ".TP", ".PP",
					      ".nf",  ".fi",  ".nh", ".ad l"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(program); i++) {
		struct buf page;
		struct str rest;

		buf_init(&page, NAGIOS_MAN_BYTES_MAX);
		nagios_man(program[i], &page);
		rest = buf_str(&page);
		while (rest.len > 0) {
			struct str line = str_cut(&rest, '\n');
			bool meant = line.len > 0 && line.ptr[0] != '.' && line.ptr[0] != '\'';

			for (size_t k = 0; k < ARRAY_LEN(request); k++)
				meant = meant || str_starts(line, str_of(request[k]));
			if (!meant)
				fail_msg("\"%.*s\"", (int)line.len, line.ptr);
		}
		buf_free(&page);
	}
}

/* Whatever the texts begin their lines with. */
static void no_text_is_a_request(void **state)
{
	static const char *const wanted[] = {
		"\n.nf\n\\&.use \\-x\n\\&\\(aqand so\n.fi\n",
		"\n.SH DESCRIPTION\n\\&.so is \\&.nf for roff.\n",
		"\n.SH EXAMPLES\n.nf\n\\&.example\n\\(ti/a.b\n.fi\n",
	};
	struct nagios_program own = nagios_program_uwsgi;
	struct buf page;

	(void)state;
	own.usage = "  .use -x\n  'and so\n";
	own.about = ".so is .nf for roff.";
	own.examples = "  .example\n  ~/a.b\n";
	buf_init(&page, NAGIOS_MAN_BYTES_MAX);
	nagios_man(&own, &page);
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		if (strstr(buf_text(&page), wanted[i]) == NULL)
			fail_msg("no \"%s\" in:\n%s", wanted[i], buf_text(&page));
	}
	buf_free(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_option_and_metric_is_there),
		cmocka_unit_test(requests_are_meant),
		cmocka_unit_test(no_text_is_a_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
