/* SPDX-License-Identifier: MIT */
/* graph.c - Munin's graphs and the fields of each, in the order to draw; see encode.h. */
#include "encode.h"

#define PER_PERIOD " per ${graph_period}"

const struct munin_graph munin_graph_all[] = {
	{
		.suffix = "connections",
		.root = ROOT_NGINX,
		.title = "nginx connections",
		.vlabel = "connections",
		.args = "--base 1000 -l 0",
		.category = "webserver",
		.info = "Client connections by what nginx does with them. Writing counts requests, "
			"and includes those that wait for the application.",
	},
	{
		.suffix = "requests",
		.root = ROOT_NGINX,
		.title = "nginx requests",
		.vlabel = "events" PER_PERIOD,
		.args = "--base 1000 -l 0",
		.category = "webserver",
		.info = "Requests that nginx began and client connections that it accepted.",
	},
	{
		.suffix = "dropped",
		.root = ROOT_NGINX,
		.title = "nginx dropped connections",
		.vlabel = "connections" PER_PERIOD,
		.args = "--base 1000 -l 0",
		.category = "webserver",
		.info = "Client connections that nginx closed at once, since worker_connections "
			"were used up. Should be 0.",
	},
	{
		.suffix = "uwsgi_workers",
		.root = ROOT_TOTALS,
		.title = "uWSGI workers",
		.vlabel = "workers",
		.args = "--base 1000 -l 0",
		.category = "appserver",
		.unscaled = true,
		.info = "Workers by what they are doing at this moment; used on average is "
			"measured over the whole interval.",
	},
	{
		.suffix = "uwsgi_queue",
		.root = ROOT_TOTALS,
		.title = "uWSGI listen queue",
		.vlabel = "connections",
		.args = "--base 1000 -l 0",
		.category = "appserver",
		.unscaled = true,
		.info = "Connections that no worker has taken. uWSGI cannot tell the queue of a "
			"unix "
			"socket: then nothing is shown.",
	},
	{
		.suffix = "uwsgi_requests",
		.root = ROOT_TOTALS,
		.title = "uWSGI requests",
		.vlabel = "requests" PER_PERIOD,
		.args = "--base 1000 -l 0",
		.category = "appserver",
		.info = "Requests that the workers have served.",
	},
	{
		.suffix = "uwsgi_time",
		.root = ROOT_TOTALS,
		.title = "uWSGI request time",
		.vlabel = "seconds",
		.args = "--base 1000 -l 0",
		.category = "appserver",
		.info = "How long requests take. The mean is over all requests that ended in the "
			"interval.",
	},
	{
		.suffix = "uwsgi_errors",
		.root = ROOT_TOTALS,
		.title = "uWSGI errors",
		.vlabel = "events" PER_PERIOD,
		.args = "--base 1000 -l 0",
		.category = "appserver",
		.info = "What goes wrong in the workers, and how often one is started.",
	},
	{
		.suffix = "uwsgi_memory",
		.root = ROOT_TOTALS,
		.title = "uWSGI memory",
		.vlabel = "bytes",
		.args = "--base 1024 -l 0",
		.category = "appserver",
		.info = "Memory of all workers; known when uWSGI runs with memory-report.",
	},
	{
		.suffix = "status",
		.root = ROOT_NGINX,
		.title = "Nginx status",
		.vlabel = "Connections",
		.args = "--base 1000",
		.category = "webserver",
		.stock = true,
	},
	{
		.suffix = "request",
		.root = ROOT_NGINX,
		.title = "Nginx requests",
		.vlabel = "Requests" PER_PERIOD,
		.args = "--base 1000",
		.category = "webserver",
		.stock = true,
	},
};

const size_t munin_graph_all_len = ARRAY_LEN(munin_graph_all);

/* ---- fields ---------------------------------------------------------------------------------- */

static bool is_area(const struct metric_munin *munin)
{
	return munin->draw != NULL && str_starts(str_of(munin->draw), STR("AREA"));
}

static void collect(const struct munin_graph *graph, const struct entity *entity, bool areas,
		    struct munin_field *field, size_t *len)
{
	for (size_t i = 0; i < entity->metric_len; i++) {
		const struct metric *metric = &entity->metric[i];

		for (size_t j = 0; j < METRIC_MUNIN_MAX && *len < MUNIN_FIELDS_MAX; j++) {
			const struct metric_munin *munin = &metric->munin[j];

			if (munin->graph == NULL || is_area(munin) != areas)
				continue;
			if (str_equal(str_of(munin->graph), str_of(graph->suffix)))
				field[(*len)++] = (struct munin_field){entity, metric, munin};
		}
	}
}

size_t munin_graph_fields(const struct munin_graph *graph, struct munin_field *field)
{
	size_t len = 0;

	for (int lines = 0; lines <= 1; lines++) {
		for (size_t i = 0; i < entity_all_len; i++) {
			if (entity_all[i]->root == graph->root && entity_all[i]->parent == NULL)
				collect(graph, entity_all[i], lines == 0, field, &len);
		}
	}
	return len;
}
