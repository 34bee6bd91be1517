/* SPDX-License-Identifier: MIT */
/* expose.c - the formats; see expose.h. */
#include "expose.h"

#include "families.h"
#include "openmetrics.h"
#include "protobuf.h"
#include "text.h"

static bool expose_protobuf(struct buf *out, const struct prom_scene *scene)
{
	struct prom_protobuf protobuf;
	bool ok;

	prom_protobuf_init(&protobuf, out);
	ok = prom_families_walk(&prom_protobuf_printer, &protobuf, scene);
	prom_protobuf_free(&protobuf);
	return ok;
}

void prom_expose(struct buf *out, enum prom_format format, const struct prom_scene *scene)
{
	bool ok = true;

	switch (format) {
	case PROM_TEXT:
		ok = prom_families_walk(&prom_text_printer, out, scene);
		break;
	case PROM_OPENMETRICS:
		ok = prom_families_walk(&prom_openmetrics_printer, out, scene);
		buf_add_text(out, OPENMETRICS_END);
		break;
	case PROM_PROTOBUF:
		ok = expose_protobuf(out, scene);
		break;
	}
	out->failed = out->failed || !ok;
}
