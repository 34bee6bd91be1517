/* SPDX-License-Identifier: MIT */
/* metric_router.c - the rows of uWSGI's other stats servers: the emperor's and the routers'. */
#include "metric_table.h"

#include "model.h"

/* Rows are laid out by hand. */
/* clang-format off */

#define VASSAL(member) FIELD(struct uwsgi_vassal, member)

static const struct metric vassal_metric[] = {
	{ .key = "pid", VASSAL(pid), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Process id of the vassal" },
	{ .key = "born", VASSAL(born), .kind = METRIC_GAUGE, .unit = "seconds",
	  .help = "Unix time when the emperor met the vassal" },
	{ .key = "last_mod", VASSAL(last_mod), .kind = METRIC_GAUGE, .unit = "seconds",
	  .help = "Unix time of the last change of the vassal's file" },
	{ .key = "last_heartbeat", VASSAL(last_heartbeat), .kind = METRIC_GAUGE,
	  .unit = "seconds", .help = "Unix time of the vassal's last heartbeat; 0: sends none",
	  .prom = { .name = "uwsgi_vassal_last_heartbeat_timestamp_seconds" } },
	{ .key = "loyal", VASSAL(loyal), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Whether the vassal has said that it is loyal",
	  .prom = { .name = "uwsgi_vassal_loyal" } },
	{ .key = "ready", VASSAL(ready), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Whether the vassal is ready", .prom = { .name = "uwsgi_vassal_ready" } },
	{ .key = "accepting", VASSAL(accepting), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Whether the vassal takes requests",
	  .prom = { .name = "uwsgi_vassal_accepting" } },
	{ .key = "last_loyal", VASSAL(last_loyal), .kind = METRIC_GAUGE, .unit = "seconds",
	  .help = "Unix time when the vassal last became loyal" },
	{ .key = "last_ready", VASSAL(last_ready), .kind = METRIC_GAUGE, .unit = "seconds",
	  .help = "Unix time when the vassal last became ready" },
	{ .key = "last_accepting", VASSAL(last_accepting), .kind = METRIC_GAUGE,
	  .unit = "seconds", .help = "Unix time when the vassal last began to take requests" },
	{ .key = "first_run", VASSAL(first_run), .kind = METRIC_GAUGE, .unit = "seconds",
	  .help = "Unix time of the vassal's first start" },
	{ .key = "last_run", VASSAL(last_run), .kind = METRIC_GAUGE, .unit = "seconds",
	  .help = "Unix time of the vassal's last start",
	  .prom = { .name = "uwsgi_vassal_last_run_timestamp_seconds" } },
	{ .key = "cursed", VASSAL(cursed), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Whether the emperor is stopping the vassal",
	  .prom = { .name = "uwsgi_vassal_cursed" } },
	{ .key = "zerg", VASSAL(zerg), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Whether the vassal is in zerg mode" },
	{ .key = "uid", VASSAL(uid), .kind = METRIC_GAUGE, .unit = "",
	  .help = "User id that the vassal runs as" },
	{ .key = "gid", VASSAL(gid), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Group id that the vassal runs as" },
	{ .key = "respawns", VASSAL(respawns), .kind = METRIC_COUNTER, .unit = "starts",
	  .help = "Times the vassal was started again",
	  .prom = { .name = "uwsgi_vassal_respawns_total" } },
	{ .key = "suspended", VASSAL(suspended), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Whether the vassal is suspended (uWSGI 2.1)" },
	{ .key = "adopted", VASSAL(adopted), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Whether the vassal was taken over from another emperor (uWSGI 2.1)" },
};

static const struct label vassal_label[] = {
	LABEL("id", "vassal", struct uwsgi_vassal, id),
	LABEL("monitor", "monitor", struct uwsgi_vassal, monitor),
	LABEL("on_demand", NULL, struct uwsgi_vassal, on_demand),
};

#define BLACKLISTED(member) FIELD(struct uwsgi_blacklisted, member)

static const struct metric blacklisted_metric[] = {
	{ .key = "throttle_level", BLACKLISTED(throttle_level), .kind = METRIC_GAUGE,
	  .unit = "seconds", .scale = 1e-3,
	  .help = "Pause before the emperor tries a failing vassal again",
	  .prom = { .name = "uwsgi_blacklisted_vassal_throttle_seconds" } },
	{ .key = "attempt", BLACKLISTED(attempt), .kind = METRIC_GAUGE, .unit = "attempts",
	  .help = "Failed starts of the vassal",
	  .prom = { .name = "uwsgi_blacklisted_vassal_attempts" } },
	{ .key = "first_attempt", BLACKLISTED(first_attempt), .kind = METRIC_GAUGE,
	  .unit = "seconds", .help = "Unix time of the first failed start" },
	{ .key = "last_attempt", BLACKLISTED(last_attempt), .kind = METRIC_GAUGE,
	  .unit = "seconds", .help = "Unix time of the last failed start",
	  .prom = { .name = "uwsgi_blacklisted_vassal_last_attempt_timestamp_seconds" } },
};

static const struct label blacklisted_label[] = {
	LABEL("id", "vassal", struct uwsgi_blacklisted, id),
};

#define STATIC_NODE(member) FIELD(struct uwsgi_static_node, member)

static const struct metric static_node_metric[] = {
	{ .key = "hits", STATIC_NODE(hits), .kind = METRIC_COUNTER, .unit = "requests",
	  .help = "Requests that the router has sent to the node",
	  .prom = { .name = "uwsgi_router_static_node_hits_total" } },
	{ .key = "grace", STATIC_NODE(grace), .kind = METRIC_GAUGE, .unit = "seconds",
	  .help = "Unix time until which the router leaves a failed node alone; 0: it works",
	  .prom = { .name = "uwsgi_router_static_node_grace_timestamp_seconds" } },
};

static const struct label static_node_label[] = {
	LABEL("name", "node", struct uwsgi_static_node, name),
};

#define SUBSCRIPTION(member) FIELD(struct uwsgi_subscription, member)

static const struct metric subscription_metric[] = {
	{ .key = "hash", SUBSCRIPTION(hash), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Hash of the subscription's key" },
	{ .key = "hits", SUBSCRIPTION(hits), .kind = METRIC_COUNTER, .unit = "requests",
	  .help = "Requests for the subscription's key",
	  .prom = { .name = "uwsgi_router_subscription_hits_total" } },
	{ .key = "sni_enabled", SUBSCRIPTION(sni_enabled), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Whether the subscription has a certificate of its own" },
};

static const struct label subscription_label[] = {
	LABEL("key", "key", struct uwsgi_subscription, key),
};

#define NODE(member) FIELD(struct uwsgi_node, member)

static const struct metric node_metric[] = {
	{ .key = "modifier1", NODE(modifier1), .kind = METRIC_GAUGE, .unit = "",
	  .help = "uWSGI modifier that the router sends to the node" },
	{ .key = "modifier2", NODE(modifier2), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Second uWSGI modifier that the router sends to the node" },
	{ .key = "last_check", NODE(last_check), .kind = METRIC_GAUGE, .unit = "seconds",
	  .help = "Unix time when the node last announced itself",
	  .prom = { .name = "uwsgi_router_node_last_check_timestamp_seconds" } },
	{ .key = "pid", NODE(pid), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Process id of the node" },
	{ .key = "uid", NODE(uid), .kind = METRIC_GAUGE, .unit = "",
	  .help = "User id of the node" },
	{ .key = "gid", NODE(gid), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Group id of the node" },
	{ .key = "requests", NODE(requests), .kind = METRIC_COUNTER, .unit = "requests",
	  .help = "Requests that the router has sent to the node",
	  .prom = { .name = "uwsgi_router_node_requests_total" } },
	{ .key = "last_requests", NODE(last_requests), .kind = METRIC_GAUGE, .unit = "requests",
	  .help = "Requests since the node last announced itself" },
	{ .key = "tx", NODE(tx), .kind = METRIC_COUNTER, .unit = "bytes",
	  .help = "Bytes that the router has sent to the node",
	  .prom = { .name = "uwsgi_router_node_transmitted_bytes_total" } },
	{ .key = "rx", NODE(rx), .kind = METRIC_COUNTER, .unit = "bytes",
	  .help = "Bytes that the router has received from the node",
	  .prom = { .name = "uwsgi_router_node_received_bytes_total" } },
	{ .key = "cores", NODE(cores), .kind = METRIC_GAUGE, .unit = "cores",
	  .help = "Requests that the node says it can serve at the same time",
	  .prom = { .name = "uwsgi_router_node_cores" } },
	{ .key = "load", NODE(load), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Load that the node has announced",
	  .prom = { .name = "uwsgi_router_node_load" } },
	{ .key = "weight", NODE(weight), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Share of the requests that the node gets",
	  .prom = { .name = "uwsgi_router_node_weight" } },
	{ .key = "wrr", NODE(wrr), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Requests left to the node in this round" },
	{ .key = "ref", NODE(ref), .kind = METRIC_GAUGE, .unit = "requests",
	  .help = "Requests that the node is serving for the router",
	  .prom = { .name = "uwsgi_router_node_active_requests" } },
	{ .key = "failcnt", NODE(failcnt), .kind = METRIC_COUNTER, .unit = "failures",
	  .help = "Times the router could not reach the node",
	  .prom = { .name = "uwsgi_router_node_failures_total" } },
	{ .key = "death_mark", NODE(death_mark), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Whether the router is about to drop the node",
	  .prom = { .name = "uwsgi_router_node_death_mark" } },
	{ .key = "backup", NODE(backup), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Whether the node is used only when the others fail (uWSGI 2.1)",
	  .prom = { .name = "uwsgi_router_node_backup" } },
};

static const struct label node_label[] = {
	LABEL("name", "node", struct uwsgi_node, name),
	LABEL("vassal", NULL, struct uwsgi_node, vassal),
};

#define PART(json_key, type, list_name)                                                           \
	.root = ROOT_UWSGI, .parent = &entity_uwsgi, .json = (json_key), .shape = SHAPE_LIST,     \
	.list = offsetof(struct uwsgi_stats, list_name), .size = sizeof(struct type)

const struct entity entity_uwsgi_vassal = {
	.name = "uwsgi_vassal", .title = "uWSGI emperor: vassals",
	PART("vassals", uwsgi_vassal, vassals), LABELS(vassal_label), METRICS(vassal_metric),
};

const struct entity entity_uwsgi_blacklisted = {
	.name = "uwsgi_blacklisted", .title = "uWSGI emperor: vassals that fail to start",
	PART("blacklist", uwsgi_blacklisted, blacklist),
	LABELS(blacklisted_label), METRICS(blacklisted_metric),
};

const struct entity entity_uwsgi_static_node = {
	.name = "uwsgi_static_node", .title = "uWSGI router: nodes of the configuration",
	PART("static_nodes", uwsgi_static_node, static_nodes),
	LABELS(static_node_label), METRICS(static_node_metric),
};

const struct entity entity_uwsgi_subscription = {
	.name = "uwsgi_subscription", .title = "uWSGI router: subscriptions",
	PART("subscriptions", uwsgi_subscription, subscriptions),
	LABELS(subscription_label), METRICS(subscription_metric),
};

const struct entity entity_uwsgi_node = {
	.name = "uwsgi_node", .title = "uWSGI router: nodes of a subscription", .root = ROOT_UWSGI,
	.parent = &entity_uwsgi_subscription, .json = "nodes", .shape = SHAPE_LIST,
	.list = offsetof(struct uwsgi_subscription, nodes), .size = sizeof(struct uwsgi_node),
	LABELS(node_label), METRICS(node_metric),
};
