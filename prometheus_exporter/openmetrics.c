/* SPDX-License-Identifier: MIT */
/* openmetrics.c - families of OpenMetrics; see openmetrics.h. */
#include "openmetrics.h"

#include "text.h"

static const char *type_of(const struct prom_family *family)
{
	if (family->type == PROM_GAUGE)
		return "gauge\n";
	return family->base.len < strlen(family->name) ? "counter\n" : "unknown\n";
}

static void begin(void *ctx, const struct prom_family *family)
{
	struct buf *out = ctx;

	prom_text_begin(out, "TYPE", family->base);
	buf_add_text(out, type_of(family));
	if (family->unit != NULL) {
		prom_text_begin(out, "UNIT", family->base);
		buf_add_text(out, family->unit);
		buf_add_char(out, '\n');
	}
	prom_text_begin(out, "HELP", family->base);
	prom_add_help(out, family->help, true);
	buf_add_char(out, '\n');
}

const struct prom_printer prom_openmetrics_printer = {
	.label = prom_add_label,
	.begin = begin,
	.sample = prom_text_sample,
};
