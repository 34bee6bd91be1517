/* SPDX-License-Identifier: MIT */
/* graph.c - Munin's graphs; see encode.h. */
#include "encode.h"

#define PER_PERIOD " per ${graph_period}"

/* Munin prints "14.00" else. Its average keeps two decimals (in Munin 3 it has none either). */
#define WHOLE .unscaled = true, .printf = "%6.0lf"
/* Else a rate of 0.001 would read "1.00m". The axis gets as many decimals as it needs, and is told
 * what Munin 2 tells it by itself and Munin 3 does not. No graph_period, with which Munin 3 does
 * not reckon. */
#define RATE_OF(format)                                                                            \
	.unscaled = true, .printf = (format),                                                      \
	.args = "--base 1000 --lower-limit 0 --units-exponent 0 --alt-y-grid"
#define RATE       RATE_OF("%8.3lf")
#define RARE_RATE  RATE_OF("%8.4lf")
#define PER_SECOND "Once in five minutes is 0.0033 per second."

const struct munin_graph munin_graph_all[] = {
	{
		.suffix = "held",
		.root = ROOT_LEDGER,
		.title = "nginx connections by who holds them",
		.vlabel = "connections",
		.args = "--base 1000 --lower-limit 0",
		.category = "webserver",
		WHOLE,
		.noted = true,
		.info = "Every client connection of nginx stands here once, by who holds it; "
			"together they are what nginx counts as active, less the plugin's own. "
			"Red: clients that no longer read their answer. Magenta: phantoms, which "
			"nginx counts and the kernel does not have. Black: what nothing explains. "
			"A gap is a number that is not known.",
		.total = "All connections",
	},
	{
		.suffix = "app_requests",
		.root = ROOT_LEDGER,
		.title = "nginx requests at the application",
		.vlabel = "requests",
		.args = "--base 1000 --lower-limit 0",
		.category = "webserver",
		WHOLE,
		.once = true,
		.info = "Requests that nginx has passed on, whether a worker of the application "
			"has taken them or not. A browser that speaks HTTP/2 has many of them over "
			"one connection, so there may be more here than connections wait for the "
			"application in the graph of who holds them.",
		.total = "All at the application",
	},
	{
		.suffix = "backlog",
		.root = ROOT_LEDGER,
		.title = "nginx and uWSGI listen queues",
		.vlabel = "connections",
		.args = "--base 1000 --lower-limit 0",
		.category = "webserver",
		WHOLE,
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
		WHOLE,
		.info = "Connections of clients by what nginx does with them. Writing counts "
			"requests, those that wait for the application among them: why it climbs "
			"is in the graph of who holds them.",
	},
	{
		.suffix = "requests",
		.root = ROOT_NGINX,
		.title = "nginx requests",
		.vlabel = "events" PER_PERIOD,
		.category = "webserver",
		RATE,
		.info = "How much clients ask for: requests, and new connections to send them "
			"over.",
	},
	{
		.suffix = "dropped",
		.root = ROOT_NGINX,
		.title = "nginx dropped connections",
		.vlabel = "connections" PER_PERIOD,
		.category = "webserver",
		RARE_RATE,
		.info = "Clients that nginx turned away, since it held as many connections as its "
			"setting worker_connections allows. Should be 0. " PER_SECOND,
	},
	{
		.suffix = "uwsgi_workers",
		.root = ROOT_TOTALS,
		.title = "uWSGI workers",
		.vlabel = "workers",
		.args = "--base 1000 --lower-limit 0",
		.category = "appserver",
		WHOLE,
		.info = "Workers by what they are doing at this moment. One that has threads is "
			"busy as soon as one of them is: how much room is left is in the graph of "
			"requests at a time.",
	},
	{
		.suffix = "uwsgi_cores",
		.root = ROOT_TOTALS,
		.title = "uWSGI requests at a time",
		.vlabel = "requests",
		.args = "--base 1000 --lower-limit 0",
		.category = "appserver",
		.unscaled = true,
		.printf = "%6.1lf",
		.info = "How many requests the workers are serving, and how many they could serve "
			"at the same time. Where the two meet, more workers or threads are needed.",
	},
	{
		.suffix = "uwsgi_queue",
		.root = ROOT_TOTALS,
		.title = "uWSGI listen queue",
		.vlabel = "connections",
		.args = "--base 1000 --lower-limit 0",
		.category = "appserver",
		WHOLE,
		.once = true,
		.info = "Requests that wait for a free worker in front of uWSGI's TCP sockets, as "
			"uWSGI counts them. It cannot see the queue of a unix socket: the graph of "
			"listen queues has it.",
	},
	{
		.suffix = "uwsgi_requests",
		.root = ROOT_TOTALS,
		.title = "uWSGI requests",
		.vlabel = "requests" PER_PERIOD,
		.category = "appserver",
		RATE,
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
		.category = "appserver",
		RARE_RATE,
		.info = "What goes wrong in the application's workers, and how often one is "
			"started. Should be near 0. " PER_SECOND,
	},
	{
		.suffix = "uwsgi_memory",
		.root = ROOT_TOTALS,
		.title = "uWSGI memory",
		.vlabel = "bytes",
		.args = "--base 1024 --lower-limit 0",
		.category = "appserver",
		.info = "Memory that all workers have in use. uWSGI tells it when it runs with the "
			"option memory-report; else there is nothing to draw.",
	},
	{
		.suffix = "uwsgi_address_space",
		.root = ROOT_TOTALS,
		.title = "uWSGI address space",
		.vlabel = "bytes",
		.args = "--base 1024 --lower-limit 0",
		.category = "appserver",
		.once = true,
		.info = "Memory that all workers have reserved, most of it never used. It is what "
			"uWSGI's options limit-as and reload-on-as look at.",
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
