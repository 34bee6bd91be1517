/* SPDX-License-Identifier: MIT */
/* graph.c - Munin's graphs; see encode.h. */
#include "encode.h"

#define PER_PERIOD " per ${graph_period}"

const struct munin_graph munin_graph_all[] = {
	{
		.suffix = "held",
		.root = ROOT_LEDGER,
		.title = "nginx connections by who holds them",
		.vlabel = "connections",
		.args = "--base 1000 --lower-limit 0",
		.category = "webserver",
		.unscaled = true,
		.noted = true,
		.info = "Every client connection of nginx stands here once, by who holds it; "
			"together they are what nginx counts as active, less the plugin's own. "
			"Red: clients that no longer read their answer. Magenta: phantoms, which "
			"nginx counts and the kernel does not have. Black: what nothing explains. "
			"A gap is a number that is not known.",
		.total = "All connections",
	},
	{
		.suffix = "backlog",
		.root = ROOT_LEDGER,
		.title = "listen queues",
		.vlabel = "connections",
		.args = "--base 1000 --lower-limit 0",
		.category = "webserver",
		.unscaled = true,
		.listed = true,
		.info = "Connections that nginx has not accepted and that no uWSGI worker has "
			"taken, in each listen queue, as the kernel counts them. A queue that "
			"reaches its limit loses connections.",
	},
	{
		.suffix = "connections",
		.root = ROOT_NGINX,
		.title = "nginx connections",
		.vlabel = "connections",
		.args = "--base 1000 --lower-limit 0",
		.category = "webserver",
		.info = "Connections of clients by what nginx does with them. Writing counts "
			"requests, those that wait for the application among them: why it climbs "
			"is in the graph of who holds them.",
	},
	{
		.suffix = "requests",
		.root = ROOT_NGINX,
		.title = "nginx requests",
		.vlabel = "events" PER_PERIOD,
		.args = "--base 1000 --lower-limit 0",
		.category = "webserver",
		.info = "How much clients ask for: requests, and new connections to send them "
			"over.",
	},
	{
		.suffix = "dropped",
		.root = ROOT_NGINX,
		.title = "nginx dropped connections",
		.vlabel = "connections" PER_PERIOD,
		.args = "--base 1000 --lower-limit 0",
		.category = "webserver",
		.info = "Clients that nginx turned away, since it held as many connections as its "
			"setting worker_connections allows. Should be 0.",
	},
	{
		.suffix = "uwsgi_workers",
		.root = ROOT_TOTALS,
		.title = "uWSGI workers",
		.vlabel = "workers",
		.args = "--base 1000 --lower-limit 0",
		.category = "appserver",
		.unscaled = true,
		.info = "Workers by what they are doing at this moment. Used on average is "
			"measured "
			"over the whole interval: as many workers are needed at least.",
	},
	{
		.suffix = "uwsgi_queue",
		.root = ROOT_TOTALS,
		.title = "uWSGI listen queue",
		.vlabel = "connections",
		.args = "--base 1000 --lower-limit 0",
		.category = "appserver",
		.unscaled = true,
		.info = "Requests that wait for a free worker, as uWSGI counts them. It cannot see "
			"the queue of a unix socket: then there is nothing to draw here, and the "
			"graph of listen queues has it.",
	},
	{
		.suffix = "uwsgi_requests",
		.root = ROOT_TOTALS,
		.title = "uWSGI requests",
		.vlabel = "requests" PER_PERIOD,
		.args = "--base 1000 --lower-limit 0",
		.category = "appserver",
		.info = "Requests that the workers have served.",
	},
	{
		.suffix = "uwsgi_time",
		.root = ROOT_TOTALS,
		.title = "uWSGI request time",
		.vlabel = "seconds",
		.args = "--base 1000 --lower-limit 0",
		.category = "appserver",
		.info = "How long requests take (m: thousandths of a second). The mean is over all "
			"requests that ended in the interval.",
	},
	{
		.suffix = "uwsgi_errors",
		.root = ROOT_TOTALS,
		.title = "uWSGI errors",
		.vlabel = "events" PER_PERIOD,
		.args = "--base 1000 --lower-limit 0",
		.category = "appserver",
		.info = "What goes wrong in the application's workers, and how often one is "
			"started. "
			"Should be near 0.",
	},
	{
		.suffix = "uwsgi_memory",
		.root = ROOT_TOTALS,
		.title = "uWSGI memory",
		.vlabel = "bytes",
		.args = "--base 1024 --lower-limit 0",
		.category = "appserver",
		.info = "Memory of all workers. uWSGI tells it when it runs with the option "
			"memory-report; else there is nothing to draw.",
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
