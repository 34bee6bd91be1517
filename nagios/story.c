/* SPDX-License-Identifier: MIT */
/* story.c - the ledger and its findings for a person to read; see story.h. */
#include "story.h"

#include "encode.h"
#include "verdict.h"

enum {
	NAME_WIDTH = 17,   /* "vanished_client" and two blanks */
	NUMBER_WIDTH = 11, /* "connections" */
	TEXT_COLUMN = NAME_WIDTH + NUMBER_WIDTH + 2,
	FINDING_COLUMN = 12,
};

/* ---- table ----------------------------------------------------------------------------------- */

static void add_row(const char *name, double value, const char *unit, const char *help,
		    struct buf *out)
{
	struct buf number;

	buf_init(&number, 64);
	buf_add_decimal(&number, value, 1);
	buf_add_text(&number, unit);
	buf_addf(out, "%-*s%*s  ", NAME_WIDTH, name, NUMBER_WIDTH, buf_text(&number));
	buf_free(&number);
	nagios_add_wrapped(out, TEXT_COLUMN, str_of(help));
}

static bool is_bounded(const struct nagios_item *item)
{
	return item->known && item->low < item->high;
}

/* "(2 to 6)" */
static void add_bounds(const struct nagios_item *item, struct buf *out)
{
	buf_add_char(out, '(');
	buf_add_decimal(out, item->low, 0);
	buf_add_text(out, " to ");
	buf_add_decimal(out, item->high, 0);
	buf_add_char(out, ')');
}

static void add_item(const struct nagios_item *item, const char *unit, struct buf *out)
{
	struct buf text;

	buf_init(&text, NAGIOS_STORY_MAX);
	if (is_bounded(item)) {
		add_bounds(item, &text);
		buf_add_char(&text, ' ');
	}
	buf_add_text(&text, item->metric->help);
	add_row(item->metric->nagios.name, item->value, unit, buf_text(&text), out);
	buf_free(&text);
}

/* The lines that have no row of their own. */
enum others { OTHERS_NONE, OTHERS_PERHAPS, OTHERS_NOT_KNOWN };

static bool is_other(const struct nagios_item *item, enum others others)
{
	if (!nagios_is_line(item))
		return false;
	if (others == OTHERS_NOT_KNOWN || !item->known)
		return others == OTHERS_NOT_KNOWN && !item->known;
	return item->value == 0 && is_bounded(item) == (others == OTHERS_PERHAPS);
}

/* "none held by  request, sending"; "may be held by  app (0 to 3)"; or those that are not known. */
static void add_others(const struct nagios_items *items, enum others others, const char *title,
		       struct buf *out)
{
	struct buf names;

	buf_init(&names, NAGIOS_STORY_MAX);
	for (size_t i = 0; i < items->len; i++) {
		const struct nagios_item *item = &items->item[i];

		if (!is_other(item, others))
			continue;
		buf_addf(&names, "%s%s", names.len > 0 ? ", " : "", item->metric->nagios.name);
		if (others == OTHERS_PERHAPS) {
			buf_add_char(&names, ' ');
			add_bounds(item, &names);
		}
	}
	if (names.len > 0) {
		buf_addf(out, "%-*s", NAME_WIDTH, title);
		nagios_add_wrapped(out, NAME_WIDTH, buf_str(&names));
	}
	buf_free(&names);
}

static void add_confidence(const struct ledger *ledger, struct buf *out)
{
	struct buf text;

	buf_init(&text, (size_t)2 * LEDGER_REASON_MAX);
	buf_add_text(&text, confidence_name[ledger->confidence]);
	if (ledger->reason[0] != '\0')
		buf_addf(&text, ": %s", ledger->reason);
	buf_addf(out, "%-*s", NAME_WIDTH, "confidence");
	nagios_add_wrapped(out, NAME_WIDTH, buf_str(&text));
	buf_free(&text);
}

static void add_lines(const struct nagios_items *items, const struct ledger *ledger,
		      struct buf *out)
{
	buf_addf(out, "%-*s%*s  what it means\n", NAME_WIDTH, "held by", NUMBER_WIDTH,
		 "connections");
	for (size_t i = 0; i < items->len; i++) {
		const struct nagios_item *item = &items->item[i];

		if (nagios_is_line(item) && item->known && item->value != 0)
			add_item(item, "", out);
	}
	add_row("total", ledger->total, "",
		"What nginx counts as active, less the connection of this check", out);
	add_others(items, OTHERS_PERHAPS, "may be held by", out);
	add_others(items, OTHERS_NONE, "none held by", out);
	add_others(items, OTHERS_NOT_KNOWN, "not known", out);
	add_confidence(ledger, out);
}

/* Numbers beside the lines: those that say something. */
static void add_numbers(const struct nagios_items *items, struct buf *out)
{
	for (size_t i = 0; i < items->len; i++) {
		const struct nagios_item *item = &items->item[i];
		struct str unit = str_of(item->metric->unit);
		const char *sign = str_equal(unit, STR("seconds"))   ? " s"
				   : str_equal(unit, STR("percent")) ? " %"
								     : "";

		if (!nagios_is_line(item) && item->known && (item->value > 0 || is_bounded(item)) &&
		    item->metric->kind != METRIC_STATE)
			add_item(item, sign, out);
	}
}

/* Why the numbers of requests are not exact, or not known. Without an application there is nothing
 * to know. */
static void add_requests(const struct site *site, const struct ledger *ledger, struct buf *out)
{
	bool is_known = !isnan(ledger->requests[REQUESTS_QUEUED]);
	struct buf text;

	if (site->uwsgi_len + site->upstream_len == 0 || !ledger->has_lines ||
	    ledger->requests_reason[0] == '\0')
		return;
	buf_init(&text, (size_t)2 * LEDGER_REASON_MAX);
	buf_addf(&text, "%s: %s", is_known ? confidence_name[CONFIDENCE_BOUNDED] : "not known",
		 ledger->requests_reason);
	buf_addf(out, "%-*s", NAME_WIDTH, "requests");
	nagios_add_wrapped(out, NAME_WIDTH, buf_str(&text));
	buf_free(&text);
}

/* ---- queues ---------------------------------------------------------------------------------- */

enum { QUEUE_PARTS = 2 };

struct queues {
	struct {
		const struct list *list; /* of struct backlog */
		const char *whose;
	} part[QUEUE_PARTS];
};

static void add_queue(const struct backlog *backlog, const char *whose, struct buf *out)
{
	buf_add_text(out, "  ");
	buf_add_decimal(out, backlog->queue, 0);
	if (!isnan(backlog->limit)) {
		buf_add_text(out, " of ");
		buf_add_decimal(out, backlog->limit, 0);
	}
	buf_addf(out, " at %s ", whose);
	nagios_add_clean(out, str_of(backlog->name));
	buf_add_char(out, '\n');
}

/* Those with somebody in them have a line each; the empty ones share one. */
static void add_some(const struct queues *queues, bool empty, struct buf *line, struct buf *out)
{
	size_t shown = 0;

	for (size_t i = 0; i < QUEUE_PARTS; i++) {
		const struct backlog *backlog = queues->part[i].list->item;
		bool is_first = true;

		for (size_t k = 0; k < queues->part[i].list->len; k++) {
			if (backlog[k].name[0] == '\0' || isnan(backlog[k].queue) ||
			    (backlog[k].queue <= 0) != empty || shown++ >= NAGIOS_QUEUES_MAX)
				continue;
			if (!empty)
				add_queue(&backlog[k], queues->part[i].whose, out);
			else if (is_first)
				buf_addf(line, "%s at %s %s", line->len > 0 ? ";" : "0",
					 queues->part[i].whose, backlog[k].name);
			else
				buf_addf(line, ", %s", backlog[k].name);
			is_first = false;
		}
	}
	if (shown > NAGIOS_QUEUES_MAX)
		buf_addf(empty ? line : out, empty ? ", and %zu more" : "  and %zu more\n",
			 shown - NAGIOS_QUEUES_MAX);
}

static void add_queues(const struct ledger *ledger, struct buf *out)
{
	const struct queues queues = {{{&ledger->listeners, "nginx"}, {&ledger->sockets, "uWSGI"}}};
	struct buf line;

	if (ledger->listeners.len + ledger->sockets.len == 0)
		return;
	buf_add_text(out, "\nlisten queues (connections that nobody has taken yet)\n");
	buf_init(&line, NAGIOS_STORY_MAX);
	add_some(&queues, false, &line, out);
	add_some(&queues, true, &line, out);
	if (line.len > 0) {
		buf_add_text(out, "  ");
		nagios_add_wrapped(out, 2, buf_str(&line));
	}
	buf_free(&line);
}

/* ---- findings -------------------------------------------------------------------------------- */

static void add_sentence(const char *title, const char *sentence, struct buf *out)
{
	if (sentence[0] == '\0')
		return;
	buf_addf(out, "  %-*s", FINDING_COLUMN - 2, title);
	nagios_add_wrapped(out, FINDING_COLUMN, str_of(sentence));
}

static void add_finding(const struct finding *finding, struct buf *out)
{
	buf_addf(out, "%s: %s\n", finding->severity_name, finding->name);
	add_sentence("what", finding->what, out);
	add_sentence("evidence", finding->evidence, out);
	add_sentence("advice", finding->advice, out);
}

static void add_findings(const struct scrape *scrape, struct buf *out)
{
	const struct finding *finding = scrape->findings.item;
	const char *before = "and more findings: ";
	struct buf text;

	buf_add_text(out, scrape->findings.len == 0 ? "\nno findings\n" : "\n");
	buf_init(&text, NAGIOS_STORY_MAX);
	for (size_t i = 0; i < scrape->findings.len; i++) {
		buf_clear(&text);
		add_finding(&finding[i], &text);
		if (buf_ok(&text) && out->len + text.len <= NAGIOS_STORY_MAX) {
			buf_add_str(out, buf_str(&text));
			continue;
		}
		buf_addf(out, "%s%s", before, finding[i].name);
		before = ", ";
	}
	if (*before == ',')
		buf_add_char(out, '\n');
	buf_free(&text);
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void add_asked(const char *what, const struct target *target, const struct probe *probe,
		      const char *version, struct buf *out)
{
	buf_addf(out, "%s ", what);
	nagios_add_clean(out, str_of(target->name));
	if (!probe->up) {
		buf_add_text(out, " did not answer\n");
		return;
	}
	if (version != NULL && *version != '\0') {
		buf_add_text(out, " (");
		nagios_add_clean(out, str_of(version));
		buf_add_char(out, ')');
	}
	buf_add_char(out, '\n');
}

void nagios_story(const struct nagios_settings *settings, const struct scrape *scrape,
		  struct buf *out)
{
	if (scrape->nginx_probe.asked)
		add_asked("nginx", &settings->site.nginx, &scrape->nginx_probe,
			  scrape->nginx.server, out);
	for (size_t i = 0; i < scrape->uwsgi_len; i++)
		add_asked("uWSGI", scrape->uwsgi[i].target, &scrape->uwsgi[i].probe,
			  scrape->uwsgi[i].stats.version, out);
	if (scrape->ledger.has_lines)
		add_lines(&settings->items, &scrape->ledger, out);
	else
		buf_add_text(out, "no ledger: nginx did not answer\n");
	add_numbers(&settings->items, out);
	add_requests(&settings->site, &scrape->ledger, out);
	add_queues(&scrape->ledger, out);
	add_findings(scrape, out);
}

static void add_processes(const struct ledger *ledger, struct buf *out)
{
	if (!ledger->processes_known) {
		buf_add_text(out, "nginx processes: not known\n");
		return;
	}
	buf_add_text(out, "nginx processes: ");
	buf_add_u64(out, ledger->masters);
	buf_add_text(out, ledger->masters == 1 ? " master, " : " masters, ");
	buf_add_u64(out, ledger->workers);
	buf_add_text(out, ledger->workers == 1 ? " worker, " : " workers, ");
	buf_add_u64(out, ledger->old_workers);
	buf_add_text(out, " old ones draining\n");
}

void nagios_story_details(const struct nagios_settings *settings, const struct scrape *scrape,
			  struct buf *out)
{
	const struct ledger *ledger = &scrape->ledger;
	const struct site *site = &settings->site;

	buf_add_text(out, "ledger: samples ");
	buf_add_u64(out, ledger->samples);
	buf_add_text(out, ", spread of phantom counts ");
	buf_add_decimal(out, isnan(ledger->spread) ? 0 : ledger->spread, 1);
	buf_add_text(out, ", made in ");
	buf_add_decimal(out, isnan(ledger->seconds) ? 0 : ledger->seconds, 4);
	buf_add_text(out, ledger->multiplexed ? " s, HTTP/2 multiplexed\n" : " s\n");
	add_processes(ledger, out);
	buf_add_text(out, "ports named:");
	for (size_t i = 0; i < site->port_len; i++)
		buf_addf(out, " %u", (unsigned)site->port[i]);
	buf_add_text(out, site->port_len == 0 ? " none\nupstreams named:" : "\nupstreams named:");
	for (size_t i = 0; i < site->upstream_len; i++) {
		buf_add_char(out, ' ');
		if (site->upstream[i].path[0] != '\0')
			nagios_add_clean(out, str_of(site->upstream[i].path));
		else
			endpoint_print(&site->upstream[i].at, out);
	}
	buf_add_text(out, site->upstream_len == 0 ? " none\n" : "\n");
	buf_addf(out, "state: directory ");
	nagios_add_clean(out, str_of(settings->state_dir));
	buf_add_char(out, '\n');
}
