/* SPDX-License-Identifier: MIT */
/* config_option.h - the options of the exporter: their table, and what each of them sets. */
#ifndef CONNLEDGER_EXPORTER_CONFIG_OPTION_H
#define CONNLEDGER_EXPORTER_CONFIG_OPTION_H

#include "config.h"
#include "option.h"

/* Grouped as --help shows them. */
enum option_id {
	OPT_NGINX,
	OPT_PORTS,
	OPT_UPSTREAM,
	OPT_CONNECTIONS,
	OPT_TIMEOUT,
	OPT_VERIFY,
	OPT_CA,
	OPT_CERT,
	OPT_KEY,
	OPT_PLUS,
	OPT_PROXY_PROTOCOL,
	OPT_RETRIES,
	OPT_RETRY_INTERVAL,
	OPT_UWSGI,
	OPT_UWSGI_ALIAS,
	OPT_OFFSET,
	OPT_STATS_TIMEOUT,
	OPT_FILE,
	OPT_CHECK,
	OPT_LEDGER,
	OPT_CORES,
	OPT_SERIES,
	OPT_NAMES,
	OPT_LABEL,
	OPT_LABELS,
	OPT_LISTEN,
	OPT_UNIX_MODE,
	OPT_SYSTEMD,
	OPT_WEB_FILE,
	OPT_PATH,
	OPT_HOSTS,
	OPT_LIFECYCLE,
	OPT_NO_SELF,
	OPT_SECURED,
	OPT_SERVER_CERT,
	OPT_SERVER_KEY,
	OPT_LEVEL,
	OPT_FORMAT,
	OPT_ONCE,
	OPT_VERSION,
	OPT_HELP,
	OPT_MAX,
};

/* Options of one kind: their place in the table, and the heading above them in --help. */
struct option_group {
	const char *title;
	enum option_id first;
};

extern const struct option_group exporter_group[];
extern const size_t exporter_group_len;

/* In the order of enum option_id. */
extern const struct option_spec exporter_option[];
extern const size_t exporter_option_len;

/* Takes an option in. False with ERR_USAGE, quoting the value. `value` must outlive `config`. */
bool exporter_option_set(struct exporter_config *config, enum option_id id, const char *value,
			 struct err *err) MUST_CHECK NONNULL_ARGS(1, 4);

/* Takes in what the environment says, for options that were not given: those are not in `seen`. */
bool exporter_env_set(struct exporter_config *config, const bool seen[OPT_MAX],
		      struct err *err) MUST_CHECK NONNULL;

#endif
