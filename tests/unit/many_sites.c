/* SPDX-License-Identifier: MIT */
/* many_sites.c - see many_sites.h. */
#include "unit.h"

#include "many_sites.h"

#define OK "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\n\r\n"
#define PAGE                                                                                       \
	"Active connections: 1 \nserver accepts handled requests\n 7 7 9 \n"                       \
	"Reading: 0 Writing: 1 Waiting: 0 \n"

static const char stats[] = "{\"version\":\"2.0.21\",\"workers\":[{\"id\":1,\"status\":\"idle\","
			    "\"requests\":5,\"cores\":[{\"id\":0}]}]}";

static uint16_t serve(struct many *many, enum server_place place, enum server_act act,
		      const char *text)
{
	struct server *server = &many->server[many->server_len++];

	assert_true(many->server_len <= MANY_SERVERS);
	server_start(server, place, act, text);
	return server->port;
}

static void set_nginx(struct many *many, enum many_site at, uint16_t port)
{
	struct err err = {0};
	char text[64];

	(void)snprintf(text, sizeof(text), "http://127.0.0.1:%u/status", (unsigned)port);
	assert_true(site_set_nginx(&many->site[at], text, &err));
}

static void add_uwsgi(struct many *many, enum many_site at, uint16_t port)
{
	struct err err = {0};
	char text[64];

	(void)snprintf(text, sizeof(text), "tcp://127.0.0.1:%u", (unsigned)port);
	assert_true(site_add_uwsgi(&many->site[at], text, &err));
}

void many_start(struct many *many, unsigned timeout_ms, bool want_ledger)
{
	uint16_t hung;
	uint16_t uwsgi;

	*many = (struct many){.server_len = 0};
	for (size_t i = 0; i < MANY_SITES; i++) {
		site_init(&many->site[i]);
		many->site[i].timeout_ms = timeout_ms;
		many->site[i].want_ledger = want_ledger;
	}
	hung = serve(many, SERVER_V4, SERVER_HANG, "");
	uwsgi = serve(many, SERVER_V4, SERVER_CLOSE, stats);
	set_nginx(many, MANY_HUNG, hung);
	set_nginx(many, MANY_GOOD, serve(many, SERVER_V4, SERVER_ANSWER, OK PAGE));
	add_uwsgi(many, MANY_GOOD, uwsgi);
	set_nginx(many, MANY_HALF, serve(many, SERVER_V4, SERVER_ANSWER, OK PAGE));
	add_uwsgi(many, MANY_HALF, serve(many, SERVER_V4, SERVER_HANG, ""));
	set_nginx(many, MANY_REFUSED, serve(many, SERVER_DEAD, SERVER_HANG, ""));
	set_nginx(many, MANY_GARBAGE, serve(many, SERVER_V4, SERVER_ANSWER, OK "<html>"));
	add_uwsgi(many, MANY_UWSGI, uwsgi);
}

void many_stop(struct many *many)
{
	for (size_t i = 0; i < many->server_len; i++)
		server_stop(&many->server[i]);
	for (size_t i = 0; i < MANY_SITES; i++)
		site_free(&many->site[i]);
}
