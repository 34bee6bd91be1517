/* SPDX-License-Identifier: MIT */
/* uwsgi_json.c - repaired bytes through yajl; see uwsgi_json.h. */
#include "uwsgi_json.h"

#include <stddef.h>

#include <yajl/yajl_parse.h>

#include "uwsgi_repair.h"

enum {
	CHUNK_MAX = 16 * 1024,
	ROOM_SMALL_MAX = 1024, /* yajl's own structs, of about 300 bytes, and its stack */
	ROOM_BUFFER_MAX = 64 * 1024,
	ROOM_BUFFERS = 2, /* one for a token in pieces, one for a string whose escapes are undone */
	YAJL_STACK_FIRST = 128, /* brackets; yajl never enlarges what it has first */
};

/* A buffer of yajl is doubled until a token and a byte more fit into it. */
_Static_assert((int)REPAIR_TOKEN_MAX < (int)ROOM_BUFFER_MAX, "a token fits into a buffer");
_Static_assert((int)REPAIR_DEPTH_MAX < (int)YAJL_STACK_FIRST, "the brackets fit on the stack");

/* All the memory that yajl gets. yajl asks no allocation whether it has failed, so none may: how
 * much it can want is bounded by the repair stage, and there from the beginning. Pages that are
 * never written to cost nothing. */
struct room {
	size_t small_len;
	size_t buffers;
	max_align_t small[ROOM_SMALL_MAX / sizeof(max_align_t)];
	char buffer[ROOM_BUFFERS][ROOM_BUFFER_MAX];
};

struct json_reader {
	yajl_callbacks callbacks;
	yajl_handle yajl;
	struct repair repair;
	size_t offset; /* input bytes read */
	char chunk[CHUNK_MAX];
	struct room room;
};

static void *room_malloc(void *ctx, size_t size)
{
	struct room *room = ctx;
	size_t units = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t);
	max_align_t *piece = room->small + room->small_len;

	if (size >= ROOM_SMALL_MAX && size <= ROOM_BUFFER_MAX && room->buffers < ROOM_BUFFERS)
		return room->buffer[room->buffers++];
	if (units > ARRAY_LEN(room->small) - room->small_len)
		return NULL;
	room->small_len += units;
	return piece;
}

/* A buffer is as large as it can become from the beginning; nothing else grows. */
static void *room_realloc(void *ctx, void *piece, size_t size)
{
	struct room *room = ctx;

	if (piece == NULL)
		return room_malloc(ctx, size);
	for (size_t i = 0; i < ROOM_BUFFERS; i++) {
		if (piece == room->buffer[i] && size <= ROOM_BUFFER_MAX)
			return piece;
	}
	return NULL;
}

static void room_free(void *ctx, void *piece)
{
	(void)ctx;
	(void)piece;
}

struct json_reader *json_reader_new(const struct json_events *events, void *ctx)
{
	struct json_reader *reader = malloc(sizeof(*reader));
	yajl_alloc_funcs memory = {
		.malloc = room_malloc, .realloc = room_realloc, .free = room_free};

	if (reader == NULL)
		return NULL;
	reader->offset = 0;
	reader->room.small_len = 0;
	reader->room.buffers = 0;
	memory.ctx = &reader->room;
	reader->callbacks = (yajl_callbacks){
		.yajl_number = events->number,
		.yajl_string = events->text,
		.yajl_start_map = events->open_map,
		.yajl_map_key = events->key,
		.yajl_end_map = events->close,
		.yajl_start_array = events->open_list,
		.yajl_end_array = events->close,
	};
	repair_init(&reader->repair);
	reader->yajl = yajl_alloc(&reader->callbacks, &memory, ctx);
	if (reader->yajl == NULL) {
		free(reader);
		return NULL;
	}
	/* The repair stage lets nothing but valid UTF-8 through. */
	(void)yajl_config(reader->yajl, yajl_dont_validate_strings, 1);
	return reader;
}

/* How many of the bytes at `in` it took to write `out_len` bytes from the state `repair` on. Only
 * asked when something is wrong: byte by byte is fast enough. */
static size_t input_of_output(struct repair repair, const char *in, size_t len, size_t out_len)
{
	char out[2 * REPAIR_ROOM];
	size_t written = 0;
	size_t i = 0;

	while (i < len && written < out_len) {
		size_t more;

		if (repair_run(&repair, in + i, 1, out, sizeof(out), &more) == 0)
			break;
		written += more;
		i++;
	}
	return i;
}

static bool not_json(size_t offset, struct err *err)
{
	return err_set(err, ERR_PARSE, "the answer is not JSON at byte %zu, and cannot be repaired",
		       offset);
}

bool json_reader_feed(struct json_reader *reader, const char *bytes, size_t len, struct err *err)
{
	size_t done = 0;

	while (done < len) {
		struct repair before = reader->repair;
		size_t out_len;
		size_t taken = repair_run(&reader->repair, bytes + done, len - done, reader->chunk,
					  sizeof(reader->chunk), &out_len);
		yajl_status status =
			yajl_parse(reader->yajl, (const unsigned char *)reader->chunk, out_len);

		if (status != yajl_status_ok) {
			size_t good = yajl_get_bytes_consumed(reader->yajl);

			reader->offset += input_of_output(before, bytes + done, taken, good);
			return status == yajl_status_client_canceled
				       ? false
				       : not_json(reader->offset, err);
		}
		reader->offset += taken;
		done += taken;
		if (reader->repair.failed)
			return not_json(reader->offset, err);
	}
	return true;
}

bool json_reader_end(struct json_reader *reader, struct err *err)
{
	size_t len = repair_end(&reader->repair, reader->chunk);
	yajl_status status = yajl_parse(reader->yajl, (const unsigned char *)reader->chunk, len);

	if (status == yajl_status_ok)
		status = yajl_complete_parse(reader->yajl);
	if (status == yajl_status_ok)
		return true;
	if (status == yajl_status_client_canceled)
		return false;
	if (reader->offset == 0)
		return err_set(err, ERR_PARSE, "an empty answer instead of a uWSGI stats server's");
	return err_set(err, ERR_PARSE, "the answer is cut off after %zu bytes", reader->offset);
}

size_t json_reader_offset(const struct json_reader *reader)
{
	return reader->offset;
}

void json_reader_free(struct json_reader *reader)
{
	free(reader);
}
