/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a stats server's answer, cut into two pieces where the first byte says: the result must
 * not depend on the cut, and every object of the model must be readable.
 */
#include "scrape.h"
#include "uwsgi.h"

static bool parse(struct uwsgi_stats *stats, struct str text, size_t cut, struct err *err)
{
	struct uwsgi_parser *parser = uwsgi_parser_new(stats);
	bool ok;

	if (parser == NULL)
		abort();
	uwsgi_parser_feed(parser, text.ptr, cut);
	uwsgi_parser_feed(parser, text.ptr + cut, text.len - cut);
	ok = uwsgi_parser_end(parser, err);
	uwsgi_parser_free(parser);
	return ok;
}

static void print_object(void *ctx, const struct place *place)
{
	for (size_t i = 0; i < place->entity->metric_len; i++) {
		struct value value;

		if (metric_value(&place->entity->metric[i], place->object, &value))
			value_print(value, ctx);
	}
	for (size_t i = 0; i < place->entity->label_len; i++) {
		const struct label *label = &place->entity->label[i];
		const char *text;

		if (label->type != FIELD_TEXT)
			continue;
		memcpy(&text, (const char *)place->object + label->offset, sizeof(text));
		if (text == NULL)
			abort();
		buf_add_text(ctx, text);
	}
}

static void print(struct uwsgi_stats *stats, struct buf *out)
{
	struct uwsgi_scrape server = {.probe = {.asked = true, .up = true}, .stats = *stats};
	struct scrape scrape = {.uwsgi = &server, .uwsgi_len = 1};

	scrape_add_up(&scrape);
	for (size_t i = 0; i < entity_all_len; i++)
		scrape_each(&scrape, entity_all[i], print_object, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data + 1, size - 1};
	struct uwsgi_stats stats[2];
	struct err err[2] = {{0}};
	struct buf out[2];
	bool ok[2];

	if (size == 0)
		return 0;
	for (size_t i = 0; i < 2; i++) {
		buf_init(&out[i], SIZE_MAX / 4);
		ok[i] = parse(&stats[i], text, i == 0 ? 0 : data[0] % (text.len + 1), &err[i]);
		print(&stats[i], &out[i]);
	}
	if (ok[0] != ok[1] || !str_equal(buf_str(&out[0]), buf_str(&out[1])))
		abort();
	for (size_t i = 0; i < 2; i++) {
		uwsgi_stats_free(&stats[i]);
		buf_free(&out[i]);
	}
	return 0;
}
