/* SPDX-License-Identifier: MIT */
/* metric_parts.c - the rows of uWSGI's caches, spoolers, crons, daemons, locks, legions and of the
 * metrics{} that it and the application keep themselves. */
#include "metric_table.h"

#include "model.h"

/* Rows are laid out by hand. */
/* clang-format off */

#define CACHE(member) FIELD(struct uwsgi_cache, member)

static const struct metric cache_metric[] = {
	{ .key = "hashsize", CACHE(hashsize), .kind = METRIC_GAUGE, .unit = "slots",
	  .help = "Slots of the cache's hash table" },
	{ .key = "keysize", CACHE(keysize), .kind = METRIC_GAUGE, .unit = "bytes",
	  .help = "Longest key that the cache takes" },
	{ .key = "max_items", CACHE(max_items), .kind = METRIC_GAUGE, .unit = "items",
	  .help = "Items that the cache has room for", .prom = { .name = "uwsgi_cache_max_items" } },
	{ .key = "blocks", CACHE(blocks), .kind = METRIC_GAUGE, .unit = "blocks",
	  .help = "Blocks of the cache's memory" },
	{ .key = "blocksize", CACHE(blocksize), .kind = METRIC_GAUGE, .unit = "bytes",
	  .help = "Size of a block" },
	{ .key = "items", CACHE(items), .kind = METRIC_GAUGE, .unit = "items",
	  .help = "Items in the cache", .prom = { .name = "uwsgi_cache_items" } },
	{ .key = "hits", CACHE(hits), .kind = METRIC_COUNTER, .unit = "lookups",
	  .help = "Lookups that found their key",
	  .prom = { .name = "uwsgi_cache_hits", .strict = "uwsgi_cache_hits_total" } },
	{ .key = "miss", CACHE(miss), .kind = METRIC_COUNTER, .unit = "lookups",
	  .help = "Lookups that did not find their key",
	  .prom = { .name = "uwsgi_cache_misses", .strict = "uwsgi_cache_misses_total" } },
	{ .key = "full", CACHE(full), .kind = METRIC_COUNTER, .unit = "items",
	  .help = "Items that the cache had no room for",
	  .prom = { .name = "uwsgi_cache_full", .strict = "uwsgi_cache_full_total" } },
	{ .key = "last_modified_at", CACHE(last_modified_at), .kind = METRIC_GAUGE,
	  .unit = "seconds", .help = "Unix time of the cache's last change",
	  .prom = { .name = "uwsgi_cache_last_modified_timestamp_seconds" } },
};

static const struct label cache_label[] = {
	LABEL("name", "name", struct uwsgi_cache, name),
	LABEL("hash", NULL, struct uwsgi_cache, hash),
};

#define SPOOLER(member) FIELD(struct uwsgi_spooler, member)

static const struct metric spooler_metric[] = {
	{ .key = "pid", SPOOLER(pid), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Process id of the spooler" },
	{ .key = "tasks", SPOOLER(tasks), .kind = METRIC_COUNTER, .unit = "tasks",
	  .help = "Tasks that the spooler has run",
	  .prom = { .name = "uwsgi_spooler_tasks_total" } },
	{ .key = "respawns", SPOOLER(respawns), .kind = METRIC_COUNTER, .unit = "starts",
	  .help = "Times the spooler was started again",
	  .prom = { .name = "uwsgi_spooler_respawns_total" } },
	{ .key = "running", SPOOLER(running), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Whether the spooler is running a task",
	  .prom = { .name = "uwsgi_spooler_running" } },
};

static const struct label spooler_label[] = {
	LABEL("dir", "dir", struct uwsgi_spooler, dir),
};

#define CRON(member) FIELD(struct uwsgi_cron, member)

static const struct metric cron_metric[] = {
	{ .key = "minute", CRON(minute), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Minute at which the job starts; -1: any" },
	{ .key = "hour", CRON(hour), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Hour at which the job starts; -1: any" },
	{ .key = "day", CRON(day), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Day of the month on which the job starts; -1: any" },
	{ .key = "month", CRON(month), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Month in which the job starts; -1: any" },
	{ .key = "week", CRON(week), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Day of the week on which the job starts; -1: any" },
	{ .key = "unique", CRON(unique), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Whether the job is not started while it still runs" },
	{ .key = "pid", CRON(pid), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Process id of the running job; -1: not running" },
	{ .key = "started_at", CRON(started_at), .kind = METRIC_GAUGE, .unit = "seconds",
	  .help = "Unix time when the running job began; 0: not running",
	  .prom = { .name = "uwsgi_cron_started_timestamp_seconds" } },
};

/* A command line may hold a secret: it is no label. */
static const struct label cron_label[] = {
	{ .key = NULL, .name = "cron", FIELD(struct uwsgi_cron, number) },
	LABEL("command", NULL, struct uwsgi_cron, command),
	LABEL("legion", NULL, struct uwsgi_cron, legion),
};

#define DAEMON(member) FIELD(struct uwsgi_daemon, member)

static const struct metric daemon_metric[] = {
	{ .key = "pid", DAEMON(pid), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Process id of the attached daemon; 0: not running",
	  .prom = { .name = "uwsgi_daemon_pid" } },
	{ .key = "respawns", DAEMON(respawns), .kind = METRIC_COUNTER, .unit = "starts",
	  .help = "Times the daemon was started again; uWSGI always says 0" },
};

static const struct label daemon_label[] = {
	{ .key = NULL, .name = "daemon", FIELD(struct uwsgi_daemon, number) },
	LABEL("cmd", NULL, struct uwsgi_daemon, cmd),
};

static const struct metric lock_metric[] = {
	{ .key = "pid", FIELD(struct uwsgi_lock, pid), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Process id of the lock's holder; 0: free",
	  .prom = { .name = "uwsgi_lock_holder_pid" } },
};

static const struct label lock_label[] = {
	LABEL(NULL, "name", struct uwsgi_lock, name),
};

#define LEGION(member) FIELD(struct uwsgi_legion, member)

static const struct metric legion_metric[] = {
	{ .key = "valor", LEGION(valor), .kind = METRIC_GAUGE, .unit = "",
	  .help = "This node's valor in the legion", .prom = { .name = "uwsgi_legion_valor" } },
	{ .key = "checksum", LEGION(checksum), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Checksum of the members that this node sees" },
	{ .key = "quorum", LEGION(quorum), .kind = METRIC_GAUGE, .unit = "members",
	  .help = "Members that must agree on a lord", .prom = { .name = "uwsgi_legion_quorum" } },
	{ .key = "i_am_the_lord", LEGION(i_am_the_lord), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Whether this node is the legion's lord",
	  .prom = { .name = "uwsgi_legion_lord" } },
	{ .key = "lord_valor", LEGION(lord_valor), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Valor of the legion's lord", .prom = { .name = "uwsgi_legion_lord_valor" } },
};

static const struct label legion_label[] = {
	LABEL("legion", "legion", struct uwsgi_legion, legion),
	LABEL("addr", NULL, struct uwsgi_legion, addr),
	LABEL("uuid", NULL, struct uwsgi_legion, uuid),
	LABEL("lord_uuid", NULL, struct uwsgi_legion, lord_uuid),
};

#define MEMBER(member) FIELD(struct uwsgi_legion_member, member)

static const struct metric legion_member_metric[] = {
	{ .key = "valor", MEMBER(valor), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Valor of another node in the legion",
	  .prom = { .name = "uwsgi_legion_member_valor" } },
	{ .key = "checksum", MEMBER(checksum), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Checksum of the members that the other node sees" },
	{ .key = "last_seen", MEMBER(last_seen), .kind = METRIC_GAUGE, .unit = "seconds",
	  .help = "Unix time when the other node was last heard of",
	  .prom = { .name = "uwsgi_legion_member_last_seen_timestamp_seconds" } },
};

static const struct label legion_member_label[] = {
	LABEL("name", "member", struct uwsgi_legion_member, name),
	LABEL("uuid", "uuid", struct uwsgi_legion_member, uuid),
};

static bool is_counter(const void *object)
{
	const struct uwsgi_user_metric *metric = object;

	return metric->type == USER_METRIC_COUNTER;
}

static bool is_gauge(const void *object)
{
	return !is_counter(object);
}

#define USER_METRIC(member) FIELD(struct uwsgi_user_metric, member)

static const struct metric user_metric[] = {
	{ .key = "type", USER_METRIC(type), .kind = METRIC_GAUGE, .unit = "",
	  .help = "Type of the metric: 0 counter, 1 gauge, 2 absolute, 3 alias" },
	{ .key = "value", USER_METRIC(value), .kind = METRIC_GAUGE, .unit = "", .known = is_gauge,
	  .help = "Value of a gauge, absolute or alias of uWSGI's metrics (enable-metrics)",
	  .prom = { .name = "uwsgi_user_metric_value" } },
	{ .key = "count", USER_METRIC(value), .kind = METRIC_COUNTER, .derived = true, .unit = "",
	  .known = is_counter, .help = "Value of a counter of uWSGI's metrics (enable-metrics)",
	  .prom = { .name = "uwsgi_user_metric_total" } },
};

static const struct label user_label[] = {
	LABEL(NULL, "name", struct uwsgi_user_metric, name),
};

#define PART(json_key, type, list_name)                                                           \
	.root = ROOT_UWSGI, .parent = &entity_uwsgi, .json = (json_key),                          \
	.list = offsetof(struct uwsgi_stats, list_name), .size = sizeof(struct type)

const struct entity entity_uwsgi_cache = {
	.name = "uwsgi_cache", .title = "uWSGI: caches", PART("caches", uwsgi_cache, caches),
	.shape = SHAPE_LIST, LABELS(cache_label), METRICS(cache_metric),
};

const struct entity entity_uwsgi_spooler = {
	.name = "uwsgi_spooler", .title = "uWSGI: spoolers",
	PART("spoolers", uwsgi_spooler, spoolers),
	.shape = SHAPE_LIST, LABELS(spooler_label), METRICS(spooler_metric),
};

const struct entity entity_uwsgi_cron = {
	.name = "uwsgi_cron", .title = "uWSGI: cron jobs", PART("crons", uwsgi_cron, crons),
	.shape = SHAPE_LIST, LABELS(cron_label), METRICS(cron_metric),
};

const struct entity entity_uwsgi_daemon = {
	.name = "uwsgi_daemon", .title = "uWSGI: attached daemons",
	PART("daemons", uwsgi_daemon, daemons),
	.shape = SHAPE_LIST, LABELS(daemon_label), METRICS(daemon_metric),
};

const struct entity entity_uwsgi_lock = {
	.name = "uwsgi_lock", .title = "uWSGI: locks", PART("locks", uwsgi_lock, locks),
	.shape = SHAPE_PAIRS, LABELS(lock_label), METRICS(lock_metric),
};

const struct entity entity_uwsgi_legion = {
	.name = "uwsgi_legion", .title = "uWSGI: legions", PART("legions", uwsgi_legion, legions),
	.shape = SHAPE_LIST, LABELS(legion_label), METRICS(legion_metric),
};

const struct entity entity_uwsgi_legion_member = {
	.name = "uwsgi_legion_member", .title = "uWSGI: members of a legion", .root = ROOT_UWSGI,
	.parent = &entity_uwsgi_legion, .json = "members", .shape = SHAPE_LIST,
	.list = offsetof(struct uwsgi_legion, members),
	.size = sizeof(struct uwsgi_legion_member),
	LABELS(legion_member_label), METRICS(legion_member_metric),
};

const struct entity entity_uwsgi_user_metric = {
	.name = "uwsgi_user_metric", .title = "uWSGI: its own metrics (but for those of single cores) and the application's",
	PART("metrics", uwsgi_user_metric, metrics),
	.shape = SHAPE_MAP, LABELS(user_label), METRICS(user_metric),
};
