/* SPDX-License-Identifier: MIT */
/* metric_worker.c - the rows of a uWSGI worker, its applications and its cores. */
#include "metric_table.h"

#include "model.h"
#include "uwsgi.h"

/* Rows are laid out by hand. */
/* clang-format off */

const char *const worker_status_name[] = {
	[WORKER_IDLE] = "idle",   [WORKER_BUSY] = "busy", [WORKER_CHEAP] = "cheap",
	[WORKER_PAUSE] = "pause", [WORKER_SIG] = "sig",   [WORKER_STATUS_MAX] = NULL,
};

static bool has_exact_memory(const void *object)
{
	const struct uwsgi_worker *worker = object;

	return worker->uss > 0 || worker->pss > 0;
}

static bool is_signalled(const void *object)
{
	const struct uwsgi_worker *worker = object;

	return worker->status == WORKER_SIG;
}

#define WORKER(member) FIELD(struct uwsgi_worker, member)
#define STATUS_IS(word) WORKER(status), .derived = true, .is = true, .equals = (word)

static const struct metric worker_metric[] = {
	{ .key = "pid", WORKER(pid), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Process id of the worker, 0 while it is cheap" },
	{ .key = "accepting", WORKER(accepting), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Whether the worker takes requests", TOTAL(accepting),
	  .prom = { .name = "uwsgi_worker_accepting" } },
	{ .key = "requests", WORKER(requests), .kind = METRIC_COUNTER, .unit = "requests",
	  .help = "Requests that the worker has served", TOTAL(requests),
	  .prom = { .name = "uwsgi_worker_requests_total" },
	  .collectd = { .type = "http_requests" } },
	{ .key = "delta_requests", WORKER(delta_requests), .kind = METRIC_GAUGE,
	  .unit = "requests", .help = "Requests that the worker has served since its last respawn",
	  .prom = { .name = "uwsgi_worker_delta_requests" } },
	{ .key = "exceptions", WORKER(exceptions), .kind = METRIC_COUNTER, .unit = "exceptions",
	  .help = "Exceptions that the application did not catch", TOTAL(exceptions),
	  .prom = { .name = "uwsgi_worker_exceptions_total" },
	  .collectd = { .type = "errors", .instance = "exceptions" } },
	{ .key = "harakiri_count", WORKER(harakiri_count), .kind = METRIC_COUNTER, .unit = "kills",
	  .help = "Times the worker was killed because a request took too long",
	  TOTAL(harakiri_count), .prom = { .name = "uwsgi_worker_harakiri_count_total" },
	  .collectd = { .type = "errors", .instance = "harakiri" } },
	{ .key = "signals", WORKER(signals), .kind = METRIC_COUNTER, .unit = "signals",
	  .help = "uWSGI signals that the worker has handled",
	  .prom = { .name = "uwsgi_worker_signals_total" } },
	{ .key = "signal_queue", WORKER(signal_queue), .kind = METRIC_GAUGE, .unit = "bytes",
	  .help = "Bytes of uWSGI signals that wait for the worker",
	  .prom = { .name = "uwsgi_worker_signal_queue_length" },
	  .collectd = { .type = "queue_length", .instance = "signal" } },
	{ .key = "status", WORKER(status), .kind = METRIC_STATE, .names = worker_status_name,
	  .unit = "", .help = "What the worker is doing: 1 for the state that it is in",
	  .prom = { .name = "uwsgi_worker_status", .label = "status" } },
	{ .key = "status_busy", STATUS_IS(WORKER_BUSY), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Whether at least one core of the worker is in a request", TOTAL(busy),
	  .prom = { .name = "uwsgi_worker_busy" },
	  .collectd = { .type = "count", .instance = "busy" } },
	{ .key = "status_idle", STATUS_IS(WORKER_IDLE), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Whether the worker is free", TOTAL(idle),
	  .prom = { .name = "uwsgi_worker_idle" },
	  .collectd = { .type = "count", .instance = "idle" } },
	{ .key = "status_cheap", STATUS_IS(WORKER_CHEAP), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Whether the cheaper has put the worker away", TOTAL(cheap),
	  .prom = { .name = "uwsgi_worker_cheap" },
	  .collectd = { .type = "count", .instance = "cheap" } },
	{ .key = "status_pause", STATUS_IS(WORKER_PAUSE), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Whether the worker is suspended", TOTAL(pause),
	  .collectd = { .type = "count", .instance = "pause" } },
	{ .key = "status_sig", STATUS_IS(WORKER_SIG), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Whether the worker is handling a uWSGI signal", TOTAL(sig),
	  .collectd = { .type = "count", .instance = "sig" } },
	{ .key = "status_signal", WORKER(status_signal), .kind = METRIC_GAUGE, .derived = true,
	  .unit = "", .known = is_signalled,
	  .help = "Number of the uWSGI signal that the worker is handling" },
	{ .key = "rss", WORKER(rss), .kind = METRIC_GAUGE, .unit = "bytes",
	  .help = "Resident memory of the worker, 0 unless uWSGI runs with memory-report",
	  TOTAL(rss), .prom = { .name = "uwsgi_worker_rss_bytes" },
	  .collectd = { .type = "ps_rss", .unless_zero = true } },
	{ .key = "vsz", WORKER(vsz), .kind = METRIC_GAUGE, .unit = "bytes",
	  .help = "Address space of the worker, 0 unless uWSGI runs with memory-report",
	  TOTAL(vsz), .prom = { .name = "uwsgi_worker_vsz_bytes" },
	  .collectd = { .type = "ps_vm", .unless_zero = true } },
	{ .key = "uss", WORKER(uss), .kind = METRIC_GAUGE, .unit = "bytes",
	  .known = has_exact_memory, .help = "Memory that the worker shares with nobody",
	  .prom = { .name = "uwsgi_worker_uss_bytes" } },
	{ .key = "pss", WORKER(pss), .kind = METRIC_GAUGE, .unit = "bytes",
	  .known = has_exact_memory,
	  .help = "Memory of the worker, with shared pages divided among those who share them",
	  .prom = { .name = "uwsgi_worker_pss_bytes" } },
	{ .key = "running_time", WORKER(running_time), .kind = METRIC_COUNTER, .unit = "seconds",
	  .scale = 1e-6, .help = "Time that the worker has spent in requests",
	  TOTAL(running_time),
	  .prom = { .name = "uwsgi_worker_running_time_seconds", .gauge = true,
		    .strict = "uwsgi_worker_running_time_seconds_total" },
	  .collectd = { .type = "total_time_in_ms", .factor = 1000 } },
	{ .key = "last_spawn", WORKER(last_spawn), .kind = METRIC_GAUGE, .unit = "seconds",
	  .help = "Unix time of the worker's last start",
	  .prom = { .name = "uwsgi_worker_last_spawn_time_seconds" } },
	{ .key = "respawn_count", WORKER(respawn_count), .kind = METRIC_COUNTER, .unit = "starts",
	  .help = "Times the worker was started, the first one included", TOTAL(respawn_count),
	  .prom = { .name = "uwsgi_worker_respawn_count_total" },
	  .collectd = { .type = "total_events", .instance = "respawn" } },
	{ .key = "tx", WORKER(tx), .kind = METRIC_COUNTER, .unit = "bytes",
	  .help = "Bytes that the worker has sent, headers and bodies", TOTAL(tx),
	  .prom = { .name = "uwsgi_worker_transmitted_bytes_total" },
	  .collectd = { .type = "total_bytes", .instance = "tx" } },
	{ .key = "avg_rt", WORKER(avg_rt), .kind = METRIC_GAUGE, .unit = "seconds", .scale = 1e-6,
	  .help = "uWSGI's running average of the response time: half of it is the last request",
	  .prom = { .name = "uwsgi_worker_average_response_time_seconds" },
	  .collectd = { .type = "response_time" } },
	{ .key = "app_count", WORKER(app_count), .kind = METRIC_GAUGE, .derived = true,
	  .unit = "applications", .help = "Applications that the worker has loaded",
	  .prom = { .name = "uwsgi_worker_apps" } },
	{ .key = "core_count", WORKER(core_count), .kind = METRIC_GAUGE, .derived = true,
	  .unit = "cores", .help = "Requests that the worker can serve at the same time",
	  .prom = { .name = "uwsgi_worker_cores" } },
};

static const struct label worker_label[] = {
	LABEL("id", "worker_id", struct uwsgi_worker, id),
};

const struct entity entity_uwsgi_worker = {
	.name = "uwsgi_worker", .title = "uWSGI: workers", .root = ROOT_UWSGI,
	.parent = &entity_uwsgi, .json = "workers", .shape = SHAPE_LIST,
	.list = offsetof(struct uwsgi_stats, workers), .size = sizeof(struct uwsgi_worker),
	.since = offsetof(struct uwsgi_worker, counted_since),
	LABELS(worker_label), METRICS(worker_metric),
};

#define APP(member) FIELD(struct uwsgi_app, member)

static const struct metric app_metric[] = {
	{ .key = "modifier1", APP(modifier1), .kind = METRIC_GAUGE, .unit = "",
	  .help = "uWSGI modifier that the application answers to" },
	{ .key = "startup_time", APP(startup_time), .kind = METRIC_GAUGE, .unit = "seconds",
	  .help = "Time that loading the application took",
	  .prom = { .name = "uwsgi_worker_app_startup_time_seconds" } },
	{ .key = "requests", APP(requests), .kind = METRIC_COUNTER, .unit = "requests",
	  .help = "Requests that the application has begun in this worker",
	  .prom = { .name = "uwsgi_worker_app_requests_total" } },
	{ .key = "exceptions", APP(exceptions), .kind = METRIC_COUNTER, .unit = "exceptions",
	  .help = "Exceptions that the application did not catch in this worker",
	  .prom = { .name = "uwsgi_worker_app_exceptions_total" } },
};

static const struct label app_label[] = {
	LABEL("id", "app_id", struct uwsgi_app, id),
	LABEL("mountpoint", "mountpoint", struct uwsgi_app, mountpoint),
	LABEL("chdir", "chdir", struct uwsgi_app, chdir),
};

const struct entity entity_uwsgi_app = {
	.name = "uwsgi_app", .title = "uWSGI: applications of a worker", .root = ROOT_UWSGI,
	.parent = &entity_uwsgi_worker, .json = "apps", .shape = SHAPE_LIST,
	.list = offsetof(struct uwsgi_worker, apps), .size = sizeof(struct uwsgi_app),
	LABELS(app_label), METRICS(app_metric),
};

#define CORE(member) FIELD(struct uwsgi_core, member)

static const struct metric core_metric[] = {
	{ .key = "requests", CORE(requests), .kind = METRIC_COUNTER, .unit = "requests",
	  .help = "Requests that the core has served",
	  .prom = { .name = "uwsgi_worker_core_requests_total" } },
	{ .key = "static_requests", CORE(static_requests), .kind = METRIC_COUNTER,
	  .unit = "requests", .help = "Static files that the core has served",
	  .prom = { .name = "uwsgi_worker_core_static_requests_total" } },
	{ .key = "routed_requests", CORE(routed_requests), .kind = METRIC_COUNTER,
	  .unit = "requests", .help = "Requests that internal routing of the core has answered",
	  .prom = { .name = "uwsgi_worker_core_routed_requests_total" } },
	{ .key = "offloaded_requests", CORE(offloaded_requests), .kind = METRIC_COUNTER,
	  .unit = "requests", .help = "Requests that the core has handed to an offload thread",
	  .prom = { .name = "uwsgi_worker_core_offloaded_requests_total" } },
	{ .key = "write_errors", CORE(write_errors), .kind = METRIC_COUNTER, .unit = "errors",
	  .help = "Answers that could not be written to the end", TOTAL(write_errors),
	  .prom = { .name = "uwsgi_worker_core_write_errors_total" } },
	{ .key = "read_errors", CORE(read_errors), .kind = METRIC_COUNTER, .unit = "errors",
	  .help = "Requests that could not be read to the end", TOTAL(read_errors),
	  .prom = { .name = "uwsgi_worker_core_read_errors_total" } },
	{ .key = "in_request", CORE(in_request), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Whether the core is in a request", TOTAL(busy_cores),
	  .prom = { .name = "uwsgi_worker_core_busy" } },
	{ .key = "vars", CORE(client), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Address and port of the running request's client, to find it among nginx's "
		  "connections; never shown, and no other variable is read" },
};

static const struct label core_label[] = {
	LABEL("id", "core_id", struct uwsgi_core, id),
};

const struct entity entity_uwsgi_core = {
	.name = "uwsgi_core", .title = "uWSGI: cores of a worker", .root = ROOT_UWSGI,
	.parent = &entity_uwsgi_worker, .json = "cores", .shape = SHAPE_LIST,
	.list = offsetof(struct uwsgi_worker, cores), .size = sizeof(struct uwsgi_core),
	.detail = true, LABELS(core_label), METRICS(core_metric),
};

/* "req_info" stands inside the core's object; its number belongs to the core itself. */
static const struct metric core_request_metric[] = {
	{ .key = "request_start", CORE(request_start), .kind = METRIC_GAUGE, .unit = "seconds",
	  .help = "Unix time when the request that the core is in began" },
};

const struct entity entity_uwsgi_core_request = {
	.name = "uwsgi_core_request", .title = "uWSGI: the request that a core is in",
	.root = ROOT_UWSGI, .parent = &entity_uwsgi_core, .json = "req_info",
	.shape = SHAPE_OBJECT, .size = sizeof(struct uwsgi_core), .detail = true,
	METRICS(core_request_metric),
};
