/* SPDX-License-Identifier: MIT */
/* man.c - the manual pages of the checks; see man.h. */
#include "man.h"

#include "help.h"

/* ---- roff ------------------------------------------------------------------------------------ */

static void add_escaped(char c, bool literal, struct buf *out)
{
	static const struct {
		char c;
		const char *roff;
	} escape[] = {
		{'\\', "\\e"}, {'\'', "\\(aq"}, {'~', "\\(ti"}, {'^', "\\(ha"}, {'`', "\\(ga"}};

	for (size_t i = 0; i < ARRAY_LEN(escape); i++) {
		if (escape[i].c == c) {
			buf_add_text(out, escape[i].roff);
			return;
		}
	}
	if (c == '-' && literal)
		buf_add_char(out, '\\');
	buf_add_char(out, c);
}

/* What a person may copy: its dashes stay dashes. No line of it is a request. */
static void add_literal(struct str text, struct buf *out)
{
	if (text.len > 0 && (text.ptr[0] == '.' || text.ptr[0] == '\''))
		buf_add_text(out, "\\&");
	for (size_t i = 0; i < text.len; i++)
		add_escaped(text.ptr[i], true, out);
}

/* Sentences; options in them are words that begin with a dash. */
static void add_prose(struct str text, struct buf *out)
{
	while (text.ptr != NULL) {
		struct str word = str_cut(&text, ' ');
		bool option = str_starts(word, STR("-")) || str_starts(word, STR("(-")) ||
			      str_starts(word, STR("[-"));

		if (str_starts(word, STR(".")))
			buf_add_text(out, "\\&");
		for (size_t i = 0; i < word.len; i++)
			add_escaped(word.ptr[i], option, out);
		if (text.ptr != NULL)
			buf_add_char(out, ' ');
	}
	buf_add_char(out, '\n');
}

static void add_bold(const char *before, const char *text, struct buf *out)
{
	buf_add_text(out, "\\fB");
	add_literal(str_of(before), out);
	add_literal(str_of(text), out);
	buf_add_text(out, "\\fR");
}

static void add_section(const char *title, struct buf *out)
{
	buf_addf(out, ".SH %s\n", title);
}

/* Lines as they are, without the two blanks that they begin with. */
static void add_lines(const char *text, struct buf *out)
{
	struct str rest = str_of(text);

	buf_add_text(out, ".nf\n");
	while (rest.len > 0) {
		struct str line = str_cut(&rest, '\n');

		(void)str_take(&line, STR("  "));
		add_literal(line, out);
		buf_add_char(out, '\n');
	}
	buf_add_text(out, ".fi\n");
}

/* ---- sections -------------------------------------------------------------------------------- */

static void add_option(const struct option_spec *spec, struct buf *out)
{
	const char letter[] = {spec->letter, '\0'};

	buf_add_text(out, ".TP\n");
	if (spec->letter != '\0') {
		add_bold("-", letter, out);
		buf_add_text(out, ", ");
	}
	add_bold("--", spec->name, out);
	if (spec->arg != NULL) {
		buf_add_text(out, " \\fI");
		add_literal(str_of(spec->arg), out);
		buf_add_text(out, "\\fR");
	}
	buf_add_char(out, '\n');
	add_prose(str_of(spec->help), out);
}

static void add_options(const struct option_spec *spec, size_t len, struct buf *out)
{
	add_section("OPTIONS", out);
	for (size_t i = 0; i < len; i++) {
		if (spec[i].help != NULL)
			add_option(&spec[i], out);
	}
}

static void add_compatible(const struct nagios_program *program, const struct option_spec *spec,
			   size_t len, struct buf *out)
{
	const char *before = "Those that are not listed above: ";

	if (program->compatible == NULL)
		return;
	add_section("COMPATIBILITY", out);
	add_prose(str_of(program->compatible), out);
	for (size_t i = 0; i < len; i++) {
		if (spec[i].help != NULL)
			continue;
		buf_add_text(out, before);
		add_bold("--", spec[i].name, out);
		before = ",\n";
	}
	buf_add_text(out, ".\n");
}

static void add_metrics(const struct nagios_settings *settings, struct buf *out)
{
	add_section("METRICS", out);
	buf_add_text(out,
		     "They are what thresholds are for, and the labels of the performance data. "
		     "What is not known is left out.\n");
	for (size_t i = 0; i < settings->items.len; i++) {
		const struct metric *metric = settings->items.item[i].metric;

		buf_add_text(out, ".TP\n");
		add_bold("", metric->nagios.name, out);
		buf_add_text(out, metric->nagios.main ? " (of a lone RANGE)\n" : "\n");
		if (metric->kind == METRIC_COUNTER)
			buf_add_text(out, "Rate of: ");
		add_prose(str_of(metric->help), out);
	}
}

static void add_thresholds(const struct nagios_program *program, struct buf *out)
{
	add_section("THRESHOLDS", out);
	add_prose(str_of(nagios_help_ranges()), out);
	for (size_t i = 0; i < nagios_range_help_len; i++) {
		buf_add_text(out, ".TP 10\n");
		add_bold("", nagios_range_help[i].range, out);
		buf_add_char(out, '\n');
		add_prose(str_of(nagios_range_help[i].alerts), out);
	}
	buf_add_text(out, ".PP\n");
	add_prose(str_of("Anything else is an error and no guess."), out);
	buf_add_text(out, ".PP\n");
	add_prose(str_of(nagios_help_verdict(program)), out);
}

static void add_surroundings(const struct nagios_program *program, struct buf *out)
{
	add_section("EXIT STATUS", out);
	add_prose(str_of(nagios_help_exit(program)), out);
	add_section("ENVIRONMENT", out);
	buf_add_text(out, ".TP\n\\fBMP_STATE_PATH\\fR, \\fBNAGIOS_PLUGIN_STATE_DIRECTORY\\fR\n");
	add_prose(str_of("where state is kept, in this order, unless --state-dir says it"), out);
	buf_add_text(out, ".TP\n\\fBMP_CONFIG_FILE\\fR, \\fBNAGIOS_CONFIG_PATH\\fR\n");
	add_prose(str_of("the file for --extra-opts, or folders with such a file"), out);
	add_section("FILES", out);
	buf_add_text(out, ".TP\n\\fI/var/tmp/connledger\\-UID/\\fR\n");
	add_prose(str_of("what one run leaves for the next one; only its user can read it"), out);
	buf_add_text(out, ".TP\n\\fI/etc/monitoring\\-plugins/monitoring\\-plugins.ini\\fR\n");
	add_prose(str_of("the usual file for --extra-opts: a section of the check's name, with a "
			 "line \"option = value\" for each option"),
		  out);
}

/* The other two pages. */
static void add_see_also(const struct nagios_program *program, struct buf *out)
{
	static const char *const page[] = {"check_connections", "check_nginx", "check_uwsgi"};
	const char *before = "";

	add_section("SEE ALSO", out);
	for (size_t i = 0; i < ARRAY_LEN(page); i++) {
		if (strcmp(page[i], program->name) == 0)
			continue;
		buf_addf(out, "%s\\fB%s\\fR(1)", before, page[i]);
		before = ", ";
	}
	buf_add_char(out, '\n');
}

static void add_title(const struct nagios_program *program, struct buf *out)
{
	buf_add_text(out, ".TH ");
	for (const char *c = program->name; *c != '\0'; c++)
		buf_add_char(out, *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c);
	buf_addf(out, " 1 \"\" \"connledger %s\" \"Monitoring checks\"\n", CONNLEDGER_VERSION);
	/* Names of options and metrics are not to be torn apart. */
	buf_add_text(out, ".nh\n.ad l\n");
}

static const char *no_variable(const void *ctx, const char *name)
{
	(void)ctx;
	(void)name;
	return NULL;
}

void nagios_man(const struct nagios_program *program, struct buf *out)
{
	static const struct nagios_env env = {.get = no_variable, .ctx = NULL};
	struct option_spec spec[NAGIOS_OPTIONS_MAX];
	size_t len = nagios_options(program, spec);
	struct nagios_settings settings;

	nagios_settings_init(&settings, program, &env);
	add_title(program, out);
	add_section("NAME", out);
	buf_addf(out, "%s \\- ", program->name);
	add_prose(str_of(program->summary), out);
	add_section("SYNOPSIS", out);
	add_lines(program->usage, out);
	add_section("DESCRIPTION", out);
	add_prose(str_of(program->about), out);
	add_options(spec, len, out);
	add_metrics(&settings, out);
	add_thresholds(program, out);
	add_surroundings(program, out);
	add_compatible(program, spec, len, out);
	add_section("EXAMPLES", out);
	add_lines(program->examples, out);
	add_see_also(program, out);
	nagios_settings_free(&settings);
}
