/* SPDX-License-Identifier: MIT */
/* config.c - the keys of a <Site> block; see config.h. */
#include "config.h"

#include <math.h>
#include <strings.h>

enum {
	NUMBER_MAX = 1000000000,
	INTERVAL_MAX = 86400,
	LEDGER_MS = 250, /* of the timeout, or a quarter of it: for the ledger */
	END_MS = 20,     /* of it, or a twentieth: for adding up and handing over */
};

/* A key of the block: how many values of which kind it takes, and where they go. */
struct key {
	const char *name;
	const char *expected; /* for messages */
	enum collectd_arg_kind kind;
	bool or_text;  /* or a text in quotes */
	bool many;     /* one value or more; otherwise exactly one */
	bool secret;   /* its value is never shown */
	size_t offset; /* of the member, for the setters that need no more */
	bool (*set)(struct collectd_site *site, const struct key *key,
		    const struct collectd_arg *arg, struct err *err);
};

static bool refuse(const struct key *key, const struct collectd_arg *arg, struct err *err)
{
	const char *name = key->name;
	const char *expected = key->expected;

	if (key->secret)
		return err_set(err, ERR_USAGE, "%s: expected %s", name, expected);
	switch (arg->kind) {
	case COLLECTD_STRING:
		err_set(err, ERR_USAGE, "%s \"%.60s\": expected %s", name, arg->text, expected);
		break;
	case COLLECTD_NUMBER:
		err_set(err, ERR_USAGE, "%s %g: expected %s", name, arg->number, expected);
		break;
	case COLLECTD_BOOLEAN:
		err_set(err, ERR_USAGE, "%s %s: expected %s", name, arg->boolean ? "true" : "false",
			expected);
		break;
	}
	return false;
}

/* A target's own message says what is wrong with it; the key goes before it. */
static bool say_key(const struct key *key, bool ok, const struct err *cause, struct err *err)
{
	return ok || err_set(err, cause->kind, "%s: %s", key->name, cause->text);
}

static bool set_nginx(struct collectd_site *site, const struct key *key,
		      const struct collectd_arg *arg, struct err *err)
{
	struct err cause = {0};

	return say_key(key, site_set_nginx(&site->site, arg->text, &cause), &cause, err);
}

static bool add_uwsgi(struct collectd_site *site, const struct key *key,
		      const struct collectd_arg *arg, struct err *err)
{
	struct err cause = {0};

	return say_key(key, site_add_uwsgi(&site->site, arg->text, &cause), &cause, err);
}

static bool set_text(struct collectd_site *site, const struct key *key,
		     const struct collectd_arg *arg, struct err *err)
{
	char **member = (char **)(void *)((char *)site + key->offset);
	char *text;

	if (arg->text[0] == '\0')
		return refuse(key, arg, err);
	text = str_dup(str_of(arg->text));
	if (text == NULL)
		return err_set(err, ERR_MEMORY, "out of memory");
	free(*member);
	*member = text;
	return true;
}

static bool set_seconds(struct collectd_site *site, const struct key *key,
			const struct collectd_arg *arg, struct err *err)
{
	double *member = (double *)(void *)((char *)site + key->offset);

	/* Less than a millisecond would be none at all. */
	if (!(arg->number >= 1e-3 && arg->number <= INTERVAL_MAX))
		return refuse(key, arg, err);
	*member = arg->number;
	return true;
}

static bool set_bool(struct collectd_site *site, const struct key *key,
		     const struct collectd_arg *arg, struct err *err)
{
	bool *member = (bool *)(void *)((char *)site + key->offset);

	(void)err;
	*member = arg->boolean;
	return true;
}

static bool set_not_bool(struct collectd_site *site, const struct key *key,
			 const struct collectd_arg *arg, struct err *err)
{
	const struct collectd_arg inverse = {.boolean = !arg->boolean};

	return set_bool(site, key, &inverse, err);
}

/* The setters of a site read numbers from text, which other front ends have. */
static bool set_number(struct collectd_site *site, const struct key *key,
		       const struct collectd_arg *arg,
		       bool (*set)(struct site *site, const char *text, struct err *err),
		       struct err *err)
{
	struct err cause = {0};
	char text[32];

	if (!(arg->number >= 1 && arg->number <= NUMBER_MAX && floor(arg->number) == arg->number))
		return refuse(key, arg, err);
	(void)snprintf(text, sizeof(text), "%.0f", arg->number);
	return say_key(key, set(&site->site, text, &cause), &cause, err);
}

static bool add_port(struct collectd_site *site, const struct key *key,
		     const struct collectd_arg *arg, struct err *err)
{
	struct err cause = {0};

	if (arg->kind == COLLECTD_NUMBER)
		return set_number(site, key, arg, site_add_port, err);
	if (!str_starts(str_of(arg->text), STR("unix:")))
		return refuse(key, arg, err);
	return say_key(key, site_add_port(&site->site, arg->text, &cause), &cause, err);
}

static bool set_connections(struct collectd_site *site, const struct key *key,
			    const struct collectd_arg *arg, struct err *err)
{
	return set_number(site, key, arg, site_set_worker_connections, err);
}

static bool add_upstream(struct collectd_site *site, const struct key *key,
			 const struct collectd_arg *arg, struct err *err)
{
	struct err cause = {0};

	return say_key(key, site_add_upstream(&site->site, arg->text, &cause), &cause, err);
}

#define MEMBER(name) .offset = offsetof(struct collectd_site, name)
#define TEXT         .expected = "a text in quotes", .kind = COLLECTD_STRING
#define SECONDS      .expected = "seconds, as in 2 or 0.5", .kind = COLLECTD_NUMBER
#define SWITCH       .expected = "true or false", .kind = COLLECTD_BOOLEAN

static const struct key keys[] = {
	{.name = "Nginx", TEXT, .set = set_nginx},
	{.name = "Uwsgi", TEXT, .many = true, .set = add_uwsgi},
	{.name = "Ports",
	 .expected = "port numbers from 1 to 65535, or \"unix:/path\"",
	 .kind = COLLECTD_NUMBER,
	 .or_text = true,
	 .many = true,
	 .set = add_port},
	{.name = "Upstream",
	 .expected = "addresses, as in \"127.0.0.1:9000\" or \"unix:/path\"",
	 .kind = COLLECTD_STRING,
	 .many = true,
	 .set = add_upstream},
	{.name = "WorkerConnections",
	 .expected = "nginx's worker_connections, a number",
	 .kind = COLLECTD_NUMBER,
	 .set = set_connections},
	{.name = "Ledger", SWITCH, MEMBER(site.want_ledger), .set = set_bool},
	{.name = "Timeout", SECONDS, MEMBER(timeout), .set = set_seconds},
	{.name = "Interval", SECONDS, MEMBER(interval), .set = set_seconds},
	{.name = "Host", TEXT, MEMBER(host), .set = set_text},
	{.name = "Notify", SWITCH, MEMBER(notify), .set = set_bool},
	{.name = "PerWorker", SWITCH, MEMBER(per_worker), .set = set_bool},
	{.name = "User", TEXT, MEMBER(user), .set = set_text},
	{.name = "Password", TEXT, .secret = true, MEMBER(password), .set = set_text},
	{.name = "VirtualHost", TEXT, MEMBER(vhost), .set = set_text},
	{.name = "CACert", TEXT, MEMBER(ca_cert), .set = set_text},
	{.name = "ClientCert", TEXT, MEMBER(client_cert), .set = set_text},
	{.name = "ClientKey", TEXT, MEMBER(client_key), .set = set_text},
	{.name = "VerifyPeer", SWITCH, MEMBER(site.options.insecure), .set = set_not_bool},
	{.name = "VerifyHost", SWITCH, MEMBER(site.options.insecure_name), .set = set_not_bool},
};

static bool set_key(struct collectd_site *site, const struct key *key,
		    const struct collectd_arg *arg, size_t arg_len, struct err *err)
{
	if (arg_len == 0 || (arg_len > 1 && !key->many))
		return err_set(err, ERR_USAGE, "%s: %zu values: expected %s", key->name, arg_len,
			       key->expected);
	for (size_t i = 0; i < arg_len; i++) {
		if (arg[i].kind != key->kind && !(key->or_text && arg[i].kind == COLLECTD_STRING))
			return refuse(key, &arg[i], err);
		if (!key->set(site, key, &arg[i], err))
			return false;
	}
	return true;
}

bool collectd_site_set(struct collectd_site *site, const char *key, const struct collectd_arg *arg,
		       size_t arg_len, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (strcasecmp(keys[i].name, key) == 0)
			return set_key(site, &keys[i], arg, arg_len, err);
	}
	return err_set(err, ERR_USAGE, "unknown key \"%.60s\"", key);
}

struct collectd_site *collectd_site_new(const char *name, struct err *err)
{
	struct collectd_site *site = calloc(1, sizeof(*site));

	if (site == NULL) {
		err_set(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	site_init(&site->site);
	site->site.want_ledger = true;
	if (site_set_name(&site->site, name, err))
		return site;
	collectd_site_free(site);
	return NULL;
}

void collectd_site_free(struct collectd_site *site)
{
	if (site == NULL)
		return;
	site_free(&site->site);
	free(site->host);
	free(site->user);
	free(site->password);
	free(site->vhost);
	free(site->ca_cert);
	free(site->client_cert);
	free(site->client_key);
	free(site);
}

/* A read takes no longer than the timeout: what comes after the targets is kept back for. */
static unsigned targets_ms(const struct collectd_site *site)
{
	double ms = fmin(site->timeout * 1e3, FETCH_TIMEOUT_MS_MAX);
	double rest_ms = site->site.want_ledger ? fmin(ms / 4, LEDGER_MS) : fmin(ms / 20, END_MS);

	return (unsigned)fmax(1, ms - rest_ms);
}

bool collectd_site_finish(struct collectd_site *site, double interval, struct err *err)
{
	struct fetch_options *options = &site->site.options;

	if (!site->site.has_nginx && site->site.uwsgi_len == 0)
		return err_set(err, ERR_USAGE, "expected at least one of Nginx and Uwsgi");
	if (site->password != NULL && site->user == NULL)
		return err_set(err, ERR_USAGE, "Password: expected a User with it");
	if ((site->client_cert == NULL) != (site->client_key == NULL))
		return err_set(err, ERR_USAGE, "ClientCert and ClientKey need each other");
	if (site->interval <= 0)
		site->interval = interval;
	if (site->timeout <= 0)
		site->timeout = fmin(FETCH_TIMEOUT_MS / 1e3, 0.8 * site->interval);
	site->site.timeout_ms = targets_ms(site);
	options->username = site->user;
	options->password = site->password;
	options->vhost = site->vhost;
	options->ca_file = site->ca_cert;
	options->client_cert = site->client_cert;
	options->client_key = site->client_key;
	return true;
}

bool collectd_site_is_slow(const struct collectd_site *site)
{
	return site->timeout >= site->interval;
}
