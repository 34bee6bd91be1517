/* SPDX-License-Identifier: MIT */
/* program_uwsgi.c - what is particular to check_uwsgi: where it asks, and what it says. */
#include "check.h"
#include "encode.h"
#include "queue.h"

#define TOTALS(member) offsetof(struct uwsgi_totals, member)

enum option_id {
	OPTION_STATS = NAGIOS_OWN_OPTION,
};

static const struct option_spec option[] = {
	{OPTION_STATS, 0, "stats", "TARGET",
	 "a stats server: HOST:PORT, unix:SOCKET, unix:@NAME, or"
	 " with stats-http http://HOST:PORT; may be repeated, and all are judged as one",
	 false},
};

/* ---- options --------------------------------------------------------------------------------- */

static bool handle(struct nagios_settings *settings, int id, const char *value, struct err *err)
{
	(void)id;
	return site_add_uwsgi(&settings->site, value, err);
}

static bool finish(struct nagios_settings *settings, struct err *err)
{
	if (settings->site.uwsgi_len == 0)
		return err_set(
			err, ERR_USAGE,
			"no target: expected --stats TARGET, such as --stats 127.0.0.1:1717");
	/* For the queues: the kernel is asked for uWSGI's sockets. */
	settings->site.want_ledger = true;
	return true;
}

/* ---- queues ---------------------------------------------------------------------------------- */

static void refine(const struct nagios_settings *settings, struct scrape *scrape, struct err *why)
{
	(void)settings;
	nagios_queue_settle(scrape, why);
}

static bool explains(size_t offset)
{
	return offset == TOTALS(queue) || offset == TOTALS(queue_percent) ||
	       offset == TOTALS(queue_overflows);
}

/* ---- text ------------------------------------------------------------------------------------ */

static void add_number(struct buf *out, const char *before, uint64_t number, const char *after)
{
	buf_add_text(out, before);
	buf_add_u64(out, number);
	buf_add_text(out, after);
}

static void add_queue(const struct uwsgi_totals *totals, struct buf *out)
{
	if (!totals->queue_known)
		return;
	buf_add_text(out, totals->queue_percent >= 100 ? ", queue full: " : ", queue ");
	buf_add_u64(out, totals->queue);
	if (totals->queue_max > 0)
		add_number(out, " of ", totals->queue_max, "");
}

static void add_workers(const struct uwsgi_totals *totals, struct buf *out)
{
	if (totals->workers == 0) {
		buf_add_text(out, "no workers (the stats of a router or an emperor?)");
		return;
	}
	add_number(out, "", totals->busy_cores, " of ");
	add_number(out, "", totals->cores, totals->cores == 1 ? " core busy" : " cores busy");
	add_number(out, ", ", totals->idle, totals->idle == 1 ? " worker idle" : " workers idle");
	if (totals->idle == 0 && totals->cheap > 0)
		add_number(out, " (", totals->cheap, " cheap)");
	if (totals->pause > 0)
		add_number(out, ", ", totals->pause, " paused");
	if (totals->not_accepting > 0 && !totals->silent_on_accepting)
		add_number(out, ", ", totals->not_accepting, " not accepting");
	add_queue(totals, out);
}

static void describe(struct nagios_items *items, const struct scrape *scrape, struct buf *out)
{
	add_workers(&scrape->totals, out);
	nagios_add_rate(items, ROOT_TOTALS, TOTALS(requests), "requests", true, out);
	nagios_add_rate(items, ROOT_TOTALS, TOTALS(queue_overflows), "overflows", false, out);
	nagios_add_rate(items, ROOT_TOTALS, TOTALS(exceptions), "exceptions", false, out);
	nagios_add_rate(items, ROOT_TOTALS, TOTALS(harakiri_count), "harakiri", false, out);
}

/* The reasons themselves say most of it. */
static const char *hint(enum err_kind kind)
{
	switch (kind) {
	case ERR_REFUSED:
		return "is uWSGI running, with this stats address?";
	case ERR_TIMEOUT:
		return "is the uWSGI master hung, or a firewall in between?";
	case ERR_TLS:
		return "see --vhost, --cafile and --insecure";
	case ERR_RESET:
	case ERR_TRUNCATED:
	case ERR_PARSE:
		return "is it the stats server, and not a socket for requests?";
	case ERR_NONE:
	case ERR_USAGE:
	case ERR_MEMORY:
	case ERR_DESCRIPTORS:
	case ERR_SYSTEM:
	case ERR_RESOLVE:
	case ERR_NOT_FOUND:
	case ERR_ACCESS:
	case ERR_FENCED:
	case ERR_HTTP_STATUS:
	case ERR_PROTOCOL:
	case ERR_TOO_LARGE:
		break;
	}
	return "";
}

/* ---- program --------------------------------------------------------------------------------- */

static const enum entity_root root[] = {ROOT_TOTALS, ROOT_UWSGI_SITE};

const struct nagios_program nagios_program_uwsgi = {
	.name = "check_uwsgi",
	.service = "UWSGI",
	.summary = "reads uWSGI's stats servers",
	.usage = "  check_uwsgi --stats TARGET [--stats TARGET]... [OPTION]...\n",
	.examples = "  check_uwsgi --stats 127.0.0.1:1717 -w 80 -c 95\n"
		    "  check_uwsgi --stats unix:/run/uwsgi/blog.stats -c idle=1:\n"
		    "  check_uwsgi --stats unix:/run/uwsgi/blog.stats -c oldest_request=30\n",
	.about = "Reads the stats servers of uWSGI (option stats of uWSGI, or stats-http), and "
		 "judges "
		 "how busy the workers are, the listen queues, the rates of requests, exceptions "
		 "and killed workers, and how long the oldest request has been running. Workers "
		 "that the cheaper has put away are no capacity. uWSGI cannot see the queue of a "
		 "unix socket: where it runs on the host of the check, the kernel is asked.",
	.root = root,
	.root_len = ARRAY_LEN(root),
	.option = option,
	.option_len = ARRAY_LEN(option),
	.handle = handle,
	.finish = finish,
	.refine = refine,
	.explains = explains,
	.describe = describe,
	.hint = hint,
	.list = NULL,
};
