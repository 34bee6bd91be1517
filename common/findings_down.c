/* SPDX-License-Identifier: MIT */
/* findings_down.c - nginx or uWSGI do not answer: why that may be, by the kind of failure. */
#include "findings_rule.h"

enum { ERRORS_SAID = 2 };

void judge_say_accept_queue(struct judge *judge)
{
	const struct backlog *queue = backlog_fullest(&judge->ledger->listeners);

	if (queue == NULL || !(queue->queue > 0))
		return;
	buf_add_text(&judge->evidence, " The accept queue of ");
	say_name(&judge->evidence, queue->name);
	buf_add_text(&judge->evidence, " holds ");
	say_count(&judge->evidence, queue->queue, "connection", "connections");
	if (queue->limit > 0) {
		buf_add_text(&judge->evidence, " and has room for ");
		say_number(&judge->evidence, queue->limit);
	}
	buf_add_char(&judge->evidence, '.');
}

/* Whether somebody is there, who says something else than what was asked for. */
static bool has_answered(enum err_kind kind)
{
	return kind == ERR_HTTP_STATUS || kind == ERR_PROTOCOL || kind == ERR_PARSE ||
	       kind == ERR_TOO_LARGE || kind == ERR_TRUNCATED;
}

/* Nobody knows why it cuts its connections. */
static const char *cut_advice(void)
{
	return "Look at what listens at this address: return 444 in the server block that answers "
	       "there, or proxy_protocol in its listen directive, cut every request for the page "
	       "(give it a server block of its own on 127.0.0.1). If it was well before, "
	       "error.log tells: worker_connections are not enough, or a worker that exited on "
	       "a signal.";
}

static const char *nginx_advice(enum err_kind kind)
{
	switch (kind) {
	case ERR_REFUSED:
	case ERR_NOT_FOUND:
		return "Nobody listens there: start nginx (systemctl status nginx, nginx -t and "
		       "its error.log say why it is not running), or name the address that its "
		       "listen directive has.";
	case ERR_TIMEOUT:
		return "Its workers are probably blocked or stopped, or have no file descriptor "
		       "left: look at their state (ps -C nginx -o pid,stat,wchan:20,args), and in "
		       "error.log for the words Too many open files (worker_rlimit_nofile); a "
		       "firewall that drops packets looks the same.";
	case ERR_RESET:
		return "Most likely worker_connections is used up: nginx then accepts a "
		       "connection, has no room for it and cuts it. If error.log says that "
		       "worker_connections are not enough, raise worker_connections, and "
		       "worker_rlimit_nofile with it.";
	case ERR_TRUNCATED:
		return "The answer broke off: look in error.log for a worker that exited on a "
		       "signal, and at what is between (a proxy, a limit), or ask nginx itself.";
	case ERR_HTTP_STATUS:
	case ERR_PROTOCOL:
	case ERR_PARSE:
	case ERR_TOO_LARGE:
		return "Something answered, but not with the status page: its location needs "
		       "stub_status, and its allow and deny must let this host in.";
	case ERR_TLS:
		return "Mend the certificate or the name that it is checked against, or read the "
		       "page over plain HTTP from a server block that listens on 127.0.0.1 only.";
	case ERR_ACCESS:
		return "Let the user that the monitoring runs as use that socket (its mode and "
		       "group, and those of its folder).";
	case ERR_RESOLVE:
	case ERR_FENCED:
		return "Correct the host name, or write the address itself.";
	case ERR_NONE:
	case ERR_USAGE:
	case ERR_MEMORY:
	case ERR_DESCRIPTORS:
	case ERR_SYSTEM:
		break;
	}
	return "Look at the error.log of nginx, and at what else happens on this host.";
}

static const char *nginx_what(const struct judge *judge, enum err_kind kind)
{
	if (has_answered(kind))
		return "The address of nginx answers, but not with the status page: nothing is "
		       "known of its connections.";
	if (judge_has_no_room(judge))
		return "nginx cuts the connection instead of giving its status page: it probably "
		       "has no room for another one.";
	if (kind == ERR_RESET)
		return "Whoever listens at the address of nginx cuts the connection instead of "
		       "giving the status page.";
	return "nginx does not give its status page: it is down, out of reach, or too busy to "
	       "answer.";
}

bool judge_nginx_down(struct judge *judge)
{
	const struct probe *probe = &judge->scrape->nginx_probe;

	/* That it could not be asked says nothing of it. */
	if (!probe->asked || probe->up || err_is_own(probe->err.kind))
		return false;
	judge->severity = SEVERITY_CRITICAL;
	buf_add_text(&judge->what, nginx_what(judge, probe->err.kind));
	buf_addf(&judge->evidence, "Error: %s.", probe->err.text);
	judge_say_accept_queue(judge);
	buf_add_text(&judge->advice, probe->err.kind == ERR_RESET && !judge_has_no_room(judge)
					     ? cut_advice()
					     : nginx_advice(probe->err.kind));
	return true;
}

static const char *uwsgi_advice(enum err_kind kind)
{
	switch (kind) {
	case ERR_REFUSED:
	case ERR_NOT_FOUND:
		return "Start uWSGI; or, if the application does answer, give it the option stats "
		       "with this address.";
	case ERR_TIMEOUT:
	case ERR_RESET:
	case ERR_TRUNCATED:
		return "The master of uWSGI answers one reader after the other, between its other "
		       "work: see whether it is stopped or blocked (ps -C uwsgi -o "
		       "pid,stat,wchan:20,args), or whether another program holds its stats socket "
		       "open.";
	case ERR_HTTP_STATUS:
	case ERR_PROTOCOL:
	case ERR_PARSE:
	case ERR_TOO_LARGE:
		return "Something answered, but not as a stats server: the address must be that of "
		       "the option stats, with http:// if stats-http is set and without if not.";
	case ERR_ACCESS:
		return "Let the user that the monitoring runs as use that socket (its mode and "
		       "group, and those of its folder).";
	case ERR_RESOLVE:
	case ERR_FENCED:
		return "Correct the host name, or write the address itself.";
	case ERR_TLS:
	case ERR_NONE:
	case ERR_USAGE:
	case ERR_MEMORY:
	case ERR_DESCRIPTORS:
	case ERR_SYSTEM:
		break;
	}
	return "Look at the log of uWSGI, and at what else happens on this host.";
}

bool judge_uwsgi_down(struct judge *judge)
{
	const struct scrape *scrape = judge->scrape;
	const struct probe *first = NULL;
	size_t down = 0;

	for (size_t i = 0; i < scrape->uwsgi_len; i++) {
		const struct probe *probe = &scrape->uwsgi[i].probe;

		if (!probe->asked || probe->up || err_is_own(probe->err.kind))
			continue;
		if (first == NULL)
			first = probe;
		if (down < ERRORS_SAID)
			buf_addf(&judge->evidence, "%s%s", down == 0 ? "Error: " : "; ",
				 probe->err.text);
		down++;
	}
	if (first == NULL)
		return false;
	judge->severity = SEVERITY_CRITICAL;
	if (scrape->uwsgi_len == 1)
		buf_add_text(&judge->what,
			     "The stats server of uWSGI gives no numbers: the application behind "
			     "nginx is down or hangs, or the address is wrong.");
	else
		buf_addf(&judge->what,
			 "%zu of %zu uWSGI stats servers %s no numbers: the applications behind "
			 "nginx are down or hang, or the addresses are wrong.",
			 down, scrape->uwsgi_len, say_word((double)down, "gives", "give"));
	buf_add_text(&judge->evidence, down > ERRORS_SAID ? "; and more." : ".");
	buf_add_text(&judge->advice, uwsgi_advice(first->err.kind));
	return true;
}
