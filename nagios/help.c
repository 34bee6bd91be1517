/* SPDX-License-Identifier: MIT */
/* help.c - the text of --help; see help.h. */
#include "help.h"

#define MAIN_MARK "(a lone RANGE is for this one) "

enum { HELP_TEXT_MAX = 256 };

static const char ranges[] =
	"\nA RANGE is [@]START:END as in all Nagios plugins, and the ends belong to it:\n"
	"  10       alert below 0 or above 10     (10 itself is fine)\n"
	"  10:      alert below 10\n"
	"  ~:10     alert above 10\n"
	"  10:20    alert outside of 10 to 20\n"
	"  @10:20   alert within 10 to 20\n";

static const char states[] =
	"\nExit status: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN (wrong usage, or a threshold\n"
	"for something that is not known). Rates need an earlier run, or --sample: until\n"
	"then they are left out, and their thresholds wait.\n";

static const char findings[] =
	"\nWithout -w and -c the findings decide: a critical finding is CRITICAL, a warning\n"
	"is WARNING. With them only the metrics that they name are judged, and -v shows\n"
	"the findings. Some need what earlier runs saw (--state-dir, --sample).\n"
	"\nExit status: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN (wrong usage, or a threshold\n"
	"for something that is not known).\n";

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
	buf_add_text(out, ranges);
	buf_add_text(out, program->ledger ? findings : states);
	buf_addf(out, "\nExamples:\n%s", program->examples);
}
