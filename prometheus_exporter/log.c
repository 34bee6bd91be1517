/* SPDX-License-Identifier: MIT */
/* log.c - logfmt lines; see log.h. */
#include "log.h"

#include <unistd.h>

/* Longer than a finding with all its texts. */
enum { LINE_MAX_BYTES = 32 * 1024 };

const char *const exporter_level_name[] = {
	[EXPORTER_DEBUG] = "debug", [EXPORTER_INFO] = "info",    [EXPORTER_WARN] = "warn",
	[EXPORTER_ERROR] = "error", [EXPORTER_ERROR + 1] = NULL,
};

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

void exporter_log_line(struct buf *out, const struct timespec *time, enum exporter_level level,
		       const char *message, const struct exporter_field *field, size_t field_len)
{
	struct tm tm = {0};
	char stamp[sizeof("2026-11-22T10:33:01")] = "";

	(void)gmtime_r(&time->tv_sec, &tm);
	(void)strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm);
	buf_addf(out, "ts=%s.%03ldZ level=%s msg=", stamp, time->tv_nsec / 1000000,
		 exporter_level_name[level]);
	add_value(out, message);
	for (size_t i = 0; i < field_len; i++) {
		buf_add_char(out, ' ');
		buf_add_text(out, field[i].key);
		buf_add_char(out, '=');
		add_value(out, field[i].value);
	}
	buf_add_char(out, '\n');
}

void exporter_log(const struct exporter_log *log, enum exporter_level level, const char *message,
		  const struct exporter_field *field, size_t field_len)
{
	struct timespec now = {0};
	struct buf line;
	ssize_t written;

	if (level < log->level)
		return;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	buf_init(&line, LINE_MAX_BYTES);
	exporter_log_line(&line, &now, level, message, field, field_len);
	/* Nobody is left to be told when the log cannot be written. */
	written = write(log->fd, buf_text(&line), line.len);
	(void)written;
	buf_free(&line);
}
