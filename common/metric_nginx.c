/* SPDX-License-Identifier: MIT */
/* metric_nginx.c - the rows of nginx: the probe itself, and the stub_status page. */
#include "metric_table.h"

#include "model.h"

/* Rows are laid out by hand. */
/* clang-format off */

bool probe_knows(const void *object)
{
	const struct probe *probe = object;

	return probe->up || !err_is_own(probe->err.kind);
}

static const struct metric probe_metric[] = {
	{ .key = "up", FIELD(struct probe, up), .kind = METRIC_GAUGE, .derived = true,
	  .known = probe_knows,
	  .unit = "", .help = "Whether the nginx status page was read and understood (1) or not (0)",
	  .prom = { .name = "nginx_up" },
	  .collectd = { .type = "bool", .instance = "up" } },
	{ .key = "seconds", FIELD(struct probe, seconds), .kind = METRIC_GAUGE, .derived = true,
	  .unit = "seconds", .help = "Time until the nginx status page was read",
	  .prom = { .name = "nginx_scrape_duration_seconds" },
	  .nagios = { .name = "response_time" },
	  .collectd = { .type = "response_time" } },
};

const struct entity entity_nginx_probe = {
	.name = "nginx_probe", .title = "nginx: the probe", .root = ROOT_NGINX_PROBE,
	.size = sizeof(struct probe), METRICS(probe_metric),
};

static bool has_request_time(const void *object)
{
	const struct nginx_status *status = object;

	return status->has_request_time;
}

static bool room_is_known(const void *object)
{
	const struct nginx_status *status = object;

	return status->room > 0;
}

static const struct metric nginx_metric[] = {
	{ .key = "active", FIELD(struct nginx_status, active), .kind = METRIC_GAUGE,
	  .unit = "connections",
	  .help = "Client connections that nginx holds open, the scrape's own included",
	  .prom = { .name = "nginx_connections_active" },
	  .munin = { { .graph = "connections", .field = "total", .label = "Active connections",
		       .draw = "LINE1", .colour = "333333",
		       .info = "All connections of clients that nginx holds open at this moment, the "
			       "plugin's own included" },
		     { .graph = "status", .field = "total", .label = "Active connections",
		       .draw = "LINE", .plain = true } },
	  .nagios = { .name = "active", .main = true },
	  .collectd = { .type = "nginx_connections", .instance = "active" } },
	{ .key = "reading", FIELD(struct nginx_status, reading), .kind = METRIC_GAUGE,
	  .unit = "connections", .help = "Connections whose request header has not come in whole",
	  .prom = { .name = "nginx_connections_reading" },
	  .munin = { { .graph = "connections", .field = "reading", .label = "Reading",
		       .draw = "AREASTACK", .colour = "f2c14e",
		       .info = "Clients that are still sending the head of their request" },
		     { .graph = "status", .field = "reading", .label = "Reading", .draw = "LINE",
		       .plain = true } },
	  .nagios = { .name = "reading" },
	  .collectd = { .type = "nginx_connections", .instance = "reading" } },
	{ .key = "writing", FIELD(struct nginx_status, writing), .kind = METRIC_GAUGE,
	  .unit = "connections",
	  .help = "Requests between the end of their header and the end of their answer: waiting for "
		  "the application counts too",
	  .prom = { .name = "nginx_connections_writing" },
	  .munin = { { .graph = "connections", .field = "writing", .label = "Writing",
		       .draw = "AREASTACK", .colour = "5c677d",
		       .info = "Requests that nginx is busy with: it waits for the application, or "
			       "sends the answer" },
		     { .graph = "status", .field = "writing", .label = "Writing", .draw = "LINE",
		       .plain = true } },
	  .nagios = { .name = "writing" },
	  .collectd = { .type = "nginx_connections", .instance = "writing" } },
	{ .key = "waiting", FIELD(struct nginx_status, waiting), .kind = METRIC_GAUGE,
	  .unit = "connections", .help = "Idle connections, kept open for a next request",
	  .prom = { .name = "nginx_connections_waiting" },
	  .munin = { { .graph = "connections", .field = "waiting", .label = "Waiting",
		       .draw = "AREASTACK", .colour = "d9d9d9",
		       .info = "Clients that keep their connection open and ask for nothing at this "
			       "moment" },
		     { .graph = "status", .field = "waiting", .label = "Waiting", .draw = "LINE",
		       .plain = true } },
	  .nagios = { .name = "waiting" },
	  .collectd = { .type = "nginx_connections", .instance = "waiting" } },
	{ .key = "accepts", FIELD(struct nginx_status, accepts), .kind = METRIC_COUNTER,
	  .unit = "connections", .help = "Client connections accepted since nginx started",
	  .prom = { .name = "nginx_connections_accepted",
		    .strict = "nginx_connections_accepted_total" },
	  .munin = { { .graph = "requests", .field = "accepts", .label = "Connections accepted",
		       .colour = "7a6c5d",
		       .info = "New connections of clients. One connection can carry many requests" } },
	  .nagios = { .name = "accepts_per_second" },
	  .collectd = { .type = "connections", .instance = "accepted" } },
	{ .key = "handled", FIELD(struct nginx_status, handled), .kind = METRIC_COUNTER,
	  .unit = "connections",
	  .help = "Client connections that nginx did not have to close at once, since it started",
	  .prom = { .name = "nginx_connections_handled",
		    .strict = "nginx_connections_handled_total" },
	  .nagios = { .name = "handled_per_second" },
	  .collectd = { .type = "connections", .instance = "handled" } },
	{ .key = "requests", FIELD(struct nginx_status, requests), .kind = METRIC_COUNTER,
	  .unit = "requests", .help = "Requests begun since nginx started",
	  .prom = { .name = "nginx_http_requests_total" },
	  .munin = { { .graph = "requests", .field = "requests", .label = "Requests",
		       .colour = "2a9d8f",
		       .info = "Requests that clients have sent" },
		     { .graph = "request", .field = "request", .label = "requests",
		       .draw = "LINE", .plain = true } },
	  .nagios = { .name = "requests_per_second" },
	  .collectd = { .type = "nginx_requests" } },
	{ .key = "dropped", FIELD(struct nginx_status, dropped), .kind = METRIC_COUNTER,
	  .derived = true, .unit = "connections",
	  .help = "Client connections closed at once because worker_connections were used up "
		  "(accepted less handled)",
	  .prom = { .name = "nginx_connections_dropped_total" },
	  .munin = { { .graph = "dropped", .field = "dropped", .label = "Connections dropped",
		       .draw = "AREA", .colour = "c1121f",
		       .info = "Connections that nginx had to close at once, since it held as many as "
			       "worker_connections allows. Each is a client who saw an error" } },
	  .nagios = { .name = "dropped_per_second" },
	  .collectd = { .type = "connections", .instance = "failed" } },
	{ .key = "active_percent", FIELD(struct nginx_status, active_percent), .kind = METRIC_GAUGE,
	  .derived = true, .unit = "percent", .known = room_is_known,
	  .help = "Active connections as a share of worker_connections times the workers; "
		  "connections to the application take room too",
	  .nagios = { .name = "active_percent" } },
	{ .key = "request_time_ms", FIELD(struct nginx_status, request_time_ms),
	  .kind = METRIC_COUNTER, .unit = "seconds", .scale = 1e-3, .known = has_request_time,
	  .help = "Sum of the time that all requests took (tengine only)",
	  .prom = { .name = "nginx_http_request_time_seconds_total" },
	  .collectd = { .type = "total_time_in_ms", .instance = "request", .factor = 1000 } },
	{ .key = "requests_per_connection", FIELD(struct nginx_status, requests_per_connection),
	  .kind = METRIC_GAUGE, .derived = true, .unit = "requests",
	  .help = "Requests for each connection handled, on average since nginx started",
	  .nagios = { .name = "requests_per_connection" } },
};

const struct entity entity_nginx = {
	.name = "nginx", .title = "nginx: stub_status", .root = ROOT_NGINX,
	.size = sizeof(struct nginx_status), .since = offsetof(struct nginx_status, counted_since),
	METRICS(nginx_metric),
};
