/* SPDX-License-Identifier: MIT */
/* observe_parts.c - applications, filter, queues, processes; see observe_parts.h. */
#include "observe_parts.h"

/* ---- applications ---------------------------------------------------------------------------- */

static size_t count_sockets(const struct scrape *scrape)
{
	size_t len = scrape->site->upstream_len;

	for (size_t i = 0; i < scrape->uwsgi_len; i++)
		len += scrape->uwsgi[i].stats.sockets.len;
	return len;
}

static bool is_known(const struct upstreams *upstreams, const struct upstream *one)
{
	for (size_t i = 0; i < upstreams->len; i++) {
		if (endpoint_equal(&upstreams->item[i].at, &one->at) &&
		    strcmp(upstreams->item[i].path, one->path) == 0)
			return true;
	}
	return false;
}

/* "127.0.0.1:3031", ":3031", "/run/app.sock", "@app". A name that is none of these is passed over.
 * Over http11-socket connections are kept for the next request. */
static void add_uwsgi(struct upstreams *upstreams, const struct uwsgi_socket *socket)
{
	struct str text = str_of(socket->name);
	struct upstream one = {.is_uwsgi = !str_equal(str_of(socket->proto), STR("http11"))};

	if (text.len > 1 && text.len <= UNIX_PATH_MAX_LEN &&
	    (text.ptr[0] == '/' || text.ptr[0] == '@'))
		memcpy(one.path, text.ptr, text.len);
	else if (!endpoint_parse(&one.at, text)) {
		upstreams->has_unknown = true;
		return;
	}
	if (is_known(upstreams, &one))
		return;
	upstreams->name[upstreams->len] = socket->name;
	upstreams->item[upstreams->len++] = one;
}

/* ---- what they are busy with ------------------------------------------------------------------
 */

static size_t count_busy(const struct scrape *scrape)
{
	size_t len = 0;

	for (size_t i = 0; i < scrape->uwsgi_len; i++) {
		const struct uwsgi_worker *worker = scrape->uwsgi[i].stats.workers.item;

		for (size_t k = 0; k < scrape->uwsgi[i].stats.workers.len; k++)
			len += worker[k].cores.len;
	}
	return len;
}

static void add_busy(struct upstreams *upstreams, const struct uwsgi_worker *worker)
{
	const struct uwsgi_core *core = worker->cores.item;

	for (size_t i = 0; i < worker->cores.len; i++) {
		upstreams->cores += core[i].in_request != 0;
		if (core[i].in_request != 0 && core[i].client.port != 0 &&
		    !endpoint_is_any(&core[i].client))
			upstreams->busy[upstreams->busy_len++] = (struct busy_core){
				.client = core[i].client, .request_start = core[i].request_start};
	}
}

static int by_client(const void *a, const void *b)
{
	const struct busy_core *left = a;
	const struct busy_core *right = b;

	return endpoint_compare(&left->client, &right->client);
}

bool upstreams_find(struct upstreams *ret, const struct scrape *scrape, struct err *err)
{
	const struct site *site = scrape->site;
	size_t sockets = count_sockets(scrape);

	*ret = (struct upstreams){0};
	ret->item = calloc(sockets + 1, sizeof(*ret->item));
	ret->name = calloc(sockets + 1, sizeof(*ret->name));
	ret->path = calloc(sockets + 1, sizeof(*ret->path));
	ret->busy = calloc(count_busy(scrape) + 1, sizeof(*ret->busy));
	if (ret->item == NULL || ret->name == NULL || ret->path == NULL || ret->busy == NULL)
		return err_set(err, ERR_MEMORY, "out of memory");
	for (size_t i = 0; i < scrape->uwsgi_len; i++) {
		const struct uwsgi_stats *stats = &scrape->uwsgi[i].stats;
		const struct uwsgi_socket *socket = stats->sockets.item;
		const struct uwsgi_worker *worker = stats->workers.item;

		for (size_t k = 0; k < stats->sockets.len; k++)
			add_uwsgi(ret, &socket[k]);
		for (size_t k = 0; k < stats->workers.len; k++)
			add_busy(ret, &worker[k]);
	}
	for (size_t i = 0; i < site->upstream_len; i++) {
		if (!is_known(ret, &site->upstream[i]))
			ret->item[ret->len++] = site->upstream[i];
	}
	for (size_t i = 0; i < ret->len; i++) {
		if (ret->item[i].path[0] != '\0')
			ret->path[ret->path_len++] = ret->item[i].path;
	}
	qsort(ret->busy, ret->busy_len, sizeof(*ret->busy), by_client);
	return true;
}

void upstreams_free(struct upstreams *upstreams)
{
	free(upstreams->item);
	free(upstreams->name);
	free(upstreams->path);
	free(upstreams->busy);
	*upstreams = (struct upstreams){0};
}

/* ---- filter ---------------------------------------------------------------------------------- */

static bool add_port(uint16_t *port, size_t *len, uint16_t one)
{
	for (size_t i = 0; i < *len; i++) {
		if (port[i] == one)
			return true;
	}
	if (*len == SOCKETS_PORTS_MAX)
		return false;
	port[(*len)++] = one;
	return true;
}

/* An application that listens on any address is reached by either family. */
static void add_family(struct sockets_filter *filter, const struct endpoint *at, bool is_listener)
{
	bool is_v4 = endpoint_is_v4(at);

	if (is_v4 || (!is_listener && endpoint_is_any(at)))
		filter->no_v4 = false;
	if (!is_v4)
		filter->no_v6 = false;
}

static bool add_path(struct sockets_filter *filter, const char *path)
{
	for (size_t i = 0; i < filter->path_len; i++) {
		if (strcmp(filter->path[i], path) == 0)
			return true;
	}
	if (filter->path_len == SOCKETS_PATHS_MAX)
		return false;
	filter->path[filter->path_len++] = path;
	return true;
}

bool observe_filter(struct sockets_filter *filter, const struct nginx_host *host)
{
	bool fit = true;

	*filter = (struct sockets_filter){.no_v4 = true, .no_v6 = true};
	for (size_t i = 0; i < host->listeners.len; i++) {
		const struct listener *listener = &host->listeners.item[i];

		if (listener->kind == LISTENER_TCP) {
			fit = add_port(filter->local_port, &filter->local_port_len,
				       listener->at.port) &&
			      fit;
			add_family(filter, &listener->at, true);
		} else if (listener->kind == LISTENER_UNIX) {
			fit = add_path(filter, listener->path) && fit;
		}
	}
	return fit;
}

bool observe_filter_apps(struct sockets_filter *filter, const struct upstreams *upstreams)
{
	bool fit = true;

	for (size_t i = 0; i < upstreams->len; i++) {
		const struct upstream *upstream = &upstreams->item[i];
		uint16_t port = upstream->at.port;

		if (upstream->path[0] != '\0') {
			fit = add_path(filter, upstream->path) && fit;
			continue;
		}
		add_family(filter, &upstream->at, false);
		fit = add_port(filter->local_port, &filter->local_port_len, port) && fit;
		fit = add_port(filter->remote_port, &filter->remote_port_len, port) && fit;
	}
	return fit;
}

bool observe_knows_apps(const struct scrape *scrape, const struct upstreams *upstreams,
			const struct sockets_filter *filter)
{
	return (scrape->uwsgi_len == 0 || scrape->uwsgi_site.up) && !upstreams->has_unknown &&
	       filter->local_port_len < SOCKETS_PORTS_MAX &&
	       filter->remote_port_len < SOCKETS_PORTS_MAX && filter->path_len < SOCKETS_PATHS_MAX;
}

bool observe_wants_nginx(const struct scrape *scrape)
{
	const struct probe *probe = &scrape->nginx_probe;
	bool is_silent =
		probe->asked && (probe->err.kind == ERR_TIMEOUT || probe->err.kind == ERR_RESET);

	return probe->up || (is_silent && target_is_local(&scrape->site->nginx));
}

/* ---- processes ------------------------------------------------------------------------------- */

void observe_processes(struct ledger *ledger, const struct nginx_host *host)
{
	ledger->processes_known = host->processes_known;
	if (!host->processes_known)
		return;
	ledger->process_mark = host->process_mark;
	ledger->master_pid = host->master_pid;
	ledger->masters = host->masters;
	ledger->workers = host->workers;
	ledger->old_workers = host->draining;
	ledger->worker_age_gap = host->worker_newest - host->workers_started;
	ledger->worker_newest = host->worker_newest;
	ledger->master_started = host->master_started;
	ledger->fd_limit = host->fd_limit;
}
