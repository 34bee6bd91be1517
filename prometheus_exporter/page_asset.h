/* SPDX-License-Identifier: MIT */
/* page_asset.h - the files of prometheus_exporter/page/, compiled in by the Makefile. */
#ifndef CONNLEDGER_PAGE_ASSET_H
#define CONNLEDGER_PAGE_ASSET_H

#include "compiler.h"
#include "str.h"

struct page_asset {
	const char *path; /* "/page-0123456789ab/page.css": where the exporter serves it */
	const unsigned char *bytes;
	size_t len;
};

/* The folder of all of them: another one when any of them is another. */
extern const char page_asset_folder[];

extern const struct page_asset page_asset_all[];
extern const size_t page_asset_all_len;

#endif
