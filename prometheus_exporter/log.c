/* SPDX-License-Identifier: MIT */
/* log.c - lines of a log; see log.h. */
#include "log.h"

#include <stdio.h>
#include <unistd.h>

#include "clock.h"
#include "json_text.h"

/* Longer than a finding with all its texts. */
enum { LINE_MAX_BYTES = 32 * 1024 };

const char *const exporter_level_name[] = {
	[EXPORTER_DEBUG] = "debug", [EXPORTER_INFO] = "info",    [EXPORTER_WARN] = "warn",
	[EXPORTER_ERROR] = "error", [EXPORTER_ERROR + 1] = NULL,
};

const char *const exporter_log_format_name[] = {
	[EXPORTER_LOGFMT] = "logfmt", [EXPORTER_JSON] = "json", [EXPORTER_JSON + 1] = NULL};

static bool needs_quotes(const char *value)
{
	if (*value == '\0')
		return true;
	for (; *value != '\0'; value++) {
		if (*value <= ' ' || *value > '~' || *value == '"' || *value == '=' ||
		    *value == '\\')
			return true;
	}
	return false;
}

static void add_value(struct buf *out, const char *value)
{
	if (!needs_quotes(value)) {
		buf_add_text(out, value);
		return;
	}
	buf_add_char(out, '"');
	for (; *value != '\0'; value++) {
		if (*value == '"' || *value == '\\')
			buf_add_char(out, '\\');
		if (*value < ' ' || *value > '~')
			buf_addf(out, "\\x%02x", (unsigned)(unsigned char)*value);
		else
			buf_add_char(out, *value);
	}
	buf_add_char(out, '"');
}

static void add_time(struct buf *out, const struct timespec *time)
{
	struct tm tm = {0};
	char stamp[sizeof("2026-11-22T10:33:01")] = "";

	(void)gmtime_r(&time->tv_sec, &tm);
	(void)strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm);
	buf_addf(out, "%s.%03ldZ", stamp, time->tv_nsec / 1000000);
}

static void add_logfmt(struct buf *out, const struct exporter_line *line)
{
	buf_add_text(out, "ts=");
	add_time(out, &line->time);
	buf_addf(out, " level=%s msg=", exporter_level_name[line->level]);
	add_value(out, line->message);
	for (size_t i = 0; i < line->field_len; i++) {
		buf_add_char(out, ' ');
		buf_add_text(out, line->field[i].key);
		buf_add_char(out, '=');
		add_value(out, line->field[i].value);
	}
	buf_add_char(out, '\n');
}

static void add_json(struct buf *out, const struct exporter_line *line)
{
	buf_add_text(out, "{\"ts\":\"");
	add_time(out, &line->time);
	buf_addf(out, "\",\"level\":\"%s\",\"msg\":", exporter_level_name[line->level]);
	json_add_text(out, line->message);
	for (size_t i = 0; i < line->field_len; i++) {
		buf_add_char(out, ',');
		json_add_text(out, line->field[i].key);
		buf_add_char(out, ':');
		json_add_text(out, line->field[i].value);
	}
	buf_add_text(out, "}\n");
}

void exporter_log_line(struct buf *out, enum exporter_log_format format,
		       const struct exporter_line *line)
{
	if (format == EXPORTER_JSON)
		add_json(out, line);
	else
		add_logfmt(out, line);
}

static void write_line(const struct exporter_log *log, const struct exporter_line *line)
{
	struct buf text;
	ssize_t written;

	buf_init(&text, LINE_MAX_BYTES);
	exporter_log_line(&text, log->format, line);
	/* Nobody is left to be told when the log cannot be written. */
	written = buf_ok(&text) ? write(log->fd, buf_text(&text), text.len) : 0;
	(void)written;
	buf_free(&text);
}

static void write_untold(const struct exporter_log *log, const struct timespec *time,
			 unsigned long long untold)
{
	char count[sizeof("18446744073709551615")];
	const struct exporter_field field = {"lines", count};
	const struct exporter_line line = {.time = *time,
					   .level = EXPORTER_WARN,
					   .message = "lines were left out: too many at once",
					   .field = &field,
					   .field_len = 1};

	(void)snprintf(count, sizeof(count), "%llu", untold);
	write_line(log, &line);
}

void exporter_log(const struct exporter_log *log, enum exporter_level level, const char *message,
		  const struct exporter_field *field, size_t field_len)
{
	struct exporter_line line = {
		.level = level, .message = message, .field = field, .field_len = field_len};
	unsigned long long untold = 0;

	if (level < log->level)
		return;
	if (log->limit != NULL && !log_limit_take(log->limit, clock_now(CLOCK_MONOTONIC), &untold))
		return;
	(void)clock_gettime(CLOCK_REALTIME, &line.time);
	if (untold > 0)
		write_untold(log, &line.time, untold);
	write_line(log, &line);
}
