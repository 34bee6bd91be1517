/* SPDX-License-Identifier: MIT */
/*
 * model.h - what is known: plain structs that the parsers fill and everybody else reads. No
 * functions, no sockets. Each number is said with its unit and its source. No text is ever NULL:
 * one that is not known, since the answer left it out or had no text there, is "".
 */
#ifndef CONNLEDGER_MODEL_H
#define CONNLEDGER_MODEL_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "endpoint.h"
#include "err.h"

/* A double that has no value: it is left out or shown as such, never as 0. isnan() tells it. */
#define NOT_KNOWN ((double)NAN)

/* ---- nginx: stub_status -------------------------------------------------------------------- */

/* The page of ngx_http_stub_status_module. Gauges are signed: a counter that a crashed worker has
 * driven below zero is printed by nginx as 2^64-1 (2^32-1 on 32 bit) and is -1 here. The page counts
 * the connection that asked for it: 1 in active and in writing. */
struct nginx_status {
	int64_t active;  /* connections: accepted and not closed, of http, mail and stream alike */
	int64_t reading; /* requests whose header is not complete */
	int64_t writing; /* requests from the end of their header to their end; HTTP/2 counts each */
	int64_t waiting; /* idle connections */
	uint64_t accepts;  /* connections accepted since nginx started */
	uint64_t handled;  /* of these, the ones that were not closed at once */
	uint64_t requests; /* requests begun since nginx started */
	uint64_t dropped;  /* accepts - handled: closed at once, worker_connections were used up */
	uint64_t request_time_ms;     /* tengine only: sum of all request times, milliseconds */
	bool has_request_time;        /* whether the page has that fourth number */
	double requests_per_connection; /* requests / handled since the start; NOT_KNOWN before the first */
	uint64_t room; /* worker_connections times the workers; 0: not known. Not of the page, like
			* the next one: who knows the directive says it */
	double active_percent; /* active / room x 100; nothing while `room` is 0 */
	char server[96]; /* Server header ("nginx/1.22.1"), printable ASCII; "" when unknown */
	double counted_since; /* Unix seconds when the counters began; 0: not known. Not of the page:
			       * whoever remembers says it */
};

/* ---- uWSGI: stats server ------------------------------------------------------------------- */

enum uwsgi_kind {
	UWSGI_APP,     /* a server with workers */
	UWSGI_EMPEROR, /* --emperor-stats */
	UWSGI_ROUTER,  /* http, fastrouter, rawrouter, sslrouter --...-stats */
};

enum worker_status {
	WORKER_IDLE,
	WORKER_BUSY,  /* at least one of its cores is in a request */
	WORKER_CHEAP, /* not running: the cheaper has put it away */
	WORKER_PAUSE, /* suspended */
	WORKER_SIG,   /* handling a uWSGI signal ("sig7") */
	WORKER_STATUS_MAX,
};

/* One thread, greenlet or async core of a worker. All are counts since the start but in_request. */
struct uwsgi_core {
	uint64_t id;
	uint64_t requests;
	uint64_t static_requests;
	uint64_t routed_requests;
	uint64_t offloaded_requests;
	uint64_t write_errors;
	uint64_t read_errors;
	uint64_t in_request;    /* 1 from accept to the end of the request */
	uint64_t request_start; /* Unix seconds; 0 when no request is running or not told (< 2.0.15) */
	struct endpoint client; /* REMOTE_ADDR and REMOTE_PORT of the running request; port 0: not told.
				 * The only request variables that are read, and never shown */
};

struct uwsgi_app {
	uint64_t id;
	uint64_t modifier1;
	const char *mountpoint;
	const char *chdir;
	uint64_t startup_time; /* seconds that loading it took */
	uint64_t requests;
	uint64_t exceptions;
};

struct uwsgi_worker {
	uint64_t id;  /* 1.. */
	uint64_t pid; /* 0 when cheap */
	unsigned status; /* enum worker_status */
	uint64_t status_signal; /* the N of "sigN", otherwise 0 */
	uint64_t accepting;
	uint64_t requests;       /* survive a respawn of the worker */
	uint64_t delta_requests; /* since its last respawn */
	uint64_t exceptions;
	uint64_t harakiri_count;
	uint64_t signals;
	uint64_t signal_queue; /* bytes waiting in the signal pipe */
	uint64_t rss;  /* bytes; 0 without memory-report */
	uint64_t vsz;
	uint64_t uss;  /* bytes; uWSGI 2.1-dev only */
	uint64_t pss;
	uint64_t running_time; /* microseconds spent in requests since the start */
	uint64_t last_spawn;   /* Unix seconds */
	uint64_t respawn_count; /* the first start counts: 1 */
	uint64_t tx;     /* bytes sent, headers and bodies */
	uint64_t avg_rt; /* microseconds; (old average + last request) / 2, no true mean */
	struct list apps;  /* struct uwsgi_app */
	struct list cores; /* struct uwsgi_core */
	uint64_t app_count;
	uint64_t core_count;
	double counted_since; /* Unix seconds when the counters began; 0: not known. Not of the answer:
			       * whoever remembers says it */
};

/* A socket that uWSGI listens on. uWSGI cannot tell the queue of a unix socket (nor of an IPv6 one
 * before 2.0.24): then queue and max_queue are 0, which means "not known". */
struct uwsgi_socket {
	const char *name;  /* "127.0.0.1:3031" or a path */
	const char *proto; /* "uwsgi", "http" ... */
	uint64_t queue;     /* connections that no worker has taken */
	uint64_t max_queue; /* the backlog */
	uint64_t shared;
	uint64_t can_offload;
};

struct uwsgi_cache {
	const char *name;
	const char *hash;
	uint64_t hashsize;
	uint64_t keysize;
	uint64_t max_items;
	uint64_t blocks;
	uint64_t blocksize;
	uint64_t items;
	uint64_t hits;
	uint64_t miss;
	uint64_t full;
	uint64_t last_modified_at; /* Unix seconds */
};

struct uwsgi_spooler {
	const char *dir;
	uint64_t pid;
	uint64_t tasks;
	uint64_t respawns;
	uint64_t running;
};

struct uwsgi_cron {
	const char *command;
	const char *legion;
	int64_t minute; /* -1: any; below that: every n */
	int64_t hour;
	int64_t day;
	int64_t month;
	int64_t week;
	uint64_t unique;
	int64_t pid;         /* -1 when not running */
	uint64_t started_at; /* Unix seconds, 0: not running */
	uint64_t number;     /* 0.. in the answer: commands need not differ */
};

struct uwsgi_daemon {
	const char *cmd;
	uint64_t pid;
	uint64_t respawns; /* uWSGI's own defect: always 0 */
	uint64_t number;   /* 0.. in the answer */
};

struct uwsgi_lock {
	const char *name;
	uint64_t pid; /* of the holder; 0: free */
};

struct uwsgi_legion_member {
	const char *name;
	const char *uuid;
	uint64_t valor;
	uint64_t checksum;
	uint64_t last_seen; /* Unix seconds */
};

struct uwsgi_legion {
	const char *legion;
	const char *addr;
	const char *uuid;
	const char *lord_uuid;
	uint64_t valor;
	uint64_t checksum;
	uint64_t quorum;
	uint64_t i_am_the_lord;
	uint64_t lord_valor;
	struct list members; /* struct uwsgi_legion_member */
};

enum user_metric_type { USER_METRIC_COUNTER, USER_METRIC_GAUGE, USER_METRIC_ABSOLUTE, USER_METRIC_ALIAS };

/* An entry of metrics{} (--enable-metrics): the application's and uWSGI's own, without those of single
 * cores ("worker.1.core.5.requests"), whose numbers are in struct uwsgi_core. */
struct uwsgi_user_metric {
	const char *name; /* "core.total_tx", "foo" */
	uint64_t type; /* enum user_metric_type */
	int64_t value;
};

struct uwsgi_vassal {
	const char *id;
	const char *monitor;
	const char *on_demand;
	uint64_t pid;
	uint64_t born; /* Unix seconds, like all last_* and first_run */
	uint64_t last_mod;
	uint64_t last_heartbeat;
	uint64_t last_loyal;
	uint64_t last_ready;
	uint64_t last_accepting;
	uint64_t first_run;
	uint64_t last_run;
	uint64_t loyal;
	uint64_t ready;
	uint64_t accepting;
	uint64_t cursed;
	uint64_t zerg;
	uint64_t uid;
	uint64_t gid;
	uint64_t respawns;
	uint64_t suspended; /* 2.1-dev only, like adopted */
	uint64_t adopted;
};

struct uwsgi_blacklisted {
	const char *id;
	uint64_t throttle_level;
	uint64_t attempt;
	uint64_t first_attempt; /* Unix seconds */
	uint64_t last_attempt;
};

struct uwsgi_static_node {
	const char *name;
	uint64_t hits;
	uint64_t grace; /* Unix seconds until which a failed node rests, 0: fine */
};

struct uwsgi_node {
	const char *name;
	const char *vassal;
	uint64_t modifier1;
	uint64_t modifier2;
	uint64_t last_check; /* Unix seconds */
	uint64_t pid;
	uint64_t uid;
	uint64_t gid;
	uint64_t requests;
	uint64_t last_requests;
	uint64_t tx; /* bytes */
	uint64_t rx;
	uint64_t cores;
	uint64_t load;
	uint64_t weight;
	uint64_t wrr;
	uint64_t ref;
	uint64_t failcnt;
	uint64_t death_mark;
	uint64_t backup; /* 2.1-dev only */
};

struct uwsgi_subscription {
	const char *key;
	uint64_t hash;
	uint64_t hits;
	uint64_t sni_enabled;
	struct list nodes; /* struct uwsgi_node */
};

/* One stats server's answer. Everything in it lives in `arena`. */
struct uwsgi_stats {
	struct arena arena;
	enum uwsgi_kind kind;
	const char *version; /* "2.0.21-debian" */
	const char *cwd;
	const char *router; /* UWSGI_ROUTER: "http", "fastrouter", "rawrouter" or "sslrouter" */
	uint64_t listen_queue; /* the longest of its TCP sockets, sampled about once a second */
	uint64_t listen_queue_errors; /* never set by uWSGI: always 0 */
	uint64_t signal_queue; /* bytes */
	uint64_t load;
	uint64_t pid;
	uint64_t uid;
	uint64_t gid;
	uint64_t worker_count; /* workers in the list below */
	uint64_t unstarted;    /* cheap workers that have never run: uWSGI lists them without an id */
	uint64_t folded;       /* workers and sockets left out: listed twice, or without an id */
	struct list sockets;   /* struct uwsgi_socket */
	struct list workers;   /* struct uwsgi_worker */
	struct list caches;    /* struct uwsgi_cache */
	struct list spoolers;  /* struct uwsgi_spooler */
	struct list crons;     /* struct uwsgi_cron */
	struct list daemons;   /* struct uwsgi_daemon */
	struct list locks;     /* struct uwsgi_lock */
	struct list legions;   /* struct uwsgi_legion */
	struct list metrics;   /* struct uwsgi_user_metric */
	/* emperor */
	uint64_t emperor_tyrant;
	uint64_t throttle_level;
	struct list vassals;   /* struct uwsgi_vassal */
	struct list blacklist; /* struct uwsgi_blacklisted */
	/* router */
	uint64_t active_sessions; /* of the router process that answered, the first one */
	uint64_t cheap;
	struct list static_nodes;  /* struct uwsgi_static_node */
	struct list subscriptions; /* struct uwsgi_subscription */
};

/* Sums over all uWSGI servers of a site. */
struct uwsgi_totals {
	uint64_t workers; /* that exist, cheap ones included */
	uint64_t idle;    /* workers by status */
	uint64_t busy;
	uint64_t cheap;
	uint64_t pause;
	uint64_t sig;
	uint64_t accepting;
	uint64_t not_accepting; /* workers that are not cheap, and are being started or reloaded */
	bool silent_on_accepting; /* a server is too old (before 2.0) to tell the two above */
	uint64_t cores;      /* of workers that are not cheap */
	uint64_t busy_cores; /* cores in a request */
	double busy_percent; /* busy_cores / cores x 100; NOT_KNOWN without cores */
	uint64_t queue;      /* waiting in listen queues that uWSGI can see */
	uint64_t queue_max;  /* the sum of their backlogs */
	bool queue_known;    /* whether there is a socket whose queue uWSGI can see */
	double queue_percent; /* of the fullest socket; or NOT_KNOWN */
	uint64_t queue_overflows; /* attempts to connect that found a TCP queue of this host full */
	bool queue_overflows_known; /* only who asks the kernel for it sets these two */
	uint64_t load;
	uint64_t signal_queue; /* bytes */
	uint64_t requests;
	uint64_t exceptions;
	uint64_t harakiri_count;
	uint64_t respawn_count;
	uint64_t tx; /* bytes */
	uint64_t running_time; /* microseconds */
	uint64_t rss; /* bytes */
	uint64_t vsz;
	uint64_t listen_queue_errors;
	uint64_t write_errors;
	uint64_t read_errors;
	double average_seconds; /* mean of the workers' avg_rt, those that have one; or NOT_KNOWN */
	double oldest_request;  /* seconds since the oldest running request began, 0 without any; or
				 NOT_KNOWN (uWSGI before 2.0.15, stats-no-cores) */
};

/* What every probe has, added by the one place that runs it (scrape.c). */
struct probe {
	bool asked;
	bool up;         /* the answer came and was understood */
	double seconds;  /* from the start of the scrape to the last byte, or to the failure */
	struct err err;  /* why not */
};

/* All uWSGI servers of a site as one. */
struct uwsgi_site {
	bool up;        /* every one answered */
	bool not_known; /* all that did not could not be asked (err_is_own()) */
	double seconds; /* the slowest */
	uint64_t servers;
};

#endif
