/* SPDX-License-Identifier: MIT */
/* expose.c - see expose.h. */
#include "expose.h"

#include "text.h"

void prom_expose(struct buf *out, enum prom_format format, const struct prom_scene *scene)
{
	(void)format;
	prom_text_encode(out, scene->scrape, scene->scrape_len, scene->options);
}
