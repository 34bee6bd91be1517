/* SPDX-License-Identifier: MIT */
/* env.h - where a check's environment comes from: main() hands it in, so that a test can too. */
#ifndef CONNLEDGER_NAGIOS_ENV_H
#define CONNLEDGER_NAGIOS_ENV_H

struct nagios_env {
	/* NULL when the variable is not set. */
	const char *(*get)(const void *ctx, const char *name);
	const void *ctx;
};

#endif
