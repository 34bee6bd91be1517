/* SPDX-License-Identifier: MIT */
/* metric_ledger.c - the rows of the ledger, of the queues that the kernel shows, and of findings. */
#include "metric_table.h"

#include "findings.h"
#include "ledger.h"
#include "scrape.h"

/* Rows are laid out by hand. */
/* clang-format off */

const char *const confidence_name[] = {
	[CONFIDENCE_UNKNOWN] = "unknown",
	[CONFIDENCE_BOUNDED] = "bounded",
	[CONFIDENCE_EXACT] = "exact",
	NULL,
};

#define LEDGER(member) FIELD(struct ledger, member), .derived = true
#define HELD(line) FIELD(struct ledger, held[line]), .derived = true, .kind = METRIC_GAUGE, \
	.unit = "connections"
#define HELD_PROM(line) { .name = "connledger_connections", .label = "held_by", .word = (line), \
	.help = "Client connections of nginx by who holds them; all lines together are what nginx " \
		"counts as active, less the scrape's own" }
#define HELD_MUNIN(line, text, rrggbb, shown) { { .graph = "held", .field = (line), \
	.label = (text), .draw = "AREASTACK", .colour = (rrggbb), .info = (shown) } }

#define BOUND(end, line, text, which) { .key = text "_" #end, FIELD(struct ledger, end[line]), \
	.derived = true, .kind = METRIC_GAUGE, .unit = "connections", .below_zero = true, \
	.help = which " that this line may be", \
	.prom = { .name = "connledger_connections_" #end, .label = "held_by", .word = text, \
		  .help = which " that this line of the ledger may be; the same as the other bound " \
			  "where it is exact" } }
#define REQUEST(at) FIELD(struct ledger, requests[at]), .derived = true, .kind = METRIC_GAUGE, \
	.unit = "requests"
#define REQUEST_PROM(text) { .name = "connledger_requests", .label = "held_by", .word = (text), \
	.help = "Requests that nginx has at the applications, whatever carries them to nginx: no " \
		"worker has taken those of app_queue, one works on those of app" }
#define REQUEST_BOUND(end, at, row, text, which) { .key = row "_" #end, \
	FIELD(struct ledger, requests_##end[at]), .derived = true, .kind = METRIC_GAUGE, \
	.unit = "requests", .help = which " that this number may be", \
	.prom = { .name = "connledger_requests_" #end, .label = "held_by", .word = text, \
		  .help = which " that this number of requests may be; the same as the other bound " \
			  "where it is exact" } }
#define NO_REQUESTS "no application is named, or not all of them can be seen from here"

static bool processes_are_known(const void *object)
{
	const struct ledger *ledger = object;

	return ledger->processes_known;
}

static bool overflows_are_known(const void *object)
{
	const struct ledger *ledger = object;

	return ledger->overflows_known;
}

/* Without lines nobody can be sure of them. */
static bool has_lines(const void *object)
{
	const struct ledger *ledger = object;

	return ledger->has_lines;
}

static const struct metric ledger_metric[] = {
	{ .key = "request", HELD(HELD_REQUEST),
	  .help = "Clients that have not finished their request header, or a TLS handshake",
	  .prom = HELD_PROM("request"),
	  .munin = HELD_MUNIN("request", "Sending its request", "f2c14e",
			      "Clients that are still sending the head of their request, or setting "
			      "up encryption (TLS)"),
	  .nagios = { .name = "request" },
	  .collectd = { .type = "current_connections", .instance = "request" } },
	{ .key = "keepalive", HELD(HELD_KEEPALIVE),
	  .help = "Idle clients between two requests, or that have said nothing yet",
	  .prom = HELD_PROM("keepalive"),
	  .munin = HELD_MUNIN("keepalive", "Idle (keepalive)", "d9d9d9",
			      "Clients that keep their connection open between two requests and ask "
			      "for nothing now, or have not asked yet. Browsers do so: it is normal, "
			      "and cheap"),
	  .nagios = { .name = "keepalive" },
	  .collectd = { .type = "current_connections", .instance = "keepalive" } },
	{ .key = "unanswered", HELD(HELD_UNANSWERED),
	  .help = "Requests that wait for something unseen: a body on its way, a delay inside "
		  "nginx, an upstream that was not named",
	  .prom = HELD_PROM("unanswered"),
	  .munin = HELD_MUNIN("unanswered", "Unanswered (upload, delay)", "9db4c0",
			      "Requests that wait for something the plugin cannot see: an upload that "
			      "is still coming in, a delay inside nginx, or an application server "
			      "that env.upstreams does not name"),
	  .nagios = { .name = "unanswered" },
	  .collectd = { .type = "current_connections", .instance = "unanswered" } },
	{ .key = "app_queue", HELD(HELD_APP_QUEUE),
	  .help = "Requests in the listen queue of the application: no worker has taken them",
	  .prom = HELD_PROM("app_queue"),
	  .munin = HELD_MUNIN("app_queue", "Queued for the application", "f4a261",
			      "Requests that wait in line in front of the application: all its "
			      "workers are busy. Should be near 0"),
	  .nagios = { .name = "app_queue" },
	  .collectd = { .type = "current_connections", .instance = "app_queue" } },
	{ .key = "app", HELD(HELD_APP),
	  .help = "Requests that an application worker is working on",
	  .prom = HELD_PROM("app"),
	  .munin = HELD_MUNIN("app", "Application is working", "3a7ca5",
			      "Requests that a worker of the application is working on"),
	  .nagios = { .name = "app" },
	  .collectd = { .type = "current_connections", .instance = "app" } },
	{ .key = "sending", HELD(HELD_SENDING),
	  .help = "Clients that are reading their answer",
	  .prom = HELD_PROM("sending"),
	  .munin = HELD_MUNIN("sending", "Sending the answer", "81b29a",
			      "Clients that are receiving their answer, as they should"),
	  .nagios = { .name = "sending" },
	  .collectd = { .type = "current_connections", .instance = "sending" } },
	{ .key = "stalled_client", HELD(HELD_STALLED_CLIENT),
	  .help = "Clients that have stopped reading their answer (zero window)",
	  .prom = HELD_PROM("stalled_client"),
	  .munin = HELD_MUNIN("stalled_client", "Client stopped reading", "d00000",
			      "Clients that have stopped receiving in the middle of their answer: "
			      "slow, asleep, or doing it on purpose. nginx keeps the answer ready for "
			      "them until send_timeout"),
	  .nagios = { .name = "stalled_client" },
	  .collectd = { .type = "current_connections", .instance = "stalled_client" } },
	{ .key = "vanished_client", HELD(HELD_VANISHED_CLIENT),
	  .help = "Clients that no longer acknowledge anything",
	  .prom = HELD_PROM("vanished_client"),
	  .munin = HELD_MUNIN("vanished_client", "Client vanished", "7f0000",
			      "Clients that no longer react at all: gone without saying goodbye, as a "
			      "phone that lost its network. The kernel gives up on them after minutes"),
	  .nagios = { .name = "vanished_client" },
	  .collectd = { .type = "current_connections", .instance = "vanished_client" } },
	{ .key = "half_closed", HELD(HELD_HALF_CLOSED),
	  .help = "Clients that have hung up while nginx has not (CLOSE_WAIT); a leak if they stay",
	  .prom = HELD_PROM("half_closed"),
	  .munin = HELD_MUNIN("half_closed", "Client hung up (half-closed)", "6a4c93",
			      "Clients that have hung up while nginx has not noticed yet, mostly "
			      "since it waits for the application first. Many of them, or for long: "
			      "something is stuck"),
	  .nagios = { .name = "half_closed" },
	  .collectd = { .type = "current_connections", .instance = "half_closed" } },
	{ .key = "lingering", HELD(HELD_LINGERING),
	  .help = "Connections that nginx has closed and still drains (lingering_close)",
	  .prom = HELD_PROM("lingering"),
	  .munin = HELD_MUNIN("lingering", "Closing (lingering)", "b8c0ff",
			      "Connections that nginx has closed and whose last bytes it still takes "
			      "in. They end by themselves within seconds"),
	  .nagios = { .name = "lingering" },
	  .collectd = { .type = "current_connections", .instance = "lingering" } },
	{ .key = "long_lived", HELD(HELD_LONG_LIVED),
	  .help = "Websockets, event streams, throttled downloads, idle HTTP/2 streams",
	  .prom = HELD_PROM("long_lived"),
	  .munin = HELD_MUNIN("long_lived", "Long-lived (websocket, stream)", "264653",
			      "Connections that are meant to stay: websockets, event streams, slowed- "
			      "down downloads, quiet HTTP/2 connections"),
	  .nagios = { .name = "long_lived" },
	  .collectd = { .type = "current_connections", .instance = "long_lived" } },
	{ .key = "phantom", HELD(HELD_PHANTOM),
	  .help = "Connections that nginx counts and the kernel does not have: left behind by a "
		  "worker that was killed",
	  .prom = HELD_PROM("phantom"),
	  .munin = HELD_MUNIN("phantom", "Phantom (nobody)", "ff00aa",
			      "Connections that nginx counts and that do not exist: a worker of nginx "
			      "that was killed or crashed has left them in the count. They never go "
			      "away by themselves; restarting nginx sets the count right"),
	  .nagios = { .name = "phantom", .main = true },
	  .collectd = { .type = "current_connections", .instance = "phantom" } },
	{ .key = "unexplained", HELD(HELD_UNEXPLAINED), .below_zero = true,
	  .help = "The rest; below 0 when the kernel has more connections than nginx counts",
	  .prom = HELD_PROM("unexplained"),
	  .munin = HELD_MUNIN("unexplained", "Unexplained", "000000",
			      "What fits no other line; below 0 when there are more connections than "
			      "nginx counts. Should be near 0"),
	  .nagios = { .name = "unexplained" },
	  /* The other type begins at 0. */
	  .collectd = { .type = "gauge", .instance = "unexplained" } },
	{ .key = "total", LEDGER(total), .kind = METRIC_GAUGE, .unit = "connections",
	  .help = "Client connections on the ledger: what nginx counts as active less the scrape's own",
	  .collectd = { .type = "current_connections", .instance = "total" } },
	{ .key = "writing", LEDGER(writing), .kind = METRIC_GAUGE, .unit = "requests",
	  .help = "Requests that nginx counts as writing, less the scrape's own" },
	{ .key = "confidence", LEDGER(confidence), .kind = METRIC_STATE, .unit = "",
	  .names = confidence_name, .known = has_lines,
	  .help = "How sure the ledger is: exact, bounded (the reason says how), or unknown (from the "
		  "counters of nginx alone)",
	  .prom = { .name = "connledger_confidence", .label = "level" },
	  .nagios = { .name = "confidence" },
	  .collectd = { .type = "gauge", .instance = "confidence" } },
	{ .key = "orphaned", LEDGER(orphaned), .kind = METRIC_GAUGE, .unit = "requests",
	  .help = "Requests that a uWSGI worker is busy with although their client is gone",
	  .prom = { .name = "connledger_orphaned_requests" },
	  .nagios = { .name = "orphaned" },
	  .collectd = { .type = "gauge", .instance = "orphaned" } },
	{ .key = "abandoned", LEDGER(abandoned), .kind = METRIC_GAUGE, .unit = "requests",
	  .help = "Requests in the application's listen queue whose client is gone",
	  .prom = { .name = "connledger_abandoned_requests" },
	  .collectd = { .type = "gauge", .instance = "abandoned" } },
	{ .key = "blocked_app", LEDGER(blocked_app), .kind = METRIC_GAUGE, .unit = "connections",
	  .help = "Connections to the application whose answer waits for a slow client",
	  .prom = { .name = "connledger_blocked_upstreams" },
	  .collectd = { .type = "gauge", .instance = "blocked_upstreams" } },
	{ .key = "oldest_request", LEDGER(oldest_request), .kind = METRIC_GAUGE, .unit = "seconds",
	  .help = "Age of the oldest request that a uWSGI worker is still working on",
	  .prom = { .name = "connledger_oldest_request_seconds" },
	  .nagios = { .name = "oldest_request" } },
	{ .key = "backlog_percent", LEDGER(backlog_percent), .kind = METRIC_GAUGE, .unit = "percent",
	  .help = "How full the fullest listen queue is, of nginx and of uWSGI",
	  .nagios = { .name = "backlog_percent" },
	  .collectd = { .type = "percent", .instance = "backlog", .max = 100 } },
	{ .key = "listen_overflows", LEDGER(listen_overflows), .kind = METRIC_COUNTER,
	  .unit = "attempts", .known = overflows_are_known,
	  .help = "Attempts to connect that a listening TCP socket of this host turned away because its "
		  "queue was full; the kernel does not tell which socket",
	  .prom = { .name = "connledger_listen_overflows_total" },
	  .collectd = { .type = "errors", .instance = "listen_overflows" } },
	{ .key = "old_workers", LEDGER(old_workers), .kind = METRIC_GAUGE, .unit = "workers",
	  .known = processes_are_known,
	  .help = "nginx workers from before a reload that still finish their connections",
	  .prom = { .name = "connledger_old_workers" },
	  .collectd = { .type = "count", .instance = "old_workers" } },
	{ .key = "samples", LEDGER(samples), .kind = METRIC_GAUGE, .unit = "samples",
	  .known = has_lines,
	  .help = "Rounds of reading nginx and the kernel that this ledger is made of",
	  .prom = { .name = "connledger_samples" } },
	{ .key = "spread", LEDGER(spread), .kind = METRIC_GAUGE, .unit = "connections",
	  .known = has_lines,
	  .help = "How far apart the samples' phantom counts were",
	  .prom = { .name = "connledger_sample_spread" } },
	{ .key = "seconds", LEDGER(seconds), .kind = METRIC_GAUGE, .unit = "seconds",
	  .help = "Time that the ledger took",
	  .prom = { .name = "connledger_ledger_duration_seconds" } },
	BOUND(low, HELD_REQUEST, "request", "The least"),
	BOUND(low, HELD_KEEPALIVE, "keepalive", "The least"),
	BOUND(low, HELD_UNANSWERED, "unanswered", "The least"),
	BOUND(low, HELD_APP_QUEUE, "app_queue", "The least"),
	BOUND(low, HELD_APP, "app", "The least"),
	BOUND(low, HELD_SENDING, "sending", "The least"),
	BOUND(low, HELD_STALLED_CLIENT, "stalled_client", "The least"),
	BOUND(low, HELD_VANISHED_CLIENT, "vanished_client", "The least"),
	BOUND(low, HELD_HALF_CLOSED, "half_closed", "The least"),
	BOUND(low, HELD_LINGERING, "lingering", "The least"),
	BOUND(low, HELD_LONG_LIVED, "long_lived", "The least"),
	BOUND(low, HELD_PHANTOM, "phantom", "The least"),
	BOUND(low, HELD_UNEXPLAINED, "unexplained", "The least"),
	BOUND(high, HELD_REQUEST, "request", "The most"),
	BOUND(high, HELD_KEEPALIVE, "keepalive", "The most"),
	BOUND(high, HELD_UNANSWERED, "unanswered", "The most"),
	BOUND(high, HELD_APP_QUEUE, "app_queue", "The most"),
	BOUND(high, HELD_APP, "app", "The most"),
	BOUND(high, HELD_SENDING, "sending", "The most"),
	BOUND(high, HELD_STALLED_CLIENT, "stalled_client", "The most"),
	BOUND(high, HELD_VANISHED_CLIENT, "vanished_client", "The most"),
	BOUND(high, HELD_HALF_CLOSED, "half_closed", "The most"),
	BOUND(high, HELD_LINGERING, "lingering", "The most"),
	BOUND(high, HELD_LONG_LIVED, "long_lived", "The most"),
	BOUND(high, HELD_PHANTOM, "phantom", "The most"),
	BOUND(high, HELD_UNEXPLAINED, "unexplained", "The most"),
	{ .key = "requests_queued", REQUEST(REQUESTS_QUEUED),
	  .help = "Requests that no worker of the application has taken; over HTTP/2 one client may "
		  "have many",
	  .prom = REQUEST_PROM("app_queue"),
	  /* Upon the area, which comes first. */
	  .munin = { { .graph = "app_requests", .field = "requests_queued", .draw = "STACK",
		       .label = "Waiting", .colour = "f4a261", .unknown = NO_REQUESTS,
		       .info = "Requests that no worker of the application has taken, since all are "
			       "busy. Should be near 0" } },
	  .nagios = { .name = "requests_queued" },
	  .collectd = { .type = "requests", .instance = "app_queue" } },
	{ .key = "requests_active", REQUEST(REQUESTS_ACTIVE),
	  .help = "Requests that the application has taken and not finished; over HTTP/2 one client "
		  "may have many",
	  .prom = REQUEST_PROM("app"),
	  .munin = { { .graph = "app_requests", .field = "requests_active", .draw = "AREA",
		       .label = "In work", .colour = "3a7ca5", .unknown = NO_REQUESTS,
		       .info = "Requests that a worker of the application has taken and not "
			       "finished" } },
	  .nagios = { .name = "requests_active" },
	  .collectd = { .type = "requests", .instance = "app" } },
	REQUEST_BOUND(low, REQUESTS_QUEUED, "requests_queued", "app_queue", "The least"),
	REQUEST_BOUND(low, REQUESTS_ACTIVE, "requests_active", "app", "The least"),
	REQUEST_BOUND(high, REQUESTS_QUEUED, "requests_queued", "app_queue", "The most"),
	REQUEST_BOUND(high, REQUESTS_ACTIVE, "requests_active", "app", "The most"),
};

const struct entity entity_ledger = {
	.name = "ledger", .title = "the ledger", .root = ROOT_LEDGER,
	.size = sizeof(struct ledger), METRICS(ledger_metric),
};

#define BACKLOG(member) FIELD(struct backlog, member), .derived = true

static const struct metric listener_metric[] = {
	{ .key = "queue", BACKLOG(queue), .kind = METRIC_GAUGE, .unit = "connections",
	  .help = "Connections that nginx has not accepted yet",
	  .prom = { .name = "nginx_listener_queue_length" },
	  .munin = { { .graph = "backlog", .field = "nginx", .label = "nginx",
		       .info = "Clients that have connected and that nginx has not taken on yet. "
			       "Should be near 0; above its limit clients are turned away" } },
	  .collectd = { .type = "queue_length", .instance = "nginx" } },
	{ .key = "limit", BACKLOG(limit), .kind = METRIC_GAUGE, .unit = "connections",
	  .help = "Backlog in effect of a listening socket of nginx",
	  .prom = { .name = "nginx_listener_queue_limit" },
	  .collectd = { .type = "queue_length", .instance = "nginx_limit" } },
};

static const struct label listener_label[] = {
	LABEL("name", "listener", struct backlog, name),
};

const struct entity entity_ledger_listener = {
	.name = "listener", .title = "nginx: its listening sockets", .root = ROOT_LEDGER,
	.parent = &entity_ledger, .shape = SHAPE_NONE, .list = offsetof(struct ledger, listeners),
	.size = sizeof(struct backlog), LABELS(listener_label), METRICS(listener_metric),
};

static const struct metric socket_metric[] = {
	{ .key = "queue", BACKLOG(queue), .kind = METRIC_GAUGE, .unit = "connections",
	  .help = "Connections that no uWSGI worker has taken, as the kernel counts them",
	  .prom = { .name = "uwsgi_socket_backlog_length" },
	  .munin = { { .graph = "backlog", .field = "uwsgi", .label = "uWSGI",
		       .info = "Requests that wait until a worker of the application is free. "
			       "Above its limit they fail (502 Bad Gateway)" } },
	  .collectd = { .type = "queue_length", .instance = "uwsgi" } },
	{ .key = "limit", BACKLOG(limit), .kind = METRIC_GAUGE, .unit = "connections",
	  .help = "Backlog in effect of a listening socket of uWSGI",
	  .prom = { .name = "uwsgi_socket_backlog_limit" },
	  .collectd = { .type = "queue_length", .instance = "uwsgi_limit" } },
};

static const struct label socket_label[] = {
	LABEL("name", "name", struct backlog, name),
};

const struct entity entity_ledger_socket = {
	.name = "backlog", .title = "uWSGI: the kernel's side of its sockets", .root = ROOT_LEDGER,
	.parent = &entity_ledger, .shape = SHAPE_NONE, .list = offsetof(struct ledger, sockets),
	.size = sizeof(struct backlog), LABELS(socket_label), METRICS(socket_metric),
};

static const struct metric finding_metric[] = {
	{ .key = "present", FIELD(struct finding, present), .derived = true, .kind = METRIC_GAUGE,
	  .unit = "", .help = "Whether the diagnosis stands now: each that does is 1",
	  .prom = { .name = "connledger_finding" } },
};

static const struct label finding_label[] = {
	LABEL("name", "finding", struct finding, name),
	LABEL("severity", "severity", struct finding, severity_name),
};

static const struct entity entity_scrape = {
	.name = "scrape", .title = "the scrape", .root = ROOT_SCRAPE, .size = sizeof(struct scrape),
};

const struct entity entity_finding = {
	.name = "finding", .title = "findings", .root = ROOT_SCRAPE, .parent = &entity_scrape,
	.shape = SHAPE_NONE, .list = offsetof(struct scrape, findings),
	.size = sizeof(struct finding), LABELS(finding_label), METRICS(finding_metric),
};

/* clang-format on */

/* The rows of the lines stand first, in the order of the enum. */
const char *held_by_name(enum held_by line)
{
	return ledger_metric[line].key;
}
