/* SPDX-License-Identifier: MIT */
/*
 * expose.h - scrapes as a Prometheus exposition, in one of its formats, with the same series in
 * each. Pure: no clock, no socket; /proc/self is read for the process_* metrics only.
 */
#ifndef CONNLEDGER_EXPORTER_EXPOSE_H
#define CONNLEDGER_EXPORTER_EXPOSE_H

#include "place.h"
#include "self.h"

enum prom_format {
	PROM_TEXT,        /* text 0.0.4; text 1.0.0 is the same bytes, since all names are ASCII */
	PROM_OPENMETRICS, /* OpenMetrics 1.0.0 */
	PROM_PROTOBUF,    /* io.prometheus.client.MetricFamily, delimited */
};

/* All cores of 200 workers with 256 cores each are about 40 MB. */
enum { PROM_BYTES_MAX = 256 * 1024 * 1024 };

struct prom_scene {
	const struct scrape *scrape;
	size_t scrape_len;
	const struct prom_labels *site_label; /* one for each scrape: what the configuration adds to
					       * its series; NULL: nothing */
	const struct prom_options *options;
	const struct exporter_self *self; /* NULL: nothing of the exporter itself */
};

/* Adds all families of all sites to `out`. A target that did not answer has its "up" 0 and its
 * duration, and nothing else. When memory is out, `out` fails. */
void prom_expose(struct buf *out, enum prom_format format, const struct prom_scene *scene) NONNULL;

#endif
