/* SPDX-License-Identifier: MIT */
/*
 * api.h - /api/v1/sites: what the status page shows, as JSON. docs/API.md describes it; fields are
 * added, never renamed. Pure.
 */
#ifndef CONNLEDGER_EXPORTER_API_H
#define CONNLEDGER_EXPORTER_API_H

#include "view.h"

#define EXPORTER_API_PATH "/api/v1/sites"
#define EXPORTER_API_TYPE "application/json; charset=utf-8"

void exporter_api(struct buf *out, const struct exporter_view *view) NONNULL;

#endif
