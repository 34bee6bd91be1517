/* SPDX-License-Identifier: MIT */
/* test_nagios_story.c - what -v tells of a ledger. */
#include "unit.h"

#include "given.h"
#include "ledger_scrape.h"
#include "nagios/encode.h"
#include "nagios/story.h"

#define NGINX_ARG "p --nginx http://h/s"

static void has(const struct buf *out, const char *part)
{
	if (strstr(buf_text(out), part) == NULL)
		fail_msg("no \"%s\" in:\n%s", part, buf_text(out));
}

/* A command line and a scrape that belong together. */
struct case_of {
	struct given given;
	struct ledger_scrape filled;
	struct buf out;
};

static struct nagios_items *items_of(struct case_of *c)
{
	nagios_items_fill(&c->given.settings.items, &c->filled.scrape);
	return &c->given.settings.items;
}

static void begin(struct case_of *c, const char *line)
{
	assert_true(given_parse(&c->given, &nagios_program_connections, line));
	ledger_scrape_init(&c->filled);
	buf_init(&c->out, 65536);
}

static void end(struct case_of *c)
{
	buf_free(&c->out);
	ledger_scrape_free(&c->filled);
	given_free(&c->given);
}

/* ---- story ----------------------------------------------------------------------------------- */

static void story_fits(const struct buf *out)
{
	struct str rest = buf_str(out);

	assert_true(buf_ok(out));
	assert_null(strpbrk(buf_text(out), "|`~$&'\"<>"));
	while (rest.ptr != NULL) {
		struct str line = str_cut(&rest, '\n');

		if (line.len > NAGIOS_WIDTH)
			fail_msg("%.*s", (int)line.len, line.ptr);
	}
}

static void the_story_of_a_site(void **state)
{
	struct case_of c;

	(void)state;
	begin(&c, NGINX_ARG);
	(void)snprintf(c.filled.scrape.nginx.server, sizeof(c.filled.scrape.nginx.server),
		       "nginx/1.22.1|x");
	c.filled.scrape.ledger.orphaned = 2;
	ledger_scrape_find(&c.filled, FINDING_PHANTOM_COUNTERS, SEVERITY_WARNING,
			   "16 connections exist only in the counters.",
			   "nginx counts 46 connections and the kernel has 30 of them, in each of "
			   "the 3 samples.",
			   "Restart nginx | when you like.");
	c.filled.finding[0].name = "phantom_counters";
	c.filled.finding[0].severity_name = "warning";
	(void)items_of(&c);
	nagios_story(&c.given.settings, &c.filled.scrape, &c.out);
	assert_string_equal(
		buf_text(&c.out),
		"nginx http://h/s (nginx/1.22.1?x)\n"
		"held by          connections  what it means\n"
		"keepalive                 30  Idle clients between two requests, or that have\n"
		"                              said nothing yet\n"
		"phantom                   16  Connections that nginx counts and the kernel does\n"
		"                              not have: left behind by a worker that was killed\n"
		"total                     46  What nginx counts as active, less the connection\n"
		"                              of this check\n"
		"none held by     request, unanswered, app_queue, app, sending, stalled_client,\n"
		"                 vanished_client, half_closed, lingering, long_lived,\n"
		"                 unexplained\n"
		"confidence       exact\n"
		"orphaned                   2  Requests that a uWSGI worker is busy with although\n"
		"                              their client is gone\n"
		"backlog_percent         12 %  How full the fullest listen queue is, of nginx and\n"
		"                              of uWSGI\n"
		"\nlisten queues (connections that nobody has taken yet)\n"
		"  3 of 511 at nginx *:80\n"
		"  12 of 100 at uWSGI /run/app.sock\n"
		"  0 at nginx [::]:80\n"
		"\nwarning: phantom_counters\n"
		"  what      16 connections exist only in the counters.\n"
		"  evidence  nginx counts 46 connections and the kernel has 30 of them, in each\n"
		"            of the 3 samples.\n"
		"  advice    Restart nginx ? when you like.\n");
	story_fits(&c.out);
	end(&c);
}

static void the_story_of_what_is_not_known(void **state)
{
	struct case_of c;

	(void)state;
	begin(&c, NGINX_ARG);
	ledger_scrape_doubt(&c.filled, CONFIDENCE_UNKNOWN,
			    "nginx runs on another host, whose kernel cannot be asked from here: "
			    "only its own counters are known");
	c.filled.scrape.ledger.held[HELD_PHANTOM] = NOT_KNOWN;
	c.filled.scrape.ledger.held[HELD_SENDING] = NOT_KNOWN;
	c.filled.socket[0].limit = NOT_KNOWN;
	(void)items_of(&c);
	nagios_story(&c.given.settings, &c.filled.scrape, &c.out);
	has(&c.out, "\nnot known        sending, phantom\n");
	has(&c.out, "\nconfidence       unknown: nginx runs on another host");
	has(&c.out, "\n  12 at uWSGI /run/app.sock\n");
	has(&c.out, "\nno findings\n");
	story_fits(&c.out);
	buf_clear(&c.out);
	ledger_scrape_down(&c.filled);
	(void)items_of(&c);
	nagios_story(&c.given.settings, &c.filled.scrape, &c.out);
	assert_true(str_starts(buf_str(&c.out), STR("nginx http://h/s did not answer\n"
						    "no ledger: nginx did not answer\n")));
	story_fits(&c.out);
	end(&c);
}

/* Empty ones are together; a name is what some server says. */
static void queues(void **state)
{
	struct backlog listener[NAGIOS_QUEUES_MAX + 3];
	struct backlog socket[] = {
		{.name = "/run/a|b$(id)'\x1b.sock", .queue = 3, .limit = 100},
		{.name = "/run/c|d.sock", .queue = 0, .limit = 100},
		{.name = "/run/unseen.sock", .queue = NOT_KNOWN, .limit = NOT_KNOWN},
		{.name = "", .queue = 0},
	};
	struct case_of c;

	(void)state;
	begin(&c, NGINX_ARG);
	for (size_t i = 0; i < ARRAY_LEN(listener); i++)
		listener[i] = (struct backlog){.name = "[::1]:443", .limit = 511};
	c.filled.scrape.ledger.listeners = (struct list){listener, 3, 3};
	c.filled.scrape.ledger.sockets = (struct list){socket, ARRAY_LEN(socket), 0};
	(void)items_of(&c);
	nagios_story(&c.given.settings, &c.filled.scrape, &c.out);
	has(&c.out, " yet)\n"
		    "  3 of 100 at uWSGI /run/a?b?(id)?.sock\n"
		    "  0 at nginx [::1]:443, [::1]:443, [::1]:443; at uWSGI "
		    "/run/c?d.sock\n"
		    "\nno findings\n");
	story_fits(&c.out);
	buf_clear(&c.out);
	c.filled.scrape.ledger.listeners.len = ARRAY_LEN(listener);
	nagios_story(&c.given.settings, &c.filled.scrape, &c.out);
	has(&c.out, "[::1]:443, and 4 more\n");
	story_fits(&c.out);
	end(&c);
}

static void a_long_story_is_cut(void **state)
{
	char word[160];
	char text[240];
	struct backlog backlog[NAGIOS_QUEUES_MAX + 10];
	struct case_of c;

	(void)state;
	begin(&c, NGINX_ARG);
	memset(word, 'x', sizeof(word));
	word[sizeof(word) - 1] = '\0';
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 7 == 6 ? ' ' : 'y';
	text[sizeof(text) - 1] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(backlog); i++)
		backlog[i] = (struct backlog){.name = "*:80", .queue = 1, .limit = 2};
	c.filled.scrape.ledger.listeners =
		(struct list){backlog, ARRAY_LEN(backlog), ARRAY_LEN(backlog)};
	for (unsigned kind = 0; kind < FINDING_KIND_MAX; kind++) {
		ledger_scrape_find(&c.filled, (enum finding_kind)kind, SEVERITY_WARNING, text, text,
				   text);
		c.filled.finding[kind].name = kind == 0 ? word : "finding";
	}
	(void)items_of(&c);
	nagios_story(&c.given.settings, &c.filled.scrape, &c.out);
	assert_in_range(c.out.len, NAGIOS_STORY_MAX - 1200, NAGIOS_STORY_MAX + 400);
	has(&c.out, "\n  and 11 more\n");
	has(&c.out, "\nand more findings: finding, finding");
	assert_true(str_ends(buf_str(&c.out), STR(", finding\n")));
	end(&c);
}

static void story_details(void **state)
{
	struct case_of c;

	(void)state;
	begin(&c,
	      NGINX_ARG " --ports 80,443 --upstream 127.0.0.1:9000 --upstream unix:/x --state-dir "
			"/s");
	nagios_story_details(&c.given.settings, &c.filled.scrape, &c.out);
	assert_string_equal(buf_text(&c.out),
			    "ledger: samples 3, spread of phantom counts 0, made in 0.002 s\n"
			    "nginx processes: not known\nports named: 80 443\n"
			    "upstreams named: 127.0.0.1:9000 /x\nstate: directory /s\n");
	buf_clear(&c.out);
	c.filled.scrape.ledger.processes_known = true;
	c.filled.scrape.ledger.masters = 1;
	c.filled.scrape.ledger.workers = 4;
	c.filled.scrape.ledger.old_workers = 2;
	c.filled.scrape.ledger.multiplexed = true;
	nagios_story_details(&c.given.settings, &c.filled.scrape, &c.out);
	has(&c.out, "\nnginx processes: 1 master, 4 workers, 2 old ones draining\n");
	has(&c.out, ", HTTP/2 multiplexed\n");
	end(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_story_of_a_site),
		cmocka_unit_test(the_story_of_what_is_not_known),
		cmocka_unit_test(queues),
		cmocka_unit_test(a_long_story_is_cut),
		cmocka_unit_test(story_details),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
