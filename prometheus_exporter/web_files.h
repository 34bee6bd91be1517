/* SPDX-License-Identifier: MIT */
/* web_files.h - the files that a web configuration is made of, and whether they have changed. */
#ifndef CONNLEDGER_EXPORTER_WEB_FILES_H
#define CONNLEDGER_EXPORTER_WEB_FILES_H

#include "buf.h"
#include "err.h"

enum { WEB_FILES_MAX = 4, WEB_FILE_BYTES_MAX = 1024 * 1024 };

/* What tells one state of a file from another; all zero: there is no such file. */
struct web_stamp {
	uint64_t device;
	uint64_t inode;
	int64_t size;
	int64_t modified_ns;
	int64_t changed_ns; /* also when its mode has changed: it may be readable now */
};

struct web_files {
	char *path[WEB_FILES_MAX];
	struct web_stamp stamp[WEB_FILES_MAX];
	size_t len;
};

/* Adds the bytes of a file to `out`, a buffer with a ceiling, and remembers how it looked; also
 * when it cannot be read, which is then false. Anything but a regular file cannot. */
bool web_files_read(struct web_files *files, const char *path, struct buf *out,
		    struct err *err) MUST_CHECK NONNULL;

enum web_files_state {
	WEB_FILES_SAME,
	WEB_FILES_CHANGING, /* so lately that somebody may still be writing */
	WEB_FILES_CHANGED,
};

#define WEB_FILES_SETTLE_SECONDS 0.1

/* How they look at `now`, in Unix seconds. */
enum web_files_state web_files_look(const struct web_files *files, double now) NONNULL;

/* Accepts a zeroed one. */
void web_files_free(struct web_files *files) NONNULL;

#endif
