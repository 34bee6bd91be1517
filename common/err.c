/* SPDX-License-Identifier: MIT */
/* err.c - the first cause, in one printable line; see err.h. */
#include "err.h"

#include <errno.h>
#include <stdarg.h>

/* In the memory that a thread has from its start: the usual way of a library that is loaded later
 * asks for some at the first use, and ends the process when there is none. */
static _Thread_local enum err_kind own_seen THREAD_STATIC = ERR_NONE;

enum err_kind err_own_seen(void)
{
	return own_seen;
}

enum err_kind err_own_take(void)
{
	enum err_kind seen = own_seen;

	own_seen = ERR_NONE;
	return seen;
}

void err_own_note(enum err_kind kind)
{
	if (own_seen == ERR_NONE && err_is_own(kind))
		own_seen = kind;
}

const char *err_own_text(enum err_kind kind)
{
	return kind == ERR_DESCRIPTORS ? "too many open files: this process may have no more "
					 "(ulimit -n; systemd: LimitNOFILE=)"
				       : "out of memory";
}

void err_clear(struct err *err)
{
	err->kind = ERR_NONE;
	err->text[0] = '\0';
}

/* A text may quote bytes of a server or a user: none of them may reach a terminal, a log line or a
 * monitoring protocol as a control character. */
static void make_printable(char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < ' ' || *text > '~')
			*text = '?';
	}
}

static void fill(struct err *err, enum err_kind kind, const char *format, va_list args)
	PRINTF_LIKE(3, 0);
static void fill(struct err *err, enum err_kind kind, const char *format, va_list args)
{
	err_own_note(kind);
	err->kind = kind;
	if (vsnprintf(err->text, sizeof(err->text), format, args) < 0)
		err->text[0] = '\0';
	make_printable(err->text);
}

bool err_set(struct err *err, enum err_kind kind, const char *format, ...)
{
	va_list args;

	if (err->kind != ERR_NONE)
		return false;
	va_start(args, format);
	fill(err, kind, format, args);
	va_end(args);
	return false;
}

static enum err_kind kind_of_errno(int errnum)
{
	switch (errnum) {
	case ENOMEM:
	case ENOBUFS:
		return ERR_MEMORY;
	case EMFILE:
	case ENFILE:
		return ERR_DESCRIPTORS;
	case ECONNREFUSED:
		return ERR_REFUSED;
	case ENOENT:
		return ERR_NOT_FOUND;
	case EACCES:
	case EPERM:
		return ERR_ACCESS;
	case ETIMEDOUT:
		return ERR_TIMEOUT;
	case ECONNRESET:
	case EPIPE:
		return ERR_RESET;
	default:
		return ERR_SYSTEM;
	}
}

void err_own_note_errno(int errnum)
{
	err_own_note(kind_of_errno(errnum));
}

bool err_set_errno(struct err *err, int errnum, const char *format, ...)
{
	char reason[96];
	va_list args;
	size_t len;

	if (err->kind != ERR_NONE)
		return false;
	va_start(args, format);
	fill(err, kind_of_errno(errnum), format, args);
	va_end(args);
	if (strerror_r(errnum, reason, sizeof(reason)) != 0)
		(void)snprintf(reason, sizeof(reason), "error %d", errnum);
	len = strlen(err->text);
	(void)snprintf(err->text + len, sizeof(err->text) - len, ": %s", reason);
	make_printable(err->text);
	return false;
}

const char *err_kind_name(enum err_kind kind)
{
	static const char *const name[] = {
		[ERR_NONE] = "none",
		[ERR_USAGE] = "usage",
		[ERR_MEMORY] = "memory",
		[ERR_DESCRIPTORS] = "descriptors",
		[ERR_SYSTEM] = "system",
		[ERR_RESOLVE] = "resolve",
		[ERR_REFUSED] = "refused",
		[ERR_NOT_FOUND] = "not_found",
		[ERR_ACCESS] = "access",
		[ERR_FENCED] = "fenced",
		[ERR_TIMEOUT] = "timeout",
		[ERR_RESET] = "reset",
		[ERR_TRUNCATED] = "truncated",
		[ERR_TLS] = "tls",
		[ERR_HTTP_STATUS] = "http_status",
		[ERR_PROTOCOL] = "protocol",
		[ERR_TOO_LARGE] = "too_large",
		[ERR_PARSE] = "parse",
	};

	return (size_t)kind < ARRAY_LEN(name) ? name[kind] : "unknown";
}
