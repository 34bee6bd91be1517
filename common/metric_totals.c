/* SPDX-License-Identifier: MIT */
/* metric_totals.c - the rows of a site's uWSGI servers taken together. */
#include "metric_table.h"

#include "model.h"

/* Rows are laid out by hand. */
/* clang-format off */

#define SITE(member) FIELD(struct uwsgi_site, member)

static bool site_knows(const void *object)
{
	const struct uwsgi_site *site = object;

	return site->up || !site->not_known;
}

static const struct metric site_metric[] = {
	{ .key = "up", SITE(up), .kind = METRIC_GAUGE, .derived = true, .unit = "",
	  .known = site_knows,
	  .help = "Whether every uWSGI stats server of the site was read (1) or not (0)",
	  .collectd = { .type = "bool", .instance = "up" } },
	{ .key = "seconds", SITE(seconds), .kind = METRIC_GAUGE, .derived = true,
	  .unit = "seconds", .help = "Time until the slowest uWSGI stats server had answered",
	  .nagios = { .name = "response_time" },
	  .collectd = { .type = "response_time" } },
	{ .key = "servers", SITE(servers), .kind = METRIC_GAUGE, .derived = true,
	  .unit = "servers", .help = "uWSGI stats servers of the site" },
};

const struct entity entity_uwsgi_site = {
	.name = "uwsgi_site", .title = "uWSGI: all servers of a site, the probes",
	.root = ROOT_UWSGI_SITE, .size = sizeof(struct uwsgi_site), METRICS(site_metric),
};

static bool queue_is_known(const void *object)
{
	const struct uwsgi_totals *totals = object;

	return totals->queue_known;
}

static bool overflows_are_known(const void *object)
{
	const struct uwsgi_totals *totals = object;

	return totals->queue_overflows_known;
}

static bool memory_is_known(const void *object)
{
	const struct uwsgi_totals *totals = object;

	return totals->rss > 0 || totals->vsz > 0;
}

static bool accepting_is_known(const void *object)
{
	const struct uwsgi_totals *totals = object;

	return !totals->silent_on_accepting;
}

#define SUM(member) FIELD(struct uwsgi_totals, member), .derived = true

static const struct metric totals_metric[] = {
	{ .key = "busy_percent", SUM(busy_percent), .kind = METRIC_GAUGE, .unit = "percent",
	  .help = "Share of the running workers' cores that are in a request",
	  .nagios = { .name = "busy_percent", .main = true },
	  .collectd = { .type = "percent", .instance = "busy" } },
	{ .key = "busy", SUM(busy), .kind = METRIC_GAUGE, .unit = "workers",
	  .help = "Workers with at least one core in a request",
	  .munin = { { .graph = "uwsgi_workers", .field = "busy", .label = "Busy",
		       .draw = "AREASTACK", .colour = "e07a5f",
		       .info = "Workers that are serving a request, or several, at this moment" } },
	  .nagios = { .name = "busy" }, .collectd = { .type = "count", .instance = "busy" } },
	{ .key = "sig", SUM(sig), .kind = METRIC_GAUGE, .unit = "workers",
	  .help = "Workers handling a uWSGI signal (timers, cron, spooling)",
	  .munin = { { .graph = "uwsgi_workers", .field = "sig", .label = "Handling a signal",
		       .draw = "AREASTACK", .colour = "9d4edd",
		       .info = "Workers that are running a task of uWSGI's own: a timer, a cron job, a "
			       "signal" } },
	  .collectd = { .type = "count", .instance = "sig" } },
	{ .key = "pause", SUM(pause), .kind = METRIC_GAUGE, .unit = "workers",
	  .help = "Workers that are suspended",
	  .munin = { { .graph = "uwsgi_workers", .field = "pause", .label = "Paused",
		       .draw = "AREASTACK", .colour = "f2c14e",
		       .info = "Workers that have been told to stop for a while" } },
	  .nagios = { .name = "paused" }, .collectd = { .type = "count", .instance = "pause" } },
	{ .key = "idle", SUM(idle), .kind = METRIC_GAUGE, .unit = "workers",
	  .help = "Workers that are free to take a request",
	  .munin = { { .graph = "uwsgi_workers", .field = "idle", .label = "Idle",
		       .draw = "AREASTACK", .colour = "81b29a",
		       .info = "Workers that are free to take a request. None left: requests have to "
			       "wait" } },
	  .nagios = { .name = "idle" }, .collectd = { .type = "count", .instance = "idle" } },
	{ .key = "cheap", SUM(cheap), .kind = METRIC_GAUGE, .unit = "workers",
	  .help = "Workers that the cheaper has put away, to be started under load",
	  .munin = { { .graph = "uwsgi_workers", .field = "cheap", .label = "Cheap (not running)",
		       .draw = "AREASTACK", .colour = "d9d9d9",
		       .info = "Workers that uWSGI has switched off to save memory, and starts again "
			       "when there is more to do" } },
	  .nagios = { .name = "cheap" }, .collectd = { .type = "count", .instance = "cheap" } },
	{ .key = "workers", SUM(workers), .kind = METRIC_GAUGE, .unit = "workers",
	  .help = "Workers in every state, cheap ones included", .nagios = { .name = "workers" },
	  .collectd = { .type = "count", .instance = "workers" } },
	{ .key = "accepting", SUM(accepting), .kind = METRIC_GAUGE, .unit = "workers",
	  .help = "Workers that take requests" },
	{ .key = "not_accepting", SUM(not_accepting), .kind = METRIC_GAUGE, .unit = "workers",
	  .known = accepting_is_known,
	  .help = "Running workers that take no requests: they are being started or reloaded",
	  .nagios = { .name = "not_accepting" } },
	{ .key = "cores", SUM(cores), .kind = METRIC_GAUGE, .unit = "cores",
	  .help = "Requests that the running workers can serve at the same time",
	  .munin = { { .graph = "uwsgi_cores", .field = "cores", .label = "Room for", .draw = "LINE2",
		       .colour = "333333",
		       .info = "How many requests can be served at the same time: one by each thread "
			       "(uWSGI says core) of each running worker; without threads, one by each "
			       "worker" } },
	  .nagios = { .name = "cores" }, .collectd = { .type = "count", .instance = "cores" } },
	{ .key = "busy_cores", SUM(busy_cores), .kind = METRIC_GAUGE, .unit = "cores",
	  .help = "Cores in a request at this moment",
	  .munin = { { .graph = "uwsgi_cores", .field = "busy_cores", .label = "Being served",
		       .draw = "AREA", .colour = "e07a5f",
		       .info = "Requests that are being served at this moment" } },
	  .collectd = { .type = "current_connections" } },
	{ .key = "queue", SUM(queue), .kind = METRIC_GAUGE, .unit = "connections",
	  .known = queue_is_known,
	  .help = "Connections that no worker has taken yet, of all sockets whose queue can be seen",
	  .munin = { { .graph = "uwsgi_queue", .field = "queue", .label = "Waiting connections",
		       .draw = "AREA", .colour = "e07a5f",
		       .info = "Requests that wait until a worker is free, as uWSGI itself counts them",
		       .unknown = "uWSGI cannot see the queue of a unix socket: the kernel can, and it is "
				  "in the graph of listen queues" } },
	  .nagios = { .name = "queue" }, .collectd = { .type = "queue_length" } },
	{ .key = "queue_max", SUM(queue_max), .kind = METRIC_GAUGE, .unit = "connections",
	  .known = queue_is_known, .help = "Connections that these queues have room for (listen)",
	  .munin = { { .graph = "uwsgi_queue", .field = "queue_max", .label = "Room for",
		       .draw = "LINE1", .colour = "333333",
		       .info = "How many can wait; more are turned away (uWSGI's option listen)",
		       .unknown = "uWSGI cannot see the queue of a unix socket: the kernel can, and it is "
				  "in the graph of listen queues" } },
	  .collectd = { .type = "queue_length", .instance = "max" } },
	{ .key = "queue_percent", SUM(queue_percent), .kind = METRIC_GAUGE, .unit = "percent",
	  .help = "How full the fullest of these queues is",
	  .nagios = { .name = "queue_percent" } },
	{ .key = "queue_overflows", SUM(queue_overflows), .kind = METRIC_COUNTER, .unit = "attempts",
	  .known = overflows_are_known,
	  .help = "Attempts to connect that found the queue of a TCP socket full: of all those of this host, "
		  "since the kernel does not tell which",
	  .nagios = { .name = "queue_overflows_per_second" } },
	{ .key = "load", SUM(load), .kind = METRIC_GAUGE, .unit = "connections",
	  .help = "uWSGI's own measure of load: its listen queue",
	  .collectd = { .type = "gauge", .instance = "load" } },
	{ .key = "signal_queue", SUM(signal_queue), .kind = METRIC_GAUGE, .unit = "bytes",
	  .help = "Bytes of uWSGI signals that wait for the masters",
	  .collectd = { .type = "queue_length", .instance = "signal" } },
	{ .key = "requests", SUM(requests), .kind = METRIC_COUNTER, .unit = "requests",
	  .help = "Requests that the workers have served",
	  .munin = { { .graph = "uwsgi_requests", .field = "requests", .label = "Requests",
		       .colour = "2a9d8f",
		       .info = "Requests that the workers have served" } },
	  .nagios = { .name = "requests_per_second" },
	  .collectd = { .type = "http_requests" } },
	{ .key = "exceptions", SUM(exceptions), .kind = METRIC_COUNTER, .unit = "exceptions",
	  .help = "Exceptions that the application did not catch",
	  .munin = { { .graph = "uwsgi_errors", .field = "exceptions", .label = "Exceptions",
		       .draw = "AREASTACK", .colour = "e07a5f",
		       .info = "Errors inside the application that it did not handle itself: the "
			       "client saw an error page" } },
	  .nagios = { .name = "exceptions_per_second" },
	  .collectd = { .type = "errors", .instance = "exceptions" } },
	{ .key = "harakiri_count", SUM(harakiri_count), .kind = METRIC_COUNTER, .unit = "kills",
	  .help = "Times a worker was killed because a request took too long",
	  .munin = { { .graph = "uwsgi_errors", .field = "harakiri", .label = "Harakiri kills",
		       .draw = "AREASTACK", .colour = "c1121f",
		       .info = "Workers that uWSGI has killed since a request took longer than the "
			       "option harakiri allows" } },
	  .nagios = { .name = "harakiri_per_second" },
	  .collectd = { .type = "errors", .instance = "harakiri" } },
	{ .key = "respawn_count", SUM(respawn_count), .kind = METRIC_COUNTER, .unit = "starts",
	  .help = "Times a worker was started, the first start included",
	  .munin = { { .graph = "uwsgi_errors", .field = "respawns", .label = "Worker starts",
		       .draw = "LINE1", .colour = "9d4edd",
		       .info = "Workers that were started: at the start of uWSGI, after max-requests, "
			       "and after each crash" } },
	  .nagios = { .name = "respawns_per_second" },
	  .collectd = { .type = "total_events", .instance = "respawn" } },
	{ .key = "write_errors", SUM(write_errors), .kind = METRIC_COUNTER, .unit = "errors",
	  .help = "Answers that could not be written to the end: the client, or nginx, had gone",
	  .munin = { { .graph = "uwsgi_errors", .field = "write_errors", .label = "Write errors",
		       .draw = "AREASTACK", .colour = "f2c14e",
		       .info = "Answers that could not be delivered: the client had gone before they "
			       "were ready" } },
	  .collectd = { .type = "errors", .instance = "write" } },
	{ .key = "read_errors", SUM(read_errors), .kind = METRIC_COUNTER, .unit = "errors",
	  .help = "Requests that could not be read to the end",
	  .munin = { { .graph = "uwsgi_errors", .field = "read_errors", .label = "Read errors",
		       .draw = "AREASTACK", .colour = "3a7ca5",
		       .info = "Requests that broke off before they had arrived whole" } },
	  .collectd = { .type = "errors", .instance = "read" } },
	{ .key = "listen_queue_errors", SUM(listen_queue_errors), .kind = METRIC_COUNTER,
	  .unit = "errors", .help = "Listen queue errors; uWSGI never counts any",
	  .collectd = { .type = "errors", .instance = "listen_queue" } },
	{ .key = "tx", SUM(tx), .kind = METRIC_COUNTER, .unit = "bytes",
	  .help = "Bytes that the workers have sent, headers and bodies",
	  .nagios = { .name = "tx_per_second" },
	  .collectd = { .type = "total_bytes", .instance = "tx" } },
	{ .key = "running_time", SUM(running_time), .kind = METRIC_COUNTER, .unit = "seconds",
	  .scale = 1e-6, .help = "Time that the workers have spent in requests",
	  .munin = { { .graph = "uwsgi_cores", .field = "used", .label = "On average",
		       .draw = "LINE2", .colour = "1d3557", .cdef = "used,1000000,/",
		       .info = "Requests that were being served on average over the whole interval, "
			       "not only at the moment of looking: room for as many is needed at "
			       "least. A threshold of it is in millionths: 3000000 is 3" },
		     { .graph = "uwsgi_time", .field = "mean", .label = "Mean time of a request",
		       .draw = "LINE2", .colour = "1d3557",
		       .per = "requests",
		       .info = "Time that a request took, on average over all that ended since the "
			       "last fetch. A gap: there was none",
		       .unknown = "no request has ended since the last fetch" } },
	  .collectd = { .type = "total_time_in_ms", .factor = 1000 } },
	{ .key = "average_seconds", SUM(average_seconds), .kind = METRIC_GAUGE,
	  .unit = "seconds", .help = "uWSGI's running average of the response time, over its workers",
	  .munin = { { .graph = "uwsgi_time", .field = "average", .label = "uWSGI's own average",
		       .draw = "LINE1", .colour = "81b29a",
		       .info = "uWSGI's own figure, in which the last request counts half: it jumps "
			       "about",
		       .unknown = "no worker has served a request yet" } },
	  .collectd = { .type = "response_time", .instance = "average" } },
	{ .key = "oldest_request", SUM(oldest_request), .kind = METRIC_GAUGE, .unit = "seconds",
	  .help = "Age of the oldest request that a worker is still working on",
	  .munin = { { .graph = "uwsgi_time", .field = "oldest", .label = "Oldest running request",
		       .draw = "LINE1", .colour = "e07a5f",
		       .info = "How long the request that began first of those still running has been "
			       "running",
		       .unknown = "uWSGI does not tell when requests began: it is older than 2.0.15, or "
				  "runs with stats-no-cores" } },
	  .nagios = { .name = "oldest_request" },
	  .collectd = { .type = "gauge", .instance = "oldest_request" } },
	{ .key = "rss", SUM(rss), .kind = METRIC_GAUGE, .unit = "bytes", .known = memory_is_known,
	  .help = "Resident memory of the workers, shared pages counted in each (memory-report)",
	  .munin = { { .graph = "uwsgi_memory", .field = "rss", .label = "Resident",
		       .draw = "AREA", .colour = "3a7ca5",
		       .info = "Memory that the workers have in use. What they share is counted for "
			       "each of them, so that the true need is less",
		       .unknown = "uWSGI does not tell its memory: start it with memory-report" } },
	  .collectd = { .type = "ps_rss" } },
	{ .key = "vsz", SUM(vsz), .kind = METRIC_GAUGE, .unit = "bytes", .known = memory_is_known,
	  .help = "Address space of the workers (memory-report)",
	  .munin = { { .graph = "uwsgi_address_space", .field = "vsz", .label = "Address space",
		       .draw = "LINE2", .colour = "5c677d",
		       .info = "Memory that the workers have reserved, whether or not they use it",
		       .unknown = "uWSGI does not tell its memory: start it with memory-report" } },
	  .collectd = { .type = "ps_vm" } },
};

const struct entity entity_uwsgi_totals = {
	.name = "uwsgi_totals", .title = "uWSGI: all servers of a site, added up",
	.root = ROOT_TOTALS, .size = sizeof(struct uwsgi_totals), METRICS(totals_metric),
};
