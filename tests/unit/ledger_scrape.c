/* SPDX-License-Identifier: MIT */
/* ledger_scrape.c - a scrape with a ledger for tests; see ledger_scrape.h. */
#include "ledger_scrape.h"

enum { ARENA_BYTES_MAX = 256 * 1024 };

void ledger_scrape_init(struct ledger_scrape *filled)
{
	struct ledger *ledger = &filled->scrape.ledger;
	struct err err = {0};

	*filled = (struct ledger_scrape){
		.scrape = {.time = 1700000000,
			   .nginx_probe = {.asked = true, .up = true, .seconds = 0.001},
			   .nginx = {.active = 47, .writing = 17, .waiting = 30}},
		.listener = {{"*:80", 3, 511}, {"[::]:80", 0, 511}},
		.socket = {{"/run/app.sock", 12, 100}},
	};
	arena_init(&filled->scrape.arena, ARENA_BYTES_MAX);
	site_init(&filled->site);
	if (!site_set_nginx(&filled->site, "http://h/s", &err))
		abort();
	filled->scrape.site = &filled->site;
	*ledger = (struct ledger){.asked = true,
				  .has_lines = true,
				  .total = 46,
				  .writing = 16,
				  .confidence = CONFIDENCE_EXACT,
				  .requests = {NOT_KNOWN, NOT_KNOWN},
				  .requests_low = {NOT_KNOWN, NOT_KNOWN},
				  .requests_high = {NOT_KNOWN, NOT_KNOWN},
				  .requests_reason = "no application is named",
				  .orphaned = NOT_KNOWN,
				  .abandoned = NOT_KNOWN,
				  .blocked_app = NOT_KNOWN,
				  .oldest_request = NOT_KNOWN,
				  .backlog_percent = 12,
				  .samples = 3,
				  .seconds = 0.002};
	ledger->held[HELD_KEEPALIVE] = 30;
	ledger->held[HELD_PHANTOM] = 16;
	memcpy(ledger->low, ledger->held, sizeof(ledger->low));
	memcpy(ledger->high, ledger->held, sizeof(ledger->high));
	ledger->listeners = (struct list){filled->listener, 2, 2};
	ledger->sockets = (struct list){filled->socket, 1, 1};
	filled->scrape.findings = (struct list){filled->finding, 0, FINDING_KIND_MAX};
}

void ledger_scrape_free(struct ledger_scrape *filled)
{
	arena_free(&filled->scrape.arena);
	site_free(&filled->site);
}

void ledger_scrape_hold(struct ledger_scrape *filled, enum held_by line, double connections)
{
	struct ledger *ledger = &filled->scrape.ledger;

	ledger->held[line] = ledger->low[line] = ledger->high[line] = connections;
}

void ledger_scrape_doubt(struct ledger_scrape *filled, enum confidence confidence,
			 const char *reason)
{
	struct ledger *ledger = &filled->scrape.ledger;

	ledger->confidence = confidence;
	(void)snprintf(ledger->reason, sizeof(ledger->reason), "%s", reason);
}

void ledger_scrape_down(struct ledger_scrape *filled)
{
	struct ledger *ledger = &filled->scrape.ledger;

	filled->scrape.nginx_probe.up = false;
	(void)err_set(&filled->scrape.nginx_probe.err, ERR_REFUSED, "http://h/s: refused");
	ledger->has_lines = false;
	for (size_t i = 0; i < HELD_MAX; i++)
		ledger->held[i] = ledger->low[i] = ledger->high[i] = NOT_KNOWN;
	ledger->total = ledger->writing = NOT_KNOWN;
	ledger->confidence = CONFIDENCE_UNKNOWN;
}

void ledger_scrape_find(struct ledger_scrape *filled, enum finding_kind kind,
			enum finding_severity severity, const char *what, const char *evidence,
			const char *advice)
{
	filled->finding[filled->scrape.findings.len++] =
		(struct finding){.kind = kind,
				 .severity = severity,
				 .name = finding_name(kind),
				 .severity_name = severity_name(severity),
				 .what = what,
				 .evidence = evidence,
				 .advice = advice,
				 .present = 1};
}
