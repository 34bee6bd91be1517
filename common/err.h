/* SPDX-License-Identifier: MIT */
/*
 * err.h - how a function of common/ says what went wrong: it returns false and fills the caller's
 * `struct err`. Fixed size, no allocation, and the first cause wins. Nothing here prints.
 */
#ifndef CONNLEDGER_ERR_H
#define CONNLEDGER_ERR_H

#include <stdbool.h>

#include "compiler.h"

enum err_kind {
	ERR_NONE,        /* nothing went wrong */
	ERR_USAGE,       /* the user's own text: an option, a target, a range, a configuration */
	ERR_MEMORY,      /* out of memory */
	ERR_DESCRIPTORS, /* no file descriptor is left, of this process or of the system */
	ERR_SYSTEM,      /* a system call failed for another reason than those below */
	ERR_RESOLVE,     /* the host name has no address */
	ERR_REFUSED,     /* nobody listens there */
	ERR_NOT_FOUND,   /* the socket file does not exist */
	ERR_ACCESS,      /* the socket file exists and this user may not use it */
	ERR_FENCED,      /* what the user allows does not allow this address */
	ERR_TIMEOUT,     /* the deadline passed */
	ERR_RESET,       /* the peer cut the connection before a byte of the answer came */
	ERR_TRUNCATED,   /* ... or in the middle of it */
	ERR_TLS,         /* TLS failed: certificate, host name, handshake */
	ERR_HTTP_STATUS, /* an HTTP answer other than 200 */
	ERR_PROTOCOL,    /* the other side speaks another protocol than the target says */
	ERR_TOO_LARGE,   /* an answer longer than its ceiling */
	ERR_PARSE,       /* the answer came, but is not what it should be */
};

enum { ERR_TEXT_MAX = 240 };

struct err {
	enum err_kind kind;
	/* One line of printable ASCII, without a final full stop; "" while kind is ERR_NONE. */
	char text[ERR_TEXT_MAX];
};

/* Whether it is the monitor's own trouble, which says nothing of the server that was asked. */
static inline bool err_is_own(enum err_kind kind)
{
	return kind == ERR_MEMORY || kind == ERR_DESCRIPTORS;
}

/* The words in front of an error: whether a server is down, or could not be asked. */
static inline const char *err_down_text(enum err_kind kind)
{
	return err_is_own(kind) ? "could not be asked" : "is down";
}

/* The first trouble of its own that this thread has met, whatever became of the call that met it: a
 * file of /proc that could not be opened for want of descriptors looks like one that is not there,
 * and what is said then may be a part, or false. Like errno it is a word of the thread; err_set()
 * and the allocations of common/ write to it. ERR_NONE: nothing has failed for that reason. */
enum err_kind err_own_seen(void);
/* The same, and forgets it. */
enum err_kind err_own_take(void);
/* Notes it, unless there is one already. Other kinds, and other errors, are passed over. */
void err_own_note(enum err_kind kind);
void err_own_note_errno(int errnum);
/* One line about it. */
const char *err_own_text(enum err_kind kind);

/* Back to "nothing went wrong". */
void err_clear(struct err *err) NONNULL;

/* Fills `err` unless it holds an earlier cause already. Bytes that are not printable ASCII become
 * '?', a text that is too long is cut. Always returns false: `return err_set(err, ...);`. */
bool err_set(struct err *err, enum err_kind kind, const char *format, ...)
	PRINTF_LIKE(3, 4) NONNULL;

/* The same for a failed system call: the kind follows from `errnum`, ": " and its text are added.
 */
bool err_set_errno(struct err *err, int errnum, const char *format, ...) PRINTF_LIKE(3, 4) NONNULL;

/* A stable lower-case word for a kind ("timeout", "refused", ...), for labels and logs. */
const char *err_kind_name(enum err_kind kind);

#endif
