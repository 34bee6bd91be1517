/* SPDX-License-Identifier: MIT */
/* self_table.c - the exporter's own rows; see self_table.h. */
#include "self_table.h"

/* Rows are laid out by hand. */
/* clang-format off */

#define SELF(member) FIELD(struct self_snapshot, member), .derived = true
#define TITLE_OWN     "the exporter itself"
#define TITLE_PROCESS "the exporter: its process"
#define TITLE_PEER    "the exporter: where dashboards look for its peers"
#define ROWS(array) .metric = (array), .metric_len = ARRAY_LEN(array)

static bool is_peer(const void *object)
{
	const struct self_snapshot *self = object;

	return self->peer;
}

static bool is_peer_of_uwsgi(const void *object)
{
	const struct self_snapshot *self = object;

	return self->peer && self->uwsgi;
}

static bool has_config(const void *object)
{
	const struct self_snapshot *self = object;

	return self->config_time > 0;
}

static bool has_web_config(const void *object)
{
	const struct self_snapshot *self = object;

	return self->web_config_time > 0;
}

static bool has_process(const void *object)
{
	const struct self_snapshot *self = object;

	return self->process.known;
}

static bool has_fds(const void *object)
{
	const struct self_snapshot *self = object;

	return self->process.open_fds > 0;
}

static bool has_start(const void *object)
{
	const struct self_snapshot *self = object;

	return self->started > 0;
}

/* ---- our own --------------------------------------------------------------------------------- */

static const struct metric build_metric[] = {
	{ .key = "build_info", SELF(shown), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Which version of the exporter answers; always 1",
	  .prom = { .name = "connledger_exporter_build_info" } },
};

static const struct label build_label[] = {
	{ .name = "version", FIELD(struct self_snapshot, version) },
};

static const struct entity entity_build = {
	.name = "self_build", .title = TITLE_OWN, .size = sizeof(struct self_snapshot),
	.label = build_label, .label_len = ARRAY_LEN(build_label), ROWS(build_metric),
};

#define ANSWERS(member, status) { .key = "answers_" status, SELF(member), .kind = METRIC_COUNTER, \
	.unit = "requests", .help = "Scrapes answered, by HTTP status", \
	.prom = { .name = "connledger_exporter_answers_total", .label = "code", .word = (status) } }
#define SELF_COUNT(member, shown_name, text) { .key = #member, SELF(member), \
	.kind = METRIC_COUNTER, .unit = "", .help = (text), .prom = { .name = (shown_name) } }

static const struct metric self_metric[] = {
	ANSWERS(answers_ok, "200"),
	ANSWERS(answers_failed, "500"),
	ANSWERS(answers_busy, "503"),
	{ .key = "in_flight", SELF(in_flight), .kind = METRIC_GAUGE, .unit = "requests",
	  .help = "Scrapes that are being answered now, this one included",
	  .prom = { .name = "connledger_exporter_answers_in_flight" } },
	SELF_COUNT(refused, "connledger_exporter_connections_refused_total",
		   "Connections closed before they had asked: there were too many, or they were slow"),
	SELF_COUNT(accept_failures, "connledger_exporter_accept_failures_total",
		   "Attempts to accept a connection that failed for want of descriptors or memory"),
	SELF_COUNT(unauthorized, "connledger_exporter_requests_unauthorized_total",
		   "Requests refused for want of the right user and password"),
	SELF_COUNT(limited, "connledger_exporter_requests_limited_total",
		   "Requests refused by the rate limit of the web configuration"),
	SELF_COUNT(misdirected, "connledger_exporter_requests_misdirected_total",
		   "Requests refused because --web.hosts does not have the host name they asked for"),
	SELF_COUNT(log_dropped, "connledger_exporter_log_lines_dropped_total",
		   "Log lines left out because there were too many of them"),
	{ .key = "config_ok", SELF(config_ok), .kind = METRIC_GAUGE, .unit = "", .known = has_config,
	  .help = "Whether the configuration file was good when it was last read (1), or an older "
		  "one is still in use (0)",
	  .prom = { .name = "connledger_exporter_config_last_reload_successful" } },
	{ .key = "config_time", SELF(config_time), .kind = METRIC_GAUGE, .unit = "seconds",
	  .known = has_config, .help = "Unix time when the configuration in use was read",
	  .prom = { .name = "connledger_exporter_config_last_reload_success_timestamp_seconds" } },
	{ .key = "web_config_ok", SELF(web_config_ok), .kind = METRIC_GAUGE, .unit = "",
	  .known = has_web_config,
	  .help = "Whether the web configuration file was good when it was last read (1), or an "
		  "older one is still in use (0)",
	  .prom = { .name = "connledger_exporter_web_config_last_reload_successful" } },
	{ .key = "web_config_time", SELF(web_config_time), .kind = METRIC_GAUGE, .unit = "seconds",
	  .known = has_web_config, .help = "Unix time when the web configuration in use was read",
	  .prom = { .name = "connledger_exporter_web_config_last_reload_success_timestamp_seconds" } },
};

static const struct entity entity_self = {
	.name = "self", .title = TITLE_OWN, .size = sizeof(struct self_snapshot),
	ROWS(self_metric),
};

static bool is_told(const void *object)
{
	const struct self_snapshot *self = object;

	return self->shown || self->left_out > 0;
}

static const struct metric left_out_metric[] = {
	{ .key = "left_out", SELF(left_out), .kind = METRIC_GAUGE, .unit = "series", .known = is_told,
	  .help = "Series that this answer would have too, were it not for the limit of series",
	  .prom = { .name = "connledger_exporter_series_left_out" } },
};

const struct entity self_entity_left_out = {
	.name = "self_left_out", .title = TITLE_OWN, .size = sizeof(struct self_snapshot),
	ROWS(left_out_metric),
};

/* ---- of every process ------------------------------------------------------------------------ */

#define PROCESS(member) SELF(process.member)

static const struct metric process_metric[] = {
	{ .key = "cpu_seconds", PROCESS(cpu_seconds), .kind = METRIC_COUNTER, .unit = "seconds",
	  .known = has_process, .help = "CPU time that the exporter has taken, in user and kernel mode",
	  .prom = { .name = "process_cpu_seconds_total" } },
	{ .key = "resident_bytes", PROCESS(resident_bytes), .kind = METRIC_GAUGE, .unit = "bytes",
	  .known = has_process, .help = "Resident memory of the exporter",
	  .prom = { .name = "process_resident_memory_bytes" } },
	{ .key = "virtual_bytes", PROCESS(virtual_bytes), .kind = METRIC_GAUGE, .unit = "bytes",
	  .known = has_process, .help = "Address space of the exporter",
	  .prom = { .name = "process_virtual_memory_bytes" } },
	{ .key = "virtual_max", PROCESS(virtual_max), .kind = METRIC_GAUGE, .unit = "bytes",
	  .help = "Address space that the exporter may have",
	  .prom = { .name = "process_virtual_memory_max_bytes" } },
	{ .key = "open_fds", PROCESS(open_fds), .kind = METRIC_GAUGE, .unit = "",
	  .known = has_fds, .help = "Files and sockets that the exporter has open",
	  .prom = { .name = "process_open_fds" } },
	{ .key = "max_fds", PROCESS(max_fds), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Files and sockets that the exporter may have open",
	  .prom = { .name = "process_max_fds" } },
	{ .key = "started", SELF(started), .kind = METRIC_GAUGE, .unit = "seconds",
	  .known = has_start, .help = "Unix time when the exporter was started",
	  .prom = { .name = "process_start_time_seconds" } },
};

static const struct entity entity_process = {
	.name = "self_process", .title = TITLE_PROCESS, .size = sizeof(struct self_snapshot),
	ROWS(process_metric),
};

/* ---- as the peers call it -------------------------------------------------------------------- */

static const struct metric peer_build_metric[] = {
	{ .key = "peer_build_info", SELF(peer), .kind = METRIC_GAUGE, .unit = "", .known = is_peer,
	  .help = "The version of this exporter where nginx-prometheus-exporter tells its own; always 1",
	  .prom = { .name = "nginx_exporter_build_info" } },
};

/* In the order of that exporter. An empty value would mean that there is no such label. */
static const struct label peer_build_label[] = {
	{ .name = "branch", FIELD(struct self_snapshot, none) },
	{ .name = "goarch", FIELD(struct self_snapshot, goarch) },
	{ .name = "goos", FIELD(struct self_snapshot, goos) },
	{ .name = "goversion", FIELD(struct self_snapshot, none) },
	{ .name = "revision", FIELD(struct self_snapshot, none) },
	{ .name = "tags", FIELD(struct self_snapshot, none) },
	{ .name = "version", FIELD(struct self_snapshot, version) },
};

static const struct entity entity_peer_build = {
	.name = "self_peer_build", .title = TITLE_PEER, .size = sizeof(struct self_snapshot),
	.label = peer_build_label, .label_len = ARRAY_LEN(peer_build_label), ROWS(peer_build_metric),
};

#define PEER_ANSWERS(member, status) { .key = "peer_answers_" status, SELF(member), \
	.kind = METRIC_COUNTER, .unit = "requests", .known = is_peer, \
	.help = "Scrapes answered, by HTTP status", \
	.prom = { .name = "promhttp_metric_handler_requests_total", .label = "code", \
		  .word = (status) } }

static const struct metric peer_metric[] = {
	PEER_ANSWERS(answers_ok, "200"),
	PEER_ANSWERS(answers_failed, "500"),
	PEER_ANSWERS(answers_busy, "503"),
	{ .key = "peer_in_flight", SELF(in_flight), .kind = METRIC_GAUGE, .unit = "requests",
	  .known = is_peer, .help = "Scrapes that are being answered now",
	  .prom = { .name = "promhttp_metric_handler_requests_in_flight" } },
	{ .key = "uwsgi_scrapes", SELF(uwsgi_scrapes), .kind = METRIC_COUNTER, .unit = "scrapes",
	  .known = is_peer_of_uwsgi, .help = "Times that a uWSGI stats server was asked",
	  .prom = { .name = "uwsgi_exporter_scrapes_total" } },
	{ .key = "uwsgi_errors", SELF(uwsgi_errors), .kind = METRIC_COUNTER, .unit = "errors",
	  .known = is_peer_of_uwsgi, .help = "Times that a uWSGI stats server could not be read",
	  .prom = { .name = "uwsgi_exporter_scrape_errors_total" } },
	{ .key = "uwsgi_failed", SELF(uwsgi_failed), .kind = METRIC_GAUGE, .unit = "",
	  .known = is_peer_of_uwsgi,
	  .help = "Whether the uWSGI stats server that was asked last could not be read",
	  .prom = { .name = "uwsgi_exporter_last_scrape_error" } },
	/* A summary without quantiles there, which no format carries well. */
	{ .key = "uwsgi_micros", SELF(uwsgi_micros), .kind = METRIC_COUNTER, .unit = "seconds",
	  .scale = 1e-6, .known = is_peer_of_uwsgi,
	  .help = "Time that reading uWSGI stats servers has taken",
	  .prom = { .name = "uwsgi_exporter_scrape_duration_seconds_sum" } },
	{ .key = "uwsgi_count", SELF(uwsgi_scrapes), .kind = METRIC_COUNTER, .unit = "scrapes",
	  .known = is_peer_of_uwsgi, .help = "Readings of uWSGI stats servers that this took",
	  .prom = { .name = "uwsgi_exporter_scrape_duration_seconds_count" } },
};

static const struct entity entity_peer = {
	.name = "self_peer", .title = TITLE_PEER, .size = sizeof(struct self_snapshot),
	ROWS(peer_metric),
};

/* clang-format on */

const struct entity *const self_entity_all[] = {
	&entity_build,      &entity_self, &entity_process,
	&entity_peer_build, &entity_peer, &self_entity_left_out,
};

const size_t self_entity_all_len = ARRAY_LEN(self_entity_all);
