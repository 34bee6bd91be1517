/* SPDX-License-Identifier: MIT */
/*
 * web.h - the web configuration that counts now, and what is kept beside it: passwords that were
 * checked, the tokens of the rate limit. The files are looked at when somebody asks for it, at most
 * each WEB_LOOK_SECONDS; a configuration that has become bad leaves the old one in force. Safe from
 * several threads.
 */
#ifndef CONNLEDGER_EXPORTER_WEB_H
#define CONNLEDGER_EXPORTER_WEB_H

#include "auth.h"
#include "log.h"
#include "self.h"
#include "web_config.h"

#define WEB_LOOK_SECONDS 0.5

struct web;

/* Reads the file. The path, `log` and `self` are borrowed until web_free(). NULL with ERR_USAGE
 * when the file is bad. */
struct web *web_new(const char *path, const struct exporter_log *log, struct exporter_self *self,
		    struct err *err) NONNULL;

/* Whether web_new() would take the file; for --check-config. Otherwise false with ERR_USAGE. */
bool web_check(const char *path, struct err *err) MUST_CHECK NONNULL;

/* Starts the thread that checks passwords and hands verdicts to `client`. */
bool web_start(struct web *web, const struct auth_client *client,
	       struct err *err) MUST_CHECK NONNULL;

/* As auth_stop(); the rest still works. True when it was never started. */
bool web_stop(struct web *web, double seconds) MUST_CHECK NONNULL;
/* After web_stop(). Accepts NULL. */
void web_free(struct web *web);

/* Whether TLS is spoken. That stays as long as the process: a file in which it has come or gone is
 * a bad one. */
bool web_has_tls(const struct web *web) NONNULL;

/* The newest configuration, with one holder more. */
struct web_config *web_now(struct web *web) NONNULL;

/* Takes a token of the rate limit: 0, or the seconds until there is one. */
double web_take(struct web *web) MUST_CHECK NONNULL;

/* As auth_known() and auth_submit(). */
enum auth_verdict web_known(struct web *web, const struct web_config *config,
			    const struct auth_basic *basic) NONNULL;
struct auth_job *web_submit(struct web *web, struct auth_job *job) MUST_CHECK NONNULL;

#endif
