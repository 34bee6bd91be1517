/* SPDX-License-Identifier: MIT */
/*
 * http.h - the HTTP server: the telemetry path, /probe, the status page with its files and its
 * JSON, and /-/healthy, /-/ready, /-/reload. All connections, at whatever listening socket, are
 * served by the threads of the queue in turns, see queue.h. Serving never waits for a target or a
 * file of the configuration: who asks for metrics, or for a reload, is set aside until the queue
 * has the answer. One more thread ends connections that take too long.
 */
#ifndef CONNLEDGER_HTTP_H
#define CONNLEDGER_HTTP_H

#include "state.h"
#include "systemd.h"

struct exporter_http;

/* Listens and serves, where the options of the state in `now` say: those that a reload cannot
 * change. With --web.systemd-socket at systemd's sockets instead. `now` and `log` are borrowed
 * until exporter_http_stop(). NULL with `err` when an address cannot be listened at, or threads or
 * memory are missing. */
struct exporter_http *exporter_http_start(struct exporter_now *now, const struct systemd *systemd,
					  const struct exporter_log *log, struct err *err) NONNULL;

/* Stops listening, removes the files of unix sockets, and waits at most `seconds` for answers that
 * are being made or read. True when all has ended and is freed; false when a target still keeps an
 * answer waiting: its thread goes on, and the process should end. */
bool exporter_http_stop(struct exporter_http *http, double seconds) MUST_CHECK NONNULL;

#endif
