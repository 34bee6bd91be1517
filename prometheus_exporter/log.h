/* SPDX-License-Identifier: MIT */
/*
 * log.h - one line for each thing that happened, on a descriptor, as logfmt or as JSON:
 *
 *     ts=2026-11-22T10:33:01.123Z level=warn msg="target is down" target=http://127.0.0.1/
 * err="..."
 *     {"ts":"2026-11-22T10:33:01.123Z","level":"warn","msg":"target is down","target":...}
 */
#ifndef CONNLEDGER_LOG_H
#define CONNLEDGER_LOG_H

#include <time.h>

#include "buf.h"
#include "log_limit.h"

enum exporter_level {
	EXPORTER_DEBUG,
	EXPORTER_INFO,
	EXPORTER_WARN,
	EXPORTER_ERROR,
};

/* The words of enum exporter_level, ended by NULL. */
extern const char *const exporter_level_name[];

enum exporter_log_format { EXPORTER_LOGFMT, EXPORTER_JSON };

/* The words of enum exporter_log_format, ended by NULL. */
extern const char *const exporter_log_format_name[];

struct exporter_log {
	enum exporter_level level; /* what is below it is left out */
	enum exporter_log_format format;
	int fd;
	struct log_limit *limit; /* borrowed; NULL: every line is written */
};

struct exporter_field {
	const char *key;
	const char *value;
};

/* What a line says. */
struct exporter_line {
	struct timespec time;
	enum exporter_level level;
	const char *message;
	const struct exporter_field *field;
	size_t field_len;
};

/* Writes a line with `message` and the fields, unless the limit says that there have been too many;
 * how many were left out is told before the next line that is written. A line goes out in one
 * piece, so that those of several threads do not mix. */
void exporter_log(const struct exporter_log *log, enum exporter_level level, const char *message,
		  const struct exporter_field *field, size_t field_len);

/* The fields of a call: exporter_log(log, EXPORTER_INFO, "x", LOG_FIELDS({"a", "b"}, {"c", "d"}))
 */
#define LOG_FIELDS(...)                                                                            \
	((const struct exporter_field[]){__VA_ARGS__}),                                            \
		(sizeof((const struct exporter_field[]){__VA_ARGS__}) /                            \
		 sizeof(struct exporter_field))

/* Adds the line itself, with its newline. Bytes that are not UTF-8 are told apart in logfmt, and
 * become U+FFFD in JSON. Pure. */
void exporter_log_line(struct buf *out, enum exporter_log_format format,
		       const struct exporter_line *line) NONNULL;

#endif
