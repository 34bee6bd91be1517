/* SPDX-License-Identifier: MIT */
/*
 * probe.h - /probe?target=&module=: one target that the asker names, scraped for itself: without a
 * ledger, a history or a site. Only what a module of the configuration allows is asked.
 */
#ifndef CONNLEDGER_EXPORTER_PROBE_H
#define CONNLEDGER_EXPORTER_PROBE_H

#include "collect.h"
#include "config.h"

struct exporter_probe {
	struct site site;  /* with the one target */
	bool may_be_uwsgi; /* an http target, of which only its answer tells the kind */
	struct exporter_collection collection;
};

/* Makes a probe of what was asked for; `module` NULL or "" is "default". Asks nobody yet. False
 * with ERR_USAGE for a target that is missing or cannot be probed and for an unknown module, with
 * ERR_ACCESS for a target that the module does not allow. End it with exporter_probe_free() either
 * way. */
bool exporter_probe_init(struct exporter_probe *probe, const struct exporter_config *config,
			 const char *target, const char *module, struct err *err) MUST_CHECK
	NONNULL_ARGS(1, 2, 5);

/* Asks the target, for at most `timeout_ms` or the module's timeout. One that may be either
 * and answers with JSON, or at length, is asked once more, as a stats server. A target that is down
 * is no failure; false when memory is out, and with ERR_ACCESS when its name leads to addresses
 * only that the module does not allow. */
bool exporter_probe_run(struct exporter_probe *probe, unsigned timeout_ms,
			struct err *err) MUST_CHECK NONNULL;

/* Tells why a target that was asked is down. Each time: so only those hear it who ask for it, by
 * --log.level=debug. */
void exporter_probe_log(const struct exporter_probe *probe, const struct exporter_log *log) NONNULL;

/* Accepts a zeroed one. */
void exporter_probe_free(struct exporter_probe *probe) NONNULL;

#endif
