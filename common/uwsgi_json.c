/* SPDX-License-Identifier: MIT */
/* uwsgi_json.c - repaired bytes through yajl; see uwsgi_json.h. */
#include "uwsgi_json.h"

#include <yajl/yajl_parse.h>

#include "uwsgi_repair.h"

enum { CHUNK_MAX = 16 * 1024 };

struct json_reader {
	yajl_callbacks callbacks;
	yajl_handle yajl;
	struct repair repair;
	size_t offset; /* input bytes read */
	char chunk[CHUNK_MAX];
};

struct json_reader *json_reader_new(const struct json_events *events, void *ctx)
{
	struct json_reader *reader = calloc(1, sizeof(*reader));

	if (reader == NULL)
		return NULL;
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
	reader->yajl = yajl_alloc(&reader->callbacks, NULL, ctx);
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
	if (reader == NULL)
		return;
	yajl_free(reader->yajl);
	free(reader);
}
