/* SPDX-License-Identifier: MIT */
/* web_config_read.h - what the files that read a web configuration share. */
#ifndef CONNLEDGER_EXPORTER_WEB_CONFIG_READ_H
#define CONNLEDGER_EXPORTER_WEB_CONFIG_READ_H

#include "web_config.h"
#include "yaml_tree.h"

/* A text that stands in the configuration itself or in a file of its own. */
struct web_text {
	const struct yaml *inside; /* NULL: not given */
	const struct yaml *file;
	struct buf bytes; /* once it is read */
};

struct web_reader {
	const char *path; /* of the configuration */
	const struct web_listener *listener;
	struct web_files *files;
	struct web_config *config;
	struct web_text cert;
	struct web_text key;
	struct web_text client_ca;
	const struct yaml *tls; /* tls_server_config */
	const struct yaml *client_auth;
	const struct yaml *min_version;
	const struct yaml *san;
	const struct yaml *interval; /* of rate_limit */
	const struct yaml *burst;
};

/* Takes tls_server_config; the certificate is not looked at yet. */
bool web_config_take_tls(void *reader, const struct yaml *value,
			 struct err *err) MUST_CHECK NONNULL;

/* Reads what it names, and makes config->tls of it. */
bool web_config_make_tls(struct web_reader *reader, struct err *err) MUST_CHECK NONNULL;

#endif
