/* SPDX-License-Identifier: MIT */
/* metric_uwsgi.c - the rows of a uWSGI stats server as a whole: probe, server, listen sockets. */
#include "metric_table.h"

#include "model.h"

/* Rows are laid out by hand. */
/* clang-format off */

static const struct metric probe_metric[] = {
	{ .key = "up", FIELD(struct probe, up), .kind = METRIC_GAUGE, .derived = true, .unit = "",
	  .known = probe_knows,
	  .help = "Whether the uWSGI stats server was read and understood (1) or not (0)",
	  .prom = { .name = "uwsgi_up" } },
	{ .key = "seconds", FIELD(struct probe, seconds), .kind = METRIC_GAUGE, .derived = true,
	  .unit = "seconds", .help = "Time until the uWSGI stats server's answer was read",
	  .prom = { .name = "uwsgi_scrape_duration_seconds" } },
};

const struct entity entity_uwsgi_probe = {
	.name = "uwsgi_probe", .title = "uWSGI: the probe", .root = ROOT_UWSGI_PROBE,
	.size = sizeof(struct probe), METRICS(probe_metric),
};

static bool is_app(const void *object)
{
	const struct uwsgi_stats *stats = object;

	return stats->kind == UWSGI_APP;
}

static bool is_emperor(const void *object)
{
	const struct uwsgi_stats *stats = object;

	return stats->kind == UWSGI_EMPEROR;
}

static bool is_router(const void *object)
{
	const struct uwsgi_stats *stats = object;

	return stats->kind == UWSGI_ROUTER;
}

#define STATS(member) FIELD(struct uwsgi_stats, member)

static const struct metric uwsgi_metric[] = {
	{ .key = "listen_queue", STATS(listen_queue), .kind = METRIC_GAUGE,
	  .unit = "connections", .known = is_app,
	  .help = "Connections that no worker has taken yet, of the fullest TCP socket",
	  .prom = { .name = "uwsgi_listen_queue_length" } },
	{ .key = "listen_queue_errors", STATS(listen_queue_errors), .kind = METRIC_COUNTER,
	  .unit = "errors", .known = is_app, TOTAL(listen_queue_errors),
	  .help = "Listen queue errors; uWSGI never counts any, so that this stays 0",
	  .prom = { .name = "uwsgi_listen_queue_errors", .gauge = true,
		    .strict = "uwsgi_listen_queue_errors_total" } },
	{ .key = "signal_queue", STATS(signal_queue), .kind = METRIC_GAUGE, .unit = "bytes",
	  .known = is_app, TOTAL(signal_queue),
	  .help = "Bytes of uWSGI signals that wait for the master",
	  .prom = { .name = "uwsgi_signal_queue_length" } },
	{ .key = "load", STATS(load), .kind = METRIC_GAUGE, .unit = "connections",
	  .known = is_app, TOTAL(load), .help = "uWSGI's own measure of load: its listen queue",
	  .prom = { .name = "uwsgi_load" } },
	{ .key = "worker_count", STATS(worker_count), .kind = METRIC_GAUGE, .derived = true,
	  .unit = "workers", .known = is_app,
	  .help = "Workers that run or have run", .prom = { .name = "uwsgi_workers" } },
	{ .key = "unstarted", STATS(unstarted), .kind = METRIC_GAUGE, .derived = true,
	  .unit = "workers", .known = is_app, TOTAL(cheap),
	  .help = "Cheap workers that have never run", .prom = { .name = "uwsgi_workers_unstarted" } },
	{ .key = "folded", STATS(folded), .kind = METRIC_GAUGE, .derived = true, .unit = "entries",
	  .help = "Workers and sockets of the answer that were left out: listed twice or without "
		  "an id" },
	{ .key = "pid", STATS(pid), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Process id of the master" },
	{ .key = "uid", STATS(uid), .kind = METRIC_GAUGE, .unit = "",
	  .help = "User id that uWSGI runs as" },
	{ .key = "gid", STATS(gid), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Group id that uWSGI runs as" },
	{ .key = "emperor_tyrant", STATS(emperor_tyrant), .kind = METRIC_GAUGE, .unit = "",
	  .known = is_emperor, .help = "Whether the emperor starts each vassal as its file's owner" },
	{ .key = "throttle_level", STATS(throttle_level), .kind = METRIC_GAUGE,
	  .unit = "seconds", .scale = 1e-3, .known = is_emperor,
	  .help = "Pause before the emperor starts another vassal",
	  .prom = { .name = "uwsgi_emperor_throttle_seconds" } },
	{ .key = "active_sessions", STATS(active_sessions), .kind = METRIC_GAUGE,
	  .unit = "sessions", .known = is_router,
	  .help = "Sessions open in the router process that answered, the first one",
	  .prom = { .name = "uwsgi_router_active_sessions" } },
	{ .key = "cheap", STATS(cheap), .kind = METRIC_GAUGE, .unit = "", .known = is_router,
	  .help = "Whether the router waits for a node before it binds its sockets",
	  .prom = { .name = "uwsgi_router_cheap" } },
};

static const struct label uwsgi_label[] = {
	LABEL("version", NULL, struct uwsgi_stats, version),
	LABEL("cwd", NULL, struct uwsgi_stats, cwd),
};

const struct entity entity_uwsgi = {
	.name = "uwsgi", .title = "uWSGI: the server", .root = ROOT_UWSGI,
	.size = sizeof(struct uwsgi_stats), LABELS(uwsgi_label), METRICS(uwsgi_metric),
};

#define SOCKET(member) FIELD(struct uwsgi_socket, member)

static const struct metric socket_metric[] = {
	{ .key = "queue", SOCKET(queue), .kind = METRIC_GAUGE, .unit = "connections",
	  .help = "Connections that no worker has taken yet; uWSGI cannot see those of a unix socket "
		  "and says 0",
	  TOTAL(queue), .prom = { .name = "uwsgi_socket_queue_length" } },
	{ .key = "max_queue", SOCKET(max_queue), .kind = METRIC_GAUGE, .unit = "connections",
	  .help = "Connections that the queue has room for (listen); 0 where uWSGI cannot see it",
	  TOTAL(queue_max), .prom = { .name = "uwsgi_socket_max_queue_length" } },
	{ .key = "shared", SOCKET(shared), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Whether the socket is a shared one", .prom = { .name = "uwsgi_socket_shared" } },
	{ .key = "can_offload", SOCKET(can_offload), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Whether requests of this socket can go to an offload thread",
	  .prom = { .name = "uwsgi_socket_can_offload" } },
};

static const struct label socket_label[] = {
	LABEL("name", "name", struct uwsgi_socket, name),
	LABEL("proto", "proto", struct uwsgi_socket, proto),
};

const struct entity entity_uwsgi_socket = {
	.name = "uwsgi_socket", .title = "uWSGI: listen sockets", .root = ROOT_UWSGI,
	.parent = &entity_uwsgi, .json = "sockets", .shape = SHAPE_LIST,
	.list = offsetof(struct uwsgi_stats, sockets), .size = sizeof(struct uwsgi_socket),
	LABELS(socket_label), METRICS(socket_metric),
};
