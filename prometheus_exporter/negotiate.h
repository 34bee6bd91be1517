/* SPDX-License-Identifier: MIT */
/*
 * negotiate.h - what a scraper may be given, by its Accept and Accept-Encoding headers. Pure.
 *
 * Supported are text 0.0.4 and 1.0.0, OpenMetrics 1.0.0, and delimited protobuf. A media type
 * without a version means the oldest: 0.0.4 of text, 0.0.1 of OpenMetrics. OpenMetrics 0.0.1 alone
 * is not supported: who asks for that and nothing newer takes text too, where the same series
 * stand.
 */
#ifndef CONNLEDGER_EXPORTER_NEGOTIATE_H
#define CONNLEDGER_EXPORTER_NEGOTIATE_H

#include "answer.h"

/* The form with the highest quality; of equal ones, that which stands first. `line` are the values
 * of the Accept headers in their order. A form has the quality that its own media type was given;
 * ranges such as text/plain;q=... or any type speak for text 0.0.4 alone, and only where that was
 * not named itself. Quality 0 refuses, above 1 is 1. Where nothing fits, and for garbage: text
 * 0.0.4, never an error, since a scraper can read it and no scrape should be lost. */
enum exporter_form exporter_negotiate(const char *const *line, size_t len);

/* Whether the answer may be compressed: gzip has a quality above 0 and not below that of no
 * compression at all. `line` are the values of the Accept-Encoding headers. */
bool exporter_negotiate_gzip(const char *const *line, size_t len);

#endif
