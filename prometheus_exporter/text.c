/* SPDX-License-Identifier: MIT */
/* text.c - families and samples of the text format; see text.h. */
#include "text.h"

void prom_text_begin(struct buf *out, const char *word, struct str name)
{
	buf_add_text(out, "# ");
	buf_add_text(out, word);
	buf_add_char(out, ' ');
	buf_add_str(out, name);
	buf_add_char(out, ' ');
}

static void begin(void *ctx, const struct prom_family *family)
{
	struct buf *out = ctx;

	prom_text_begin(out, "HELP", str_of(family->name));
	prom_add_help(out, family->help, false);
	buf_add_char(out, '\n');
	prom_text_begin(out, "TYPE", str_of(family->name));
	buf_add_text(out, family->type == PROM_COUNTER ? "counter\n" : "gauge\n");
}

void prom_text_sample(void *ctx, const struct prom_family *family, const struct prom_sample *sample)
{
	struct buf *out = ctx;

	buf_add_text(out, family->name);
	if (sample->labels.len > 0 || sample->label != NULL) {
		buf_add_char(out, '{');
		buf_add_str(out, sample->labels);
		if (sample->label != NULL)
			prom_add_label(out, out->len - sample->labels.len, sample->label,
				       str_of(sample->word));
		buf_add_char(out, '}');
	}
	buf_add_char(out, ' ');
	value_print(sample->value, out);
	buf_add_char(out, '\n');
}

const struct prom_printer prom_text_printer = {
	.label = prom_add_label,
	.begin = begin,
	.sample = prom_text_sample,
};
