/* SPDX-License-Identifier: MIT */
/* help.c - the text of --help; see help.h. */
#include "help.h"

enum { HELP_WIDTH = 80, HELP_COLUMN = 28 };

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

static void add_blanks(struct buf *out, size_t count)
{
	while (count-- > 0)
		buf_add_char(out, ' ');
}

/* Words of `text` from `column` on, which is where the line already is. */
static void add_wrapped(struct buf *out, size_t column, const char *text)
{
	struct str rest = str_of(text);

	while (rest.ptr != NULL) {
		struct str word = str_cut(&rest, ' ');

		if (column > HELP_COLUMN && column + 1 + word.len > HELP_WIDTH) {
			buf_add_char(out, '\n');
			add_blanks(out, HELP_COLUMN);
			column = HELP_COLUMN;
		} else if (column > HELP_COLUMN) {
			buf_add_char(out, ' ');
			column++;
		}
		buf_add_str(out, word);
		column += word.len;
	}
	buf_add_char(out, '\n');
}

static void add_metric(const struct nagios_item *item, struct buf *out)
{
	size_t from = out->len;

	buf_addf(out, "  %s ", item->metric->nagios.name);
	while (out->len - from < HELP_COLUMN)
		buf_add_char(out, ' ');
	if (item->metric->kind == METRIC_COUNTER)
		buf_add_text(out, "rate of:");
	add_wrapped(out, out->len - from, item->metric->help);
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
	buf_add_text(out, states);
	buf_addf(out, "\nExamples:\n%s", program->examples);
}
