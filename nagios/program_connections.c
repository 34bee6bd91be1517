/* SPDX-License-Identifier: MIT */
/* program_connections.c - what is particular to check_connections: what it asks, and what it says.
 */
#include "check.h"
#include "encode.h"
#include "verdict.h"

enum option_id {
	OPTION_NGINX = NAGIOS_OWN_OPTION,
	OPTION_UWSGI,
	OPTION_PORTS,
	OPTION_UPSTREAM,
	OPTION_WORKER_CONNECTIONS,
};

static const struct option_spec option[] = {
	{OPTION_NGINX, 0, "nginx", "TARGET",
	 "the stub_status page: http://HOST[:PORT]/PATH, https://..., unix:SOCKET:/PATH", false},
	{OPTION_UWSGI, 0, "uwsgi", "TARGET",
	 "a stats server of the uWSGI behind it: HOST:PORT, unix:SOCKET, unix:@NAME, or with"
	 " stats-http http://HOST:PORT; may be repeated",
	 false},
	{OPTION_PORTS, 0, "ports", "PORTS",
	 "the ports that nginx listens on, and its unix sockets, such as "
	 "80,443,unix:/run/nginx.sock, "
	 "where the check cannot see them all",
	 false},
	{OPTION_UPSTREAM, 0, "upstream", "ADDRESS",
	 "another application server behind nginx: ADDRESS:PORT or unix:SOCKET; may be repeated",
	 false},
	{OPTION_WORKER_CONNECTIONS, 0, "worker-connections", "N",
	 "nginx's directive, to tell when a leak will have used them up", false},
};

/* ---- options --------------------------------------------------------------------------------- */

static bool handle(struct nagios_settings *settings, int id, const char *value, struct err *err)
{
	struct site *site = &settings->site;

	switch ((enum option_id)id) {
	case OPTION_NGINX:
		return site_set_nginx(site, value, err);
	case OPTION_UWSGI:
		return site_add_uwsgi(site, value, err);
	case OPTION_PORTS:
		return site_add_ports(site, value, err);
	case OPTION_UPSTREAM:
		return site_add_upstream(site, value, err);
	case OPTION_WORKER_CONNECTIONS:
		break;
	}
	return site_set_worker_connections(site, value, err);
}

static bool finish(struct nagios_settings *settings, struct err *err)
{
	settings->site.want_ledger = true;
	return settings->site.has_nginx ||
	       err_set(err, ERR_USAGE,
		       "no target: expected --nginx TARGET, such as --nginx "
		       "http://127.0.0.1/nginx_status");
}

/* ---- text ------------------------------------------------------------------------------------ */

/* The largest line that is smaller than `below`, or as large and further down than `after`. */
static const struct nagios_item *next_line(const struct nagios_items *items,
					   const struct nagios_item *after)
{
	const struct nagios_item *next = NULL;

	for (size_t i = 0; i < items->len; i++) {
		const struct nagios_item *item = &items->item[i];

		if (!nagios_is_line(item) || !item->known || item->value == 0)
			continue;
		if (after != NULL &&
		    (item->value > after->value || (item->value >= after->value && item <= after)))
			continue;
		if (next == NULL || item->value > next->value)
			next = item;
	}
	return next;
}

/* The largest lines, as many as `max` characters have room for, and how many more there are. */
static void add_lines(const struct nagios_items *items, size_t max, struct buf *out)
{
	const char *before = ": ";
	size_t left = 0;
	struct buf line;

	buf_init(&line, NAGIOS_TEXT_MAX);
	for (const struct nagios_item *item = next_line(items, NULL); item != NULL;
	     item = next_line(items, item)) {
		buf_clear(&line);
		buf_add_text(&line, before);
		buf_add_decimal(&line, item->value, 1);
		buf_addf(&line, " %s", item->metric->nagios.name);
		if (left == 0 && out->len + line.len <= max)
			buf_add_str(out, buf_str(&line));
		else
			left++;
		before = ", ";
	}
	if (left > 0)
		buf_addf(out, ", %zu more", left);
	buf_free(&line);
}

static void add_total(const struct ledger *ledger, struct buf *out)
{
	buf_add_decimal(out, ledger->total, 1);
	buf_add_text(out, ledger->total == 1 ? " connection" : " connections");
}

/* The first line stays below NAGIOS_WIDTH if it says nothing else. */
static void describe(struct nagios_items *items, const struct scrape *scrape, struct buf *out)
{
	static const char rest[] = "CONNECTIONS OK:  ()";
	static const char more[] = ", 9 more";
	const struct ledger *ledger = &scrape->ledger;
	bool blind = ledger->confidence == CONFIDENCE_UNKNOWN;
	const char *confidence = confidence_name[ledger->confidence];
	size_t width = NAGIOS_WIDTH - sizeof(rest) - strlen(confidence);
	struct buf brief;

	if (!ledger->has_lines) {
		buf_add_text(out, "no ledger");
		return;
	}
	buf_init(&brief, NAGIOS_OUTPUT_MAX);
	add_total(ledger, &brief);
	add_lines(items, NAGIOS_OUTPUT_MAX, &brief);
	if (brief.len > width) {
		buf_clear(&brief);
		add_total(ledger, &brief);
		add_lines(items, width - strlen(more), &brief);
	}
	buf_add_str(out, buf_str(&brief));
	buf_free(&brief);
	buf_addf(out, " (%s%s%s)", confidence, blind ? ": " : "", blind ? ledger->reason : "");
}

/* The finding about a server that is down says what to do. */
static const char *hint(enum err_kind kind)
{
	(void)kind;
	return "";
}

/* ---- program --------------------------------------------------------------------------------- */

static const enum entity_root root[] = {ROOT_LEDGER};

const struct nagios_program nagios_program_connections = {
	.name = "check_connections",
	.service = "CONNECTIONS",
	.summary = "tells who is holding nginx's connections",
	.usage = "  check_connections --nginx TARGET [--uwsgi TARGET]... [OPTION]...\n",
	.examples = "  check_connections --nginx http://127.0.0.1/nginx_status -v\n"
		    "  check_connections --nginx http://127.0.0.1/nginx_status \\\n"
		    "      --uwsgi unix:/run/uwsgi/blog.stats --ports 80,443\n"
		    "  check_connections --nginx http://127.0.0.1/nginx_status -c phantom=10 \\\n"
		    "      -w stalled_client=50 -w confidence=1:\n",
	.about = "Puts every client connection of nginx on one line of a ledger, by who holds it: "
		 "nginx's own counters are one side, the sockets of the kernel the other. It runs "
		 "on the host of nginx and needs no root. What is wrong is told as findings, with "
		 "the evidence and with what to do (-v).",
	.root = root,
	.root_len = ARRAY_LEN(root),
	.option = option,
	.option_len = ARRAY_LEN(option),
	.handle = handle,
	.finish = finish,
	.describe = describe,
	.hint = hint,
	.list = NULL,
	.ledger = true,
};
