/* SPDX-License-Identifier: MIT */
/*
 * http_clients.c - ends the connections that guard.h names; see http_inside.h. libmicrohttpd's own
 * timeout ends those that are silent. It does not see a request that comes a byte at a time.
 */
#include "http_inside.h"

#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer_bytes.h"
#include "thread.h"

enum {
	CLIENTS_MAX = 2048, /* at all listening sockets together */
	ASKING_SECONDS = 10,
	TAKING_SECONDS = 60,
	IDLE_SECONDS = 30, /* with the time for the next request */
	ANSWERS_BYTES = 64 * 1024 * 1024,
};

/* All functions that get `clients` and are static have the lock, but for serve(). */

/* libmicrohttpd sees the end, closes the socket, and calls http_clients_notify() before that: so
 * the descriptor cannot belong to somebody else yet. What a client has not taken is thrown away at
 * once; the kernel would else offer it for minutes. */
static void end(struct http_clients *clients, const struct guard_client *named)
{
	const struct linger reset = {.l_onoff = 1, .l_linger = 0};
	const struct http_client *client = (const struct http_client *)named;

	if (named->cut_from == GUARD_TAKING)
		(void)setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	(void)shutdown(client->fd, SHUT_RDWR);
	if (named->cut_from == GUARD_ASKING)
		atomic_fetch_add(&clients->self->refused, 1);
}

/* After something has changed. */
static void tell(struct http_clients *clients)
{
	if (guard_next(&clients->guard) < clients->armed)
		(void)pthread_cond_signal(&clients->sooner);
	if (guard_busy(&clients->guard) == 0)
		(void)pthread_cond_signal(&clients->calmer);
}

static void *serve(void *arg)
{
	struct http_clients *clients = arg;

	(void)pthread_mutex_lock(&clients->lock);
	while (!clients->stopping) {
		double now = clock_now(CLOCK_MONOTONIC);
		struct guard_client *named = guard_overdue(&clients->guard, now);
		struct timespec until;

		if (named != NULL) {
			end(clients, named);
			continue;
		}
		clients->armed = guard_next(&clients->guard);
		if (isinf(clients->armed)) {
			(void)pthread_cond_wait(&clients->sooner, &clients->lock);
			continue;
		}
		/* A moment later than the deadline, so that it is over then. */
		until = (struct timespec){.tv_sec = (time_t)clients->armed + 1};
		(void)pthread_cond_timedwait(&clients->sooner, &clients->lock, &until);
	}
	(void)pthread_mutex_unlock(&clients->lock);
	return NULL;
}

/* ---- one client ----------------------------------------------------------------------------- */

static void take_address(struct guard_client *client, const struct sockaddr *addr)
{
	static const unsigned char mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)addr;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)addr;

	client->has_address = true;
	if (addr->sa_family == AF_INET6) {
		memcpy(client->address, &v6->sin6_addr, GUARD_ADDRESS_LEN);
	} else if (addr->sa_family == AF_INET) {
		memcpy(client->address, mapped, sizeof(mapped));
		memcpy(client->address + sizeof(mapped), &v4->sin_addr, sizeof(v4->sin_addr));
	} else {
		client->has_address = false;
	}
}

/* Half of the descriptors that the system allows; the rest is for targets. The limit may change
 * while this process runs. */
static size_t clients_max(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur / 2 < CLIENTS_MAX)
		return (size_t)limit.rlim_cur / 2;
	return CLIENTS_MAX;
}

static void set_max(struct guard_limits *limits)
{
	limits->clients = clients_max();
	limits->clients_of_address = limits->clients - limits->clients / 4;
}

static uint64_t taken_by(const struct guard_client *client)
{
	return exporter_peer_bytes(((const struct http_client *)client)->fd);
}

bool http_clients_room(struct http_clients *clients)
{
	double now = clock_now(CLOCK_MONOTONIC);
	struct guard_client *named;
	bool room;

	(void)pthread_mutex_lock(&clients->lock);
	set_max(&clients->guard.limits);
	while ((named = guard_surplus(&clients->guard, now)) != NULL)
		end(clients, named);
	room = guard_has_room(&clients->guard, now);
	(void)pthread_mutex_unlock(&clients->lock);
	return room;
}

bool http_clients_relieve(struct http_clients *clients)
{
	struct guard_client *named;

	(void)pthread_mutex_lock(&clients->lock);
	named = guard_relieve(&clients->guard, clock_now(CLOCK_MONOTONIC));
	if (named != NULL)
		end(clients, named);
	(void)pthread_mutex_unlock(&clients->lock);
	return named != NULL;
}

/* What libmicrohttpd tells of a connection is overwritten, since 1.0, when it is asked again. */
static void enter(struct http_clients *clients, struct MHD_Connection *connection,
		  void **socket_context)
{
	struct http_client *client = calloc(1, sizeof(*client));
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	int fd = info->connect_fd;
	double now = clock_now(CLOCK_MONOTONIC);
	struct guard_client *named;

	*socket_context = client;
	if (client == NULL) {
		(void)shutdown(fd, SHUT_RDWR);
		return;
	}
	client->fd = fd;
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	if (info != NULL && info->client_addr != NULL)
		take_address(&client->guard, info->client_addr);
	guard_enter(&clients->guard, &client->guard, now);
	while ((named = guard_crowded(&clients->guard, &client->guard, now)) != NULL)
		end(clients, named);
}

void http_clients_notify(void *ctx, struct MHD_Connection *connection, void **socket_context,
			 enum MHD_ConnectionNotificationCode what)
{
	struct http_clients *clients = ctx;
	struct http_client *client = *socket_context;

	(void)pthread_mutex_lock(&clients->lock);
	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		enter(clients, connection, socket_context);
	else if (client != NULL)
		guard_leave(&clients->guard, &client->guard);
	tell(clients);
	(void)pthread_mutex_unlock(&clients->lock);
	if (what == MHD_CONNECTION_NOTIFY_CLOSED)
		free(client);
}

static struct http_client *take_any(struct guard *guard)
{
	for (size_t phase = 0; phase < GUARD_PHASES; phase++) {
		struct guard_client *client = guard->list[phase].oldest;

		if (client == NULL)
			continue;
		guard_leave(guard, client);
		return (struct http_client *)client;
	}
	return NULL;
}

/* A request that somebody else has ends when it comes back. */
static void abandon(struct exporter_http *http, struct http_client *client,
		    struct http_request *request)
{
	if (request != NULL && request->away)
		request->lost = true;
	else if (request != NULL)
		http_request_end(http, request);
	(void)close(client->fd);
	web_config_release(client->web);
	free(client);
}

void http_clients_abandon(struct exporter_http *http)
{
	struct http_clients *clients = &http->clients;
	struct http_client *client;

	do {
		struct http_request *request = NULL;

		(void)pthread_mutex_lock(&clients->lock);
		client = take_any(&clients->guard);
		if (client != NULL)
			request = client->request;
		if (request != NULL)
			request->client = NULL;
		tell(clients);
		(void)pthread_mutex_unlock(&clients->lock);
		if (client != NULL)
			abandon(http, client, request);
	} while (client != NULL);
}

struct http_client *http_client_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info == NULL ? NULL : info->socket_context;
}

void http_clients_move(struct http_clients *clients, struct http_client *client,
		       enum guard_phase phase)
{
	if (client == NULL)
		return;
	(void)pthread_mutex_lock(&clients->lock);
	guard_move(&clients->guard, &client->guard, phase, clock_now(CLOCK_MONOTONIC));
	tell(clients);
	(void)pthread_mutex_unlock(&clients->lock);
}

/* ---- answers -------------------------------------------------------------------------------- */

static void hold(struct http_clients *clients, struct exporter_job *job, struct http_shared *shared,
		 size_t bytes)
{
	struct guard_client *named;

	for (; job != NULL; job = job->next) {
		struct http_request *request = (struct http_request *)job;

		request->shared = shared;
		shared->users++;
		if (request->client != NULL)
			request->client->guard.answer = &shared->held;
	}
	guard_hold(&clients->guard, &shared->held, bytes);
	while ((named = guard_overweight(&clients->guard)) != NULL)
		end(clients, named);
}

void http_clients_give(struct exporter_http *http, struct exporter_job *job,
		       struct http_shared *shared, size_t bytes)
{
	struct http_clients *clients = &http->clients;

	if (shared != NULL) {
		(void)pthread_mutex_lock(&clients->lock);
		hold(clients, job, shared, bytes);
		(void)pthread_mutex_unlock(&clients->lock);
	}
	(void)pthread_mutex_lock(&http->poll.lock);
	while (job != NULL) {
		struct http_request *request = (struct http_request *)job;

		/* It may be gone as soon as it is resumed. */
		job = job->next;
		http_poll_resume(http, request);
	}
	(void)pthread_mutex_unlock(&http->poll.lock);
}

void http_clients_release(struct http_clients *clients, struct http_shared *shared)
{
	bool last;

	if (shared == NULL)
		return;
	(void)pthread_mutex_lock(&clients->lock);
	last = --shared->users == 0;
	if (last)
		guard_drop(&clients->guard, &shared->held);
	(void)pthread_mutex_unlock(&clients->lock);
	if (last)
		http_shared_free(shared);
}

/* ---- start and stop ------------------------------------------------------------------------- */

bool http_clients_start(struct http_clients *clients, struct exporter_self *self, struct err *err)
{
	struct guard_limits limits = {
		.seconds = {[GUARD_ASKING] = ASKING_SECONDS,
			    [GUARD_WAITING] = (double)INFINITY,
			    [GUARD_TAKING] = TAKING_SECONDS,
			    [GUARD_IDLE] = IDLE_SECONDS},
		.bytes = ANSWERS_BYTES,
		.taken = taken_by,
	};

	set_max(&limits);
	guard_init(&clients->guard, &limits);
	clients->self = self;
	clients->armed = (double)INFINITY;
	if (pthread_mutex_init(&clients->lock, NULL) != 0 ||
	    !exporter_cond_init(&clients->sooner) || !exporter_cond_init(&clients->calmer) ||
	    !exporter_thread(&clients->thread, serve, clients))
		return err_set(err, ERR_SYSTEM, "cannot start threads");
	clients->running = true;
	return true;
}

void http_clients_stop(struct http_clients *clients)
{
	if (!clients->running)
		return;
	(void)pthread_mutex_lock(&clients->lock);
	clients->stopping = true;
	(void)pthread_cond_signal(&clients->sooner);
	(void)pthread_mutex_unlock(&clients->lock);
	(void)pthread_join(clients->thread, NULL);
	(void)pthread_cond_destroy(&clients->sooner);
	(void)pthread_cond_destroy(&clients->calmer);
	(void)pthread_mutex_destroy(&clients->lock);
}

void http_clients_drain(struct http_clients *clients, double seconds)
{
	double until = clock_now(CLOCK_MONOTONIC) + seconds;
	const struct timespec time = {.tv_sec = (time_t)until,
				      .tv_nsec = (long)((until - floor(until)) * 1e9)};

	(void)pthread_mutex_lock(&clients->lock);
	while (guard_busy(&clients->guard) > 0 &&
	       pthread_cond_timedwait(&clients->calmer, &clients->lock, &time) != ETIMEDOUT)
		continue;
	(void)pthread_mutex_unlock(&clients->lock);
}
