/* SPDX-License-Identifier: MIT */
/* view.h - what the status page and the JSON behind it are made of. */
#ifndef CONNLEDGER_EXPORTER_VIEW_H
#define CONNLEDGER_EXPORTER_VIEW_H

#include "config.h"
#include "course.h"

struct exporter_view {
	const struct exporter_config *config;
	const struct scrape *scrape;
	size_t scrape_len;
	const struct course *course; /* one for each scrape; NULL: nothing is remembered */
};

#endif
