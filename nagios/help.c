/* SPDX-License-Identifier: MIT */
/* help.c - the texts of --help and of wrong usage; see help.h. */
#include "help.h"

#include "encode.h"

#define MAIN_MARK "(a lone RANGE is for this one) "

enum { HELP_TEXT_MAX = 512, RANGE_WIDTH = 9, OPTIONS_TEXT_MAX = 4096 };

/* ---- what the man page says too -------------------------------------------------------------- */

const struct nagios_range_help nagios_range_help[] = {
	{"10", "alert below 0 or above 10 (10 itself is fine)"},
	{"10:", "alert below 10"},
	{"~:10", "alert above 10"},
	{"10:20", "alert outside of 10 to 20"},
	{"@10:20", "alert within 10 to 20"},
};
const size_t nagios_range_help_len = ARRAY_LEN(nagios_range_help);

const char *nagios_help_ranges(void)
{
	return "A RANGE is [@]START:END as in all Nagios plugins, and the ends belong to it:";
}

const char *nagios_help_verdict(const struct nagios_program *program)
{
	if (program->ledger)
		return "Without -w and -c the findings decide: a critical finding is CRITICAL, a "
		       "warning is WARNING. With them only the metrics that they name are judged, "
		       "and -v shows the findings. Some need what earlier runs saw (--state-dir, "
		       "--sample).";
	return "Without -w and -c nothing but a server that gives no good answer alerts "
	       "(--unreachable). Rates need an earlier run, or --sample: in the first run, after a "
	       "restart of the server, or when the last run is more than an hour ago, they are "
	       "left "
	       "out, and their thresholds wait.";
}

const char *nagios_help_exit(const struct nagios_program *program)
{
	(void)program;
	return "0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN (wrong usage, --help, --version, or a "
	       "threshold for something that is not known). Of several, CRITICAL comes first, then "
	       "WARNING, UNKNOWN, OK.";
}

/* ---- --help ---------------------------------------------------------------------------------- */

static void add_metric(const struct nagios_item *item, struct buf *out)
{
	bool rate = item->metric->kind == METRIC_COUNTER;
	char text[HELP_TEXT_MAX];
	size_t line = out->len;

	(void)snprintf(text, sizeof(text), "%s%s%s", item->metric->nagios.main ? MAIN_MARK : "",
		       rate ? "rate of: " : "", item->metric->help);
	buf_addf(out, "  %s", item->metric->nagios.name);
	option_help_add(out, line, text);
}

static void add_ranges(struct buf *out)
{
	buf_addf(out, "\n%s\n", nagios_help_ranges());
	for (size_t i = 0; i < nagios_range_help_len; i++)
		buf_addf(out, "  %-*s%s\n", RANGE_WIDTH, nagios_range_help[i].range,
			 nagios_range_help[i].alerts);
}

/* "Title: text", wrapped. */
static void add_paragraph(struct buf *out, const char *title, const char *text)
{
	buf_addf(out, "\n%s", title);
	option_wrap(out, strlen(title), 0, str_of(text));
}

void nagios_help(const struct nagios_settings *settings, struct buf *out)
{
	const struct nagios_program *program = settings->program;
	struct option_spec spec[NAGIOS_OPTIONS_MAX];
	struct option_set set = {.spec = spec, .len = nagios_options(program, spec)};

	buf_addf(out, "%s %s (connledger): %s\n\nUsage:\n%s\n", program->name, CONNLEDGER_VERSION,
		 program->summary, program->usage);
	option_help(&set, out);
	buf_add_text(out, "\nMetrics, which are the labels of the performance data too:\n");
	for (size_t i = 0; i < settings->items.len; i++)
		add_metric(&settings->items.item[i], out);
	add_ranges(out);
	add_paragraph(out, "", nagios_help_verdict(program));
	add_paragraph(out, "Exit status: ", nagios_help_exit(program));
	buf_addf(out, "\nExamples:\n%s", program->examples);
	if (program->compatible != NULL)
		add_paragraph(out, "", program->compatible);
}

/* ---- wrong usage ----------------------------------------------------------------------------- */

void nagios_usage(const struct nagios_program *program, struct buf *out)
{
	static const char title[] = "Options: ";
	struct option_spec spec[NAGIOS_OPTIONS_MAX];
	size_t len = nagios_options(program, spec);
	struct buf text;

	buf_init(&text, OPTIONS_TEXT_MAX);
	for (size_t i = 0; i < len; i++) {
		const char *arg = spec[i].arg;

		if (spec[i].help == NULL)
			continue;
		if (spec[i].letter != '\0')
			buf_addf(&text, "-%c/", spec[i].letter);
		buf_addf(&text, "--%s%s%s ", spec[i].name, arg == NULL ? "" : "=",
			 arg == NULL ? "" : arg);
	}
	buf_addf(out, "Usage:\n%s%s", program->usage, title);
	nagios_add_wrapped(out, strlen(title), str_trim(buf_str(&text)));
	buf_free(&text);
}
