/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a stats server's answer, its first line as nginx' name for itself too, and what
 * check_uwsgi prints of it with every number of -v (in the first byte): lines of printable ASCII,
 * and one `|` at most, in the first.
 */
#include "nagios/check.h"
#include "nagios/details.h"
#include "nagios/encode.h"
#include "nagios/failure.h"
#include "scrape.h"
#include "uwsgi.h"

static const char *no_variable(const void *ctx, const char *name)
{
	(void)ctx;
	(void)name;
	return NULL;
}

static void init_settings(struct nagios_settings *settings)
{
	static const struct nagios_env env = {.get = no_variable, .ctx = NULL};
	static char word[][24] = {"check_uwsgi", "--stats", "127.0.0.1:1", "-w",     "50",
				  "-c",          "idle=1:", "-c",          "queue=0"};
	char *argv[ARRAY_LEN(word)];
	struct err err = {0};

	for (size_t i = 0; i < ARRAY_LEN(word); i++)
		argv[i] = word[i];
	nagios_settings_init(settings, &nagios_program_uwsgi, &env);
	if (!nagios_settings_parse(settings, (int)ARRAY_LEN(argv), argv, &err))
		abort();
}

static void parse(struct uwsgi_scrape *server, struct str text)
{
	struct uwsgi_parser *parser = uwsgi_parser_new(&server->stats);

	if (parser == NULL)
		abort();
	server->probe.asked = true;
	uwsgi_parser_feed(parser, text.ptr, text.len);
	server->probe.up = uwsgi_parser_end(parser, &server->probe.err);
	uwsgi_parser_free(parser);
}

/* The line that is there with any number of -v. */
static void print_line(struct nagios_settings *settings, const struct scrape *scrape, bool answers,
		       struct buf *out)
{
	const struct nagios_missing missing = {.rate = ""};
	enum nagios_state state;
	struct buf perfdata;
	struct buf text;

	buf_init(&text, NAGIOS_OUTPUT_MAX);
	buf_init(&perfdata, NAGIOS_OUTPUT_MAX);
	if (nagios_all_answered(settings, scrape, &state, &text)) {
		nagios_items_fill(&settings->items, scrape);
		state = nagios_items_judge(&settings->items, true);
		nagios_encode_offences(&settings->items, &missing, &text);
		settings->program->describe(&settings->items, scrape, &text);
		nagios_encode_perfdata(&settings->items, true, &perfdata);
		if (answers)
			nagios_details_answers(scrape, &text);
	}
	nagios_encode_line(settings->program->service, state, buf_str(&text), buf_str(&perfdata),
			   out);
	buf_free(&perfdata);
	buf_free(&text);
}

static void look(struct str out)
{
	struct str first = str_cut(&out, '\n');
	size_t bars = 0;

	for (size_t i = 0; i < first.len; i++) {
		if (first.ptr[i] < ' ' || first.ptr[i] > '~')
			abort();
		bars += first.ptr[i] == '|';
	}
	if (bars > 1)
		abort();
	for (size_t i = 0; i < out.len; i++) {
		char c = out.ptr[i];

		if ((c != '\n' && c < ' ') || c > '~' || c == '|')
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data + 1, size - 1};
	struct str name = text;
	struct uwsgi_scrape server = {0};
	struct scrape scrape = {.uwsgi = &server, .uwsgi_len = 1};
	struct nagios_settings settings;
	struct buf out;

	if (size == 0)
		return 0;
	name = str_cut(&name, '\n');
	init_settings(&settings);
	scrape.site = &settings.site;
	server.target = &settings.site.uwsgi[0];
	scrape.nginx_probe = (struct probe){.asked = true, .up = true};
	(void)snprintf(scrape.nginx.server, sizeof(scrape.nginx.server), "%.*s", (int)name.len,
		       name.ptr);
	parse(&server, text);
	scrape_add_up(&scrape);
	buf_init(&out, (size_t)2 * NAGIOS_OUTPUT_MAX);
	print_line(&settings, &scrape, (data[0] & 1) != 0, &out);
	nagios_details_metrics(&settings.items, &out);
	nagios_details_settings(&settings, &out);
	if ((data[0] & 2) != 0)
		nagios_details_objects(&scrape, &out);
	look(buf_str(&out));
	buf_free(&out);
	uwsgi_stats_free(&server.stats);
	nagios_settings_free(&settings);
	return 0;
}
