/* SPDX-License-Identifier: MIT */
/* config_fetch.h - what sites and modules of the configuration file have in common: how their
 * targets are asked. */
#ifndef CONNLEDGER_EXPORTER_CONFIG_FETCH_H
#define CONNLEDGER_EXPORTER_CONFIG_FETCH_H

#include "config.h"
#include "yaml_tree.h"

enum { CONFIG_PASSWORD_MAX = 4096 };

/* The site or module that is being read; the context of the fields below. */
struct config_part {
	struct exporter_config *config;
	struct fetch_options fetch;
	unsigned timeout_ms;
	bool has_secret; /* a password stands in the configuration file itself */

	/* Of a site: */
	struct site *site;
	struct list labels; /* struct prom_label */
	/* Of a module: */
	struct exporter_module *module;
};

/* The fields for which a struct config_part is the context. */
#define CONFIG_FETCH_FIELDS                                                                        \
	{"timeout", YAML_SCALAR, config_take_timeout},                                             \
		{"username", YAML_SCALAR, config_take_username},                                   \
		{"password", YAML_SCALAR, config_take_password},                                   \
		{"password_file", YAML_SCALAR, config_take_password_file},                         \
		{"vhost", YAML_SCALAR, config_take_vhost},                                         \
		{"ca_file", YAML_SCALAR, config_take_ca},                                          \
		{"client_cert", YAML_SCALAR, config_take_cert},                                    \
		{"client_key", YAML_SCALAR, config_take_key},                                      \
	{                                                                                          \
		"insecure", YAML_SCALAR, config_take_insecure                                      \
	}

bool config_take_timeout(void *ctx, const struct yaml *value, struct err *err);
bool config_take_username(void *ctx, const struct yaml *value, struct err *err);
bool config_take_password(void *ctx, const struct yaml *value, struct err *err);
bool config_take_password_file(void *ctx, const struct yaml *value, struct err *err);
bool config_take_vhost(void *ctx, const struct yaml *value, struct err *err);
bool config_take_ca(void *ctx, const struct yaml *value, struct err *err);
bool config_take_cert(void *ctx, const struct yaml *value, struct err *err);
bool config_take_key(void *ctx, const struct yaml *value, struct err *err);
bool config_take_insecure(void *ctx, const struct yaml *value, struct err *err);

/* Begins a part with what the command line says for all. */
void config_part_init(struct config_part *part, struct exporter_config *config) NONNULL;

/* What can only be said of all fields together. False with ERR_USAGE. */
bool config_part_check(const struct config_part *part, const struct yaml *node,
		       struct err *err) MUST_CHECK NONNULL;

#endif
