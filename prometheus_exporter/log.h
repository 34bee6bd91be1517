/* SPDX-License-Identifier: MIT */
/*
 * log.h - one line for each thing that happened, in logfmt, on a descriptor:
 *
 *     ts=2026-11-22T10:33:01.123Z level=warn msg="target is down" target=http://127.0.0.1/
 * err="..."
 */
#ifndef CONNLEDGER_LOG_H
#define CONNLEDGER_LOG_H

#include <time.h>

#include "buf.h"

enum exporter_level {
	EXPORTER_DEBUG,
	EXPORTER_INFO,
	EXPORTER_WARN,
	EXPORTER_ERROR,
};

/* The words of enum exporter_level, ended by NULL. */
extern const char *const exporter_level_name[];

struct exporter_log {
	enum exporter_level level; /* what is below it is left out */
	int fd;
};

struct exporter_field {
	const char *key;
	const char *value;
};

/* Writes a line with `message` and the fields. A line goes out in one piece, so that those of
 * several threads do not mix. */
void exporter_log(const struct exporter_log *log, enum exporter_level level, const char *message,
		  const struct exporter_field *field, size_t field_len);

/* The fields of a call: exporter_log(log, EXPORTER_INFO, "x", LOG_FIELDS({"a", "b"}, {"c", "d"}))
 */
#define LOG_FIELDS(...)                                                                            \
	((const struct exporter_field[]){__VA_ARGS__}),                                            \
		(sizeof((const struct exporter_field[]){__VA_ARGS__}) /                            \
		 sizeof(struct exporter_field))

/* The line itself, with its newline. Pure. */
void exporter_log_line(struct buf *out, const struct timespec *time, enum exporter_level level,
		       const char *message, const struct exporter_field *field, size_t field_len);

#endif
