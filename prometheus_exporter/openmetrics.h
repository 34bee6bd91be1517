/* SPDX-License-Identifier: MIT */
/*
 * openmetrics.h - OpenMetrics 1.0. A counter there is named without "_total" and its series with
 * it; one that a peer has named otherwise is "unknown", so that the series are called the same in
 * each format.
 *
 *     # TYPE uwsgi_worker_transmitted_bytes counter
 *     # UNIT uwsgi_worker_transmitted_bytes bytes
 *     # HELP uwsgi_worker_transmitted_bytes Bytes that the worker has sent, headers and bodies
 *     uwsgi_worker_transmitted_bytes_total{stats_uri="127.0.0.1:1717",worker_id="1"} 41
 *     # EOF
 */
#ifndef CONNLEDGER_OPENMETRICS_H
#define CONNLEDGER_OPENMETRICS_H

#include "expose.h"
#include "printer.h"

/* The context is a struct buf. */
extern const struct prom_printer prom_openmetrics_printer;

/* What the last line must be. */
#define OPENMETRICS_END "# EOF\n"

#endif
