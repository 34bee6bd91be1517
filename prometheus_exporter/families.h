/* SPDX-License-Identifier: MIT */
/* families.h - the walk over the metric table that all formats share. */
#ifndef CONNLEDGER_EXPORTER_FAMILIES_H
#define CONNLEDGER_EXPORTER_FAMILIES_H

#include "expose.h"
#include "printer.h"

/*
 * Hands all families of a scene to `printer`, what matters most first: whether targets are up,
 * nginx, the ledger and the findings, uWSGI's servers, the exporter itself, the servers' parts, and
 * last what there is very much of. With a limit of series what comes after it is counted instead,
 * and the gauge that says how many is within the limit. False when memory is out, or labels are
 * longer than PROM_LABELS_BYTES_MAX.
 */
bool prom_families_walk(const struct prom_printer *printer, void *ctx,
			const struct prom_scene *scene) MUST_CHECK NONNULL_ARGS(1, 3);

#endif
