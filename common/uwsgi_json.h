/* SPDX-License-Identifier: MIT */
/*
 * uwsgi_json.h - uWSGI's JSON as a stream of events: the repair stage, then yajl. It knows no key.
 * The only file pair that knows yajl.
 */
#ifndef CONNLEDGER_UWSGI_JSON_H
#define CONNLEDGER_UWSGI_JSON_H

#include "err.h"
#include "str.h"

/* What comes out, in order. Bytes are valid during the call only. An event that returns 0 ends the
 * reading; the caller knows why. (The signatures are yajl's, so that nothing stands in between.) */
struct json_events {
	int (*open_map)(void *ctx);
	int (*open_list)(void *ctx);
	int (*close)(void *ctx);
	int (*key)(void *ctx, const unsigned char *key, size_t len);
	int (*number)(void *ctx, const char *digits, size_t len);
	int (*text)(void *ctx, const unsigned char *text, size_t len);
};

struct json_reader;

/* NULL when memory is out. */
struct json_reader *json_reader_new(const struct json_events *events, void *ctx);
/* Reads on. False with ERR_PARSE and the byte offset, or, when an event has ended the reading, with
 * `err` untouched. The text never quotes the answer: it may hold cookies. */
bool json_reader_feed(struct json_reader *reader, const char *bytes, size_t len,
		      struct err *err) MUST_CHECK NONNULL;
/* The end of the answer: false when it is not whole. */
bool json_reader_end(struct json_reader *reader, struct err *err) MUST_CHECK NONNULL;
/* Bytes of the answer read so far, up to the fault if there was one. */
size_t json_reader_offset(const struct json_reader *reader) NONNULL;
/* Accepts NULL. */
void json_reader_free(struct json_reader *reader);

#endif
