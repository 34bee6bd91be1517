/* SPDX-License-Identifier: MIT */
/*
 * http_inside.h - what the files of the HTTP server share; nobody else includes it. http.c starts
 * and stops, http_poll.c waits for what happens, http_daemon.c has libmicrohttpd's daemon,
 * http_accept.c lets clients in, http_clients.c ends the connections that last too long or are in
 * the way, http_head.c reads the head of a request strictly, http_route.c knows the paths,
 * http_response.c makes what is sent, http_web.c asks the
 * web configuration.
 */
#ifndef CONNLEDGER_HTTP_INSIDE_H
#define CONNLEDGER_HTTP_INSIDE_H

#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>

#include "guard.h"
#include "head.h"
#include "hosts.h"
#include "http.h"
#include "listen.h"
#include "queue.h"
#include "ratelimit.h"
#include "web.h"

struct http_request;

/* ---- responses ------------------------------------------------------------------------------ */

/* What does not depend on a collection. */
enum http_fixed {
	HTTP_OK,
	HTTP_STOPPING,
	HTTP_NOT_FOUND,
	HTTP_NOT_GET,
	HTTP_NOT_POST,
	HTTP_NO_LIFECYCLE,
	HTTP_FOREIGN,
	HTTP_BODY,
	HTTP_BUSY,
	HTTP_FAILED,
	HTTP_FIXED_MAX,
};

struct http_responses {
	struct MHD_Response *fixed[HTTP_FIXED_MAX];
	struct MHD_Response **asset; /* one for each of page_asset_all */
};

/* A response that several requests share; the last one drops it. */
struct http_shared {
	struct guard_answer held; /* first */
	size_t users;             /* under the lock of the clients */
	unsigned status;
	struct MHD_Response *response;
};

/* False when memory is out; free it either way. */
bool http_responses_init(struct http_responses *responses) MUST_CHECK NONNULL;
void http_responses_free(struct http_responses *responses) NONNULL;

enum MHD_Result http_send_fixed(const struct http_responses *responses,
				const struct http_request *request, enum http_fixed fixed) NONNULL;

enum MHD_Result http_send_asset(const struct http_responses *responses,
				const struct http_request *request, size_t asset) NONNULL;

/* A response of plain text, which stays where it is; NULL when memory is out. */
struct MHD_Response *http_make_literal(const char *text) NONNULL;

/* The response to a question: takes the text of the reply, whatever comes of it. NULL for a reply
 * without a text, and when memory is out. `web` is NULL without a web configuration. */
struct http_shared *http_shared_new(struct exporter_reply *reply,
				    const struct exporter_question *question,
				    const struct web_config *web) NONNULL_ARGS(1, 2);
void http_shared_free(struct http_shared *shared) NONNULL;

/* ---- clients -------------------------------------------------------------------------------- */

struct http_client {
	struct guard_client guard; /* first */
	int fd;
	bool is_last; /* it may not ask again: where its next request begins is not sure */
	struct http_request *request; /* that has begun; NULL: none */
	struct web_config *web;       /* held: its TLS session uses it; NULL without TLS */
};

struct http_clients {
	pthread_mutex_t lock;  /* of what follows */
	pthread_cond_t sooner; /* somebody's deadline is before `armed`, or the end has come */
	pthread_cond_t calmer; /* nobody waits for an answer any more */
	struct guard guard;
	double armed; /* when the thread looks again; INFINITY: when it is woken */
	bool stopping;
	bool running;
	pthread_t thread;
	struct exporter_self *self; /* borrowed */
};

/* Starts the thread that ends connections. */
bool http_clients_start(struct http_clients *clients, struct exporter_self *self,
			struct err *err) MUST_CHECK NONNULL;
/* Only when nobody is connected any more. */
void http_clients_stop(struct http_clients *clients) NONNULL;
/* Waits at most `seconds` until nobody waits for an answer or reads one. */
void http_clients_drain(struct http_clients *clients, double seconds) NONNULL;

/* Whether one more client may be let in, by what the system allows at this moment. */
bool http_clients_room(struct http_clients *clients) MUST_CHECK NONNULL;
/* Ends the connection that is in the way most. False: there is none. */
bool http_clients_relieve(struct http_clients *clients) MUST_CHECK NONNULL;

/* libmicrohttpd calls this when a connection begins and when it ends, before its socket is closed.
 */
void http_clients_notify(void *ctx, struct MHD_Connection *connection, void **socket_context,
			 enum MHD_ConnectionNotificationCode what);

/* libmicrohttpd's daemon has been left behind: closes all connections and forgets them. With the
 * lock of the loop held. */
void http_clients_abandon(struct exporter_http *http) NONNULL;

/* Who is at the other end; NULL when there was no memory for it. */
struct http_client *http_client_of(struct MHD_Connection *connection) NONNULL;
/* It does something else from now on. Accepts NULL for the client. */
void http_clients_move(struct http_clients *clients, struct http_client *client,
		       enum guard_phase phase) NONNULL_ARGS(1);

/* ---- requests ------------------------------------------------------------------------------- */

struct http_request {
	struct exporter_job job; /* first: the queue hands this back */
	struct MHD_Connection *connection;
	struct http_client *client;
	bool away;                  /* set aside: the queue, or the gate, has it */
	bool lost;                  /* its connection has ended meanwhile */
	struct web_config *web;     /* held: under which it was let in; NULL: not asked yet */
	struct http_gate *gate;     /* while, and after, its password is checked; NULL: never */
	size_t body_len;            /* bytes that came, and were left aside */
	bool asked;                 /* the queue has had it */
	bool counted;               /* among those at the telemetry path */
	struct http_shared *shared; /* what it asked for, when that is there */
	enum http_fixed fallback;   /* when it is not */
	bool begun;                 /* its head has been looked at */
	const char *fault;          /* of the target, a literal; NULL: none */
	const char *target;         /* libmicrohttpd's text, by now decoded in its place ... */
	size_t target_len;          /* ... and as it was sent */
	struct str target_host;     /* named in the target; lives in `path` */
	char path[];                /* decoded */
};

/* All who share `shared` (NULL: they get what their `fallback` says) may go on. */
void http_clients_give(struct exporter_http *http, struct exporter_job *job,
		       struct http_shared *shared, size_t bytes) NONNULL_ARGS(1);
/* One of them has it, or is gone. Accepts NULL. */
void http_clients_release(struct http_clients *clients, struct http_shared *shared) NONNULL_ARGS(1);

/* libmicrohttpd's callbacks; `ctx` is the server. */
enum MHD_Result http_on_request(void *ctx, struct MHD_Connection *connection, const char *url,
				const char *method, const char *version, const char *body,
				size_t *body_len, void **ctx_of_request);
void http_on_completed(void *ctx, struct MHD_Connection *connection, void **ctx_of_request,
		       enum MHD_RequestTerminationCode why);
/* It has been answered, or never will be: frees it. */
void http_request_end(struct exporter_http *http, struct http_request *request) NONNULL;

/* ---- heads ---------------------------------------------------------------------------------- */

/* For MHD_OPTION_STRICT_FOR_CLIENT. */
int http_head_strictness(void);

/* libmicrohttpd calls this when it has a request's first line, and keeps what it returns: the
 * request, NULL when memory is out. `ctx` is the server. */
void *http_head_line(void *ctx, const char *target, struct MHD_Connection *connection);

/* Whether a request whose head is there may go on. False: it has been refused, with `*result` for
 * libmicrohttpd. */
bool http_head_admit(struct exporter_http *http, struct http_request *request, const char *method,
		     const char *version, enum MHD_Result *result) MUST_CHECK NONNULL;

/* Whether a request that changes something comes from a page of this server, or from no page. */
bool http_head_is_own(struct MHD_Connection *connection) MUST_CHECK NONNULL;

/* ---- the web configuration ------------------------------------------------------------------ */

/* Reads the file, where there is one, and starts what it needs. */
bool http_web_start(struct exporter_http *http, struct err *err) MUST_CHECK NONNULL;

/* Calls http_clients_notify(), and begins TLS; `ctx` is the server. */
void http_web_notify(void *ctx, struct MHD_Connection *connection, void **socket_context,
		     enum MHD_ConnectionNotificationCode what);

/* Whether a request may be answered. False: it has been refused or set aside, which `*result` is to
 * tell libmicrohttpd, and when it was set aside this is to be asked again. */
bool http_web_admit(struct exporter_http *http, struct http_request *request,
		    enum MHD_Result *result) MUST_CHECK NONNULL;
/* Answers with a line of text, a literal, and at most one more header. */
enum MHD_Result http_web_refuse(struct exporter_http *http, struct http_request *request,
				unsigned status, const char *text, const struct web_header *header)
	NONNULL_ARGS(1, 2, 4);
/* The request is over. */
void http_web_forget(struct http_request *request) NONNULL;

/* Sets the configured headers. NULL, with the response destroyed, when memory is out. Accepts NULL
 * for both. */
struct MHD_Response *http_web_headers(const struct web_config *config,
				      struct MHD_Response *response);
/* Whether there are any. Accepts NULL. */
bool http_web_has_headers(const struct web_config *config);

/* ---- the loop ------------------------------------------------------------------------------- */

struct http_poll {
	pthread_mutex_t lock;       /* of the daemon: libmicrohttpd's callbacks run with it held */
	struct MHD_Daemon *daemon;  /* NULL: another one has to be made */
	int epoll_fd;               /* the daemon's */
	struct http_escape *escape; /* where it is left when it gives up; see http_daemon.c */
	int closing;                /* what it is about to close; -1: nothing */
	double until;  /* CLOCK_MONOTONIC seconds to which serve() waits; 0: it does not */
	double rest;   /* the same, to which the daemon is left alone: it has failed */
	bool begun;    /* clients may come */
	bool answered; /* since serve() waited last */
	int pipe[2];   /* ends that wait */
	bool resumed;  /* some connection has been */
	bool running;
};

bool http_poll_start(struct http_poll *poll, struct err *err) MUST_CHECK NONNULL;
/* All is there that a request may need. */
void http_poll_begin(struct exporter_http *http) NONNULL;
/* When no thread uses it any more. */
void http_poll_stop(struct http_poll *poll) NONNULL;

/* Lets libmicrohttpd do what there is to do. With the lock held, and not from within its
 * callbacks. */
void http_poll_run(struct exporter_http *http) NONNULL;

/* What the queue wants, see queue.h; `ctx` is the server. */
void http_poll_serve(void *ctx);
void http_poll_interrupt(void *ctx);

/* A request that was set aside goes on, or ends if it is lost. With the lock held, as within
 * libmicrohttpd's callbacks; elsewhere http_poll_interrupt() or http_poll_send() is to follow. */
void http_poll_resume(struct exporter_http *http, struct http_request *request) NONNULL;
/* Connections have been resumed by this thread: sends their answers. Not from within
 * libmicrohttpd's callbacks. */
void http_poll_send(struct exporter_http *http) NONNULL;

/* ---- the daemon ----------------------------------------------------------------------------- */

bool http_daemon_start(struct exporter_http *http) MUST_CHECK NONNULL;
/* Lets it do what there is to do. False: it has failed, and may be gone. */
bool http_daemon_run(struct exporter_http *http) MUST_CHECK NONNULL;
/* Accepts that there is none. */
void http_daemon_stop(struct exporter_http *http) NONNULL;

/* ---- who comes ------------------------------------------------------------------------------ */

/* All under the lock of the loop. */
struct http_accept {
	double until;      /* CLOCK_MONOTONIC seconds: no client is let in before */
	double pause;      /* how long the last failure was waited for; 0: it worked */
	double failed;     /* when it failed last */
	double told;       /* when the log was told so; 0: never */
	uint64_t failures; /* since the log was told that it works again */
	bool full;         /* there was no room, and no client has been let in since */
	bool is_told;      /* the log has not been told so since */
};

/* Something that letting clients in needs has failed, for this reason: it is tried again later. */
void http_accept_fail(struct exporter_http *http, int cause, const char *what) NONNULL;
/* Seconds until clients may be let in again; 0: now. */
double http_accept_wait(const struct exporter_http *http, double now) NONNULL;
/* Lets in some of those who wait at a listening socket. */
void http_accept(struct exporter_http *http, size_t listener) NONNULL;
/* The same at all of them, if room has been waited for and there is some, before those that have
 * their answers ask again. True when it has been tried. */
bool http_accept_now(struct exporter_http *http) NONNULL;

/* ---- the server ----------------------------------------------------------------------------- */

struct exporter_http {
	struct exporter_now *now;
	char *telemetry_path;
	char *web_config_file; /* NULL: none */
	const struct exporter_log *log;
	struct exporter_self *self;
	struct exporter_queue *queue;
	struct web *web;         /* NULL without --web.config.file */
	struct hosts_rule *host; /* under which it may be asked; none: under any */
	size_t hosts;
	bool lifecycle;              /* POST /-/reload is obeyed */
	struct ratelimit host_lines; /* log lines about refused hosts; under the loop's lock */
	struct arena arena;          /* has `host` */
	struct http_responses responses;
	struct http_clients clients;
	struct http_poll poll;
	struct http_accept accept;
	atomic_bool stopping;
	struct exporter_listener listener[EXPORTER_LISTEN_MAX];
	size_t listeners;
};

#endif
