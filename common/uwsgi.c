/* SPDX-License-Identifier: MIT */
/*
 * uwsgi.c - fills the model from the events of a stats server's JSON. Which key goes into which
 * field stands in the metric table; here is only how objects nest, and what tells an application
 * server from an emperor and a router:
 *
 *     { "version":"2.0.21", "listen_queue":0, ..., "sockets":[{...}], "workers":[{...
 *         "cores":[{"id":0, ..., "in_request":1, "vars":["REQUEST_METHOD=GET", ...],
 *                   "req_info":{"request_start":1795338820}}]}] }
 */
#include "uwsgi.h"

#include "metric.h"
#include "uwsgi_fold.h"
#include "uwsgi_json.h"
#include "uwsgi_slot.h"

enum { FRAME_MAX = 16 };

enum frame_kind {
	FRAME_OBJECT, /* fields of `object` */
	FRAME_LIST,   /* objects to be added to `list` */
	FRAME_MAP,    /* the same, by name */
	FRAME_PAIRS,  /* objects of one pair each */
	FRAME_PAIR,   /* one of these: key into the name, number into the first metric */
};

struct frame {
	enum frame_kind kind;
	struct slot_set *set;
	char *object;
	struct list *list;
	const struct slot *slot; /* FRAME_OBJECT: what the last key means */
	struct str name;         /* FRAME_MAP, FRAME_PAIR: the last key, in the arena */
};

struct uwsgi_parser {
	struct uwsgi_stats *stats;
	struct json_reader *reader;
	struct slot_set *sets;
	struct slot_set *root;
	size_t depth;      /* frames in use */
	size_t passed;     /* brackets open inside something without meaning; 0: none */
	struct str router; /* the root key just read, if it is a router's list of addresses */
	bool known;        /* a key was seen that only a stats server has */
	bool begun;        /* the first bytes were looked at */
	struct err err;
	struct frame frame[FRAME_MAX];
};

static bool out_of_room(struct uwsgi_parser *p)
{
	return err_set(&p->err, ERR_TOO_LARGE,
		       "the answer describes more than fits in %d MiB of memory",
		       UWSGI_MODEL_BYTES_MAX / 1024 / 1024);
}

/* uWSGI's unsigned fields are printed signed here and there: a process that does not exist is -1.
 * False for what is no 64 bit integer. */
static bool store_number(char *field, enum field_type type, struct str digits)
{
	if (type == FIELD_U64) {
		uint64_t value = 0;

		if (!str_to_u64(digits, &value) && !str_starts(digits, STR("-")))
			return false;
		memcpy(field, &value, sizeof(value));
	} else if (type == FIELD_I64) {
		int64_t value = 0;

		if (!str_to_i64(digits, &value))
			return false;
		memcpy(field, &value, sizeof(value));
	}
	return true;
}

static bool store_text(struct uwsgi_parser *p, char *object, size_t offset, struct str text)
{
	const char *copy = arena_text(&p->stats->arena, text);

	if (copy == NULL)
		return out_of_room(p);
	memcpy(object + offset, &copy, sizeof(copy));
	return true;
}

/* "busy", or "sig7" for a worker that handles signal 7. A word that no known uWSGI prints cannot be
 * a worker that is free. */
static void store_status(struct uwsgi_worker *worker, struct str text)
{
	worker->status = WORKER_PAUSE;
	for (unsigned i = 0; worker_status_name[i] != NULL; i++) {
		if (str_equal(text, str_of(worker_status_name[i])))
			worker->status = i;
	}
	if (str_take(&text, STR("sig"))) {
		worker->status = WORKER_SIG;
		if (!str_to_u64(text, &worker->status_signal))
			worker->status_signal = 0;
	}
}

/* Adds an object to the list of `top`, named or numbered where the entity wants it. */
static char *add_object(struct uwsgi_parser *p, struct frame *top)
{
	char *object = list_add(top->list, &p->stats->arena, top->set->entity->size);

	if (object == NULL) {
		out_of_room(p);
		return NULL;
	}
	if (top->set->name != NULL)
		memcpy(object + top->set->name->offset, &top->name.ptr, sizeof(top->name.ptr));
	if (top->set->number != NULL) {
		uint64_t number = top->list->len - 1;

		memcpy(object + top->set->number->offset, &number, sizeof(number));
	}
	return object;
}

static bool push(struct uwsgi_parser *p, struct frame frame)
{
	if (p->depth == FRAME_MAX)
		return err_set(&p->err, ERR_PARSE, "the answer is nested too deep");
	p->frame[p->depth++] = frame;
	return true;
}

/* A bracket behind a key that has a meaning. */
static bool open_child(struct uwsgi_parser *p, struct frame *top, struct slot_set *set, bool array)
{
	const struct entity *entity = set->entity;
	struct frame frame = {.set = set, .object = top->object};

	if (entity->shape == SHAPE_OBJECT && !array)
		return push(p, frame);
	frame.list = (struct list *)(void *)(top->object + entity->list);
	if (entity->shape == SHAPE_LIST && array)
		frame.kind = FRAME_LIST;
	else if (entity->shape == SHAPE_PAIRS && array)
		frame.kind = FRAME_PAIRS;
	else if (entity->shape == SHAPE_MAP && !array)
		frame.kind = FRAME_MAP;
	else {
		p->passed = 1;
		return true;
	}
	return push(p, frame);
}

static bool open_in_object(struct uwsgi_parser *p, struct frame *top, bool array)
{
	if (top->slot != NULL && top->slot->kind == SLOT_CHILD)
		return open_child(p, top, top->slot->child, array);
	if (p->depth == 1 && array && p->router.len > 0) {
		p->stats->kind = UWSGI_ROUTER;
		p->stats->router = p->router.ptr;
		p->known = true;
	}
	p->passed = 1;
	return true;
}

static bool open_any(struct uwsgi_parser *p, bool array)
{
	struct frame *top = p->depth > 0 ? &p->frame[p->depth - 1] : NULL;

	if (p->passed > 0) {
		p->passed++;
		return true;
	}
	if (top == NULL) {
		if (array)
			return err_set(&p->err, ERR_PARSE,
				       "a JSON list instead of a uWSGI stats "
				       "server's answer");
		return push(p, (struct frame){.set = p->root, .object = (char *)p->stats});
	}
	if (top->kind == FRAME_OBJECT)
		return open_in_object(p, top, array);
	if (array || top->kind == FRAME_PAIR) {
		p->passed = 1;
		return true;
	}
	if (top->kind == FRAME_PAIRS)
		return push(p,
			    (struct frame){.kind = FRAME_PAIR, .set = top->set, .list = top->list});
	char *object = add_object(p, top);

	return object != NULL && push(p, (struct frame){.set = top->set, .object = object});
}

static int on_open_map(void *ctx)
{
	return open_any(ctx, false);
}

static int on_open_list(void *ctx)
{
	return open_any(ctx, true);
}

static int on_close(void *ctx)
{
	struct uwsgi_parser *p = ctx;

	if (p->passed > 0)
		p->passed--;
	else
		p->depth--;
	return true;
}

/* Keys of the root that say what kind of server this is. */
static void look_at_root_key(struct uwsgi_parser *p, struct str key)
{
	static const char *const router[] = {"http", "fastrouter", "rawrouter", "sslrouter"};

	p->router = (struct str){NULL, 0};
	for (size_t i = 0; i < ARRAY_LEN(router); i++) {
		if (str_equal(key, str_of(router[i])))
			p->router = str_of(router[i]);
	}
	if (str_equal(key, STR("vassals"))) {
		p->stats->kind = UWSGI_EMPEROR;
		p->known = true;
	} else if (str_equal(key, STR("workers")) || str_equal(key, STR("listen_queue"))) {
		p->known = true;
	}
}

static int on_key(void *ctx, const unsigned char *bytes, size_t len)
{
	struct uwsgi_parser *p = ctx;
	struct str key = {(const char *)bytes, len};
	struct frame *top;

	if (p->passed > 0 || p->depth == 0)
		return true;
	top = &p->frame[p->depth - 1];
	if (top->kind == FRAME_OBJECT) {
		top->slot = slot_find(top->set, key);
		if (p->depth == 1)
			look_at_root_key(p, key);
		return true;
	}
	top->name.ptr = arena_text(&p->stats->arena, key);
	return top->name.ptr != NULL || out_of_room(p);
}

static int on_number(void *ctx, const char *bytes, size_t len)
{
	struct uwsgi_parser *p = ctx;
	struct str digits = {bytes, len};
	struct frame *top;

	if (p->passed > 0 || p->depth == 0)
		return true;
	top = &p->frame[p->depth - 1];
	if (top->kind == FRAME_PAIR) {
		const struct metric *metric = &top->set->entity->metric[0];
		char *object = add_object(p, top);

		return object != NULL &&
		       store_number(object + metric->offset, metric->type, digits);
	}
	if (top->kind != FRAME_OBJECT || top->slot == NULL)
		return true;
	if (top->slot->kind == SLOT_METRIC)
		return store_number(top->object + top->slot->metric->offset,
				    top->slot->metric->type, digits);
	if (top->slot->kind == SLOT_LABEL)
		return store_number(top->object + top->slot->label->offset, top->slot->label->type,
				    digits);
	return true;
}

static int on_text(void *ctx, const unsigned char *bytes, size_t len)
{
	struct uwsgi_parser *p = ctx;
	struct str text = {(const char *)bytes, len};
	struct frame *top;

	if (p->passed > 0 || p->depth == 0)
		return true;
	top = &p->frame[p->depth - 1];
	if (top->kind != FRAME_OBJECT || top->slot == NULL)
		return true;
	if (top->slot->kind == SLOT_LABEL && top->slot->label->type == FIELD_TEXT)
		return store_text(p, top->object, top->slot->label->offset, text);
	if (top->slot->kind == SLOT_METRIC && top->slot->metric->kind == METRIC_STATE)
		store_status((struct uwsgi_worker *)(void *)top->object, text);
	return true;
}

static const struct json_events events = {
	.open_map = on_open_map,
	.open_list = on_open_list,
	.close = on_close,
	.key = on_key,
	.number = on_number,
	.text = on_text,
};

struct uwsgi_parser *uwsgi_parser_new(struct uwsgi_stats *stats)
{
	struct uwsgi_parser *p = calloc(1, sizeof(*p));

	*stats = (struct uwsgi_stats){0};
	arena_init(&stats->arena, UWSGI_MODEL_BYTES_MAX);
	if (p == NULL)
		return NULL;
	p->stats = stats;
	p->sets = slot_sets_new(&p->root);
	p->reader = json_reader_new(&events, p);
	if (p->sets == NULL || p->reader == NULL) {
		uwsgi_parser_free(p);
		return NULL;
	}
	return p;
}

/* Other pages that people point at by mistake have a first byte of their own. */
static void look_at_first_bytes(struct uwsgi_parser *p, struct str bytes)
{
	bytes = str_trim(bytes);
	if (bytes.len == 0)
		return;
	p->begun = true;
	if (bytes.ptr[0] == '<')
		err_set(&p->err, ERR_PARSE,
			"an HTML page instead of a uWSGI stats server's answer");
	else if (str_starts(bytes, STR("Active connections:")))
		err_set(&p->err, ERR_PARSE,
			"an nginx stub_status page instead of a uWSGI stats server's answer");
	else if (bytes.ptr[0] != '{' && bytes.ptr[0] != '"' && bytes.ptr[0] != '[')
		err_set(&p->err, ERR_PARSE, "no JSON: is this a uWSGI stats server?");
}

void uwsgi_parser_feed(struct uwsgi_parser *parser, const char *bytes, size_t len)
{
	if (!parser->begun)
		look_at_first_bytes(parser, (struct str){bytes, len});
	if (parser->err.kind != ERR_NONE)
		return;
	if (!json_reader_feed(parser->reader, bytes, len, &parser->err))
		err_set(&parser->err, ERR_PARSE, "the number at byte %zu is no 64 bit integer",
			json_reader_offset(parser->reader));
}

bool uwsgi_parser_end(struct uwsgi_parser *parser, struct err *err)
{
	struct err *own = &parser->err;

	if (own->kind == ERR_NONE && json_reader_end(parser->reader, own) && !parser->known)
		err_set(own, ERR_PARSE, "JSON, but not a uWSGI stats server's answer");
	if (own->kind == ERR_NONE && !uwsgi_fold(parser->stats))
		err_set(own, ERR_MEMORY, "out of memory");
	if (own->kind == ERR_NONE)
		return true;
	uwsgi_stats_free(parser->stats);
	return err_set(err, own->kind, "%s", own->text);
}

void uwsgi_parser_free(struct uwsgi_parser *parser)
{
	if (parser == NULL)
		return;
	json_reader_free(parser->reader);
	free(parser->sets);
	free(parser);
}

bool uwsgi_parse(struct uwsgi_stats *stats, struct str text, struct err *err)
{
	struct uwsgi_parser *parser = uwsgi_parser_new(stats);
	bool ok;

	if (parser == NULL)
		return err_set(err, ERR_MEMORY, "out of memory");
	if (text.len > 0)
		uwsgi_parser_feed(parser, text.ptr, text.len);
	ok = uwsgi_parser_end(parser, err);
	uwsgi_parser_free(parser);
	return ok;
}

void uwsgi_stats_free(struct uwsgi_stats *stats)
{
	arena_free(&stats->arena);
	*stats = (struct uwsgi_stats){0};
}
