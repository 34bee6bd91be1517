/* SPDX-License-Identifier: MIT */
/* module.h - a module of the configuration file: what /probe may ask, and how. */
#ifndef CONNLEDGER_EXPORTER_MODULE_H
#define CONNLEDGER_EXPORTER_MODULE_H

#include "allow.h"
#include "fetch.h"

#define EXPORTER_MODULE_DEFAULT "default"

enum { EXPORTER_MODULES_MAX = 100, EXPORTER_PATTERNS_MAX = 1000 };

enum module_kind {
	MODULE_ANY,   /* the target's scheme tells, or its answer */
	MODULE_NGINX, /* stub_status pages only */
	MODULE_UWSGI, /* stats servers only */
};

struct exporter_module {
	const char *name;
	enum module_kind kind;
	unsigned timeout_ms;
	struct list target; /* struct allow: the hosts that may be asked; none: nobody */
	struct fetch_options fetch;
};

#endif
