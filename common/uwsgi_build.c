/* SPDX-License-Identifier: MIT */
/*
 * uwsgi_build.c - fills the model from the events of a stats server's JSON. Which key goes into
 * which field stands in the metric table; here is only how objects nest, and what tells an
 * application server from an emperor and a router:
 *
 *     { "version":"2.0.21", "listen_queue":0, ..., "sockets":[{...}], "workers":[{...
 *         "cores":[{"id":0, ..., "in_request":1, "vars":["REQUEST_METHOD=GET", ...],
 *                   "req_info":{"request_start":1795338820}}]}] }
 */
#include "uwsgi_build.h"

#include "uwsgi.h"

static bool out_of_room(struct uwsgi_builder *b)
{
	if (b->stats->arena.no_memory)
		return err_set(&b->err, ERR_MEMORY, "out of memory");
	return err_set(&b->err, ERR_TOO_LARGE,
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

static bool store_text(struct uwsgi_builder *b, char *field, struct str text)
{
	const char *copy = arena_text(&b->stats->arena, text);

	if (copy == NULL)
		return out_of_room(b);
	memcpy(field, &copy, sizeof(copy));
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
static char *add_object(struct uwsgi_builder *b, const struct frame *top)
{
	char *object = list_add(top->list, &b->stats->arena, top->set->entity->size);

	if (object == NULL) {
		out_of_room(b);
		return NULL;
	}
	if (top->set->has_text)
		entity_blank(top->set->entity, object);
	if (top->set->name != NULL)
		memcpy(object + top->set->name->offset, &top->name, sizeof(top->name));
	if (top->set->number != NULL) {
		uint64_t number = top->list->len - 1;

		memcpy(object + top->set->number->offset, &number, sizeof(number));
	}
	return object;
}

/* A frame that holds objects of `set`. NULL when the answer nests deeper than any uWSGI's. */
static struct frame *push(struct uwsgi_builder *b, enum frame_kind kind, struct slot_set *set)
{
	struct frame *frame = b->top == NULL ? b->frame : b->top + 1;

	if (frame == b->frame + UWSGI_FRAME_MAX) {
		err_set(&b->err, ERR_PARSE, "the answer is nested too deep");
		return NULL;
	}
	frame->kind = kind;
	frame->set = set;
	frame->slot = NULL;
	b->top = frame;
	return frame;
}

static bool push_object(struct uwsgi_builder *b, struct slot_set *set, char *object)
{
	struct frame *frame = object == NULL ? NULL : push(b, FRAME_OBJECT, set);

	if (frame == NULL)
		return false;
	frame->object = object;
	return true;
}

static bool push_list(struct uwsgi_builder *b, enum frame_kind kind, struct slot_set *set,
		      struct list *list)
{
	struct frame *frame = push(b, kind, set);

	if (frame == NULL)
		return false;
	frame->list = list;
	return true;
}

/* The bracket and all in it have no meaning. */
static bool pass_over(struct uwsgi_builder *b)
{
	b->passed = 1;
	return true;
}

/* A bracket behind a key of `top` that has a meaning. */
static bool open_child(struct uwsgi_builder *b, struct frame *top, struct slot_set *set, bool array)
{
	struct list *list = (struct list *)(void *)(top->object + set->entity->list);

	switch (set->entity->shape) {
	case SHAPE_OBJECT:
		return array ? pass_over(b) : push_object(b, set, top->object);
	case SHAPE_LIST:
		return array ? push_list(b, FRAME_LIST, set, list) : pass_over(b);
	case SHAPE_PAIRS:
		return array ? push_list(b, FRAME_PAIRS, set, list) : pass_over(b);
	case SHAPE_MAP:
		return array ? pass_over(b) : push_list(b, FRAME_MAP, set, list);
	case SHAPE_NONE:
		break;
	}
	return pass_over(b);
}

/* "vars":["REQUEST_METHOD=GET",...], which may hold secrets: nothing of them is kept but the
 * client's address and port. */
static bool open_vars(struct uwsgi_builder *b, const struct frame *top)
{
	char *client = top->object + top->slot->offset;
	struct frame *frame = push(b, FRAME_VARS, top->set);

	if (frame == NULL)
		return false;
	frame->object = client;
	return true;
}

static void take_var(struct endpoint *client, struct str var)
{
	uint64_t port;

	if (str_take(&var, STR("REMOTE_PORT="))) {
		if (str_to_u64(var, &port) && port <= UINT16_MAX)
			client->port = (uint16_t)port;
	} else if (str_take(&var, STR("REMOTE_ADDR="))) {
		uint16_t told = client->port;

		if (endpoint_parse_address(client, var))
			client->port = told;
	}
}

static bool open_in_object(struct uwsgi_builder *b, struct frame *top, bool array)
{
	if (top->slot != NULL && top->slot->type == FIELD_CLIENT && array)
		return open_vars(b, top);
	if (top->slot != NULL && top->slot->kind == SLOT_CHILD)
		return open_child(b, top, top->slot->child, array);
	if (top == b->frame && array && b->router != NULL) {
		b->stats->kind = UWSGI_ROUTER;
		b->stats->router = b->router;
		b->known = true;
	}
	return pass_over(b);
}

static bool open_root(struct uwsgi_builder *b, bool array)
{
	if (array)
		return err_set(&b->err, ERR_PARSE,
			       "a JSON list instead of a uWSGI stats server's answer");
	return push_object(b, b->root, (char *)b->stats);
}

static bool open_any(struct uwsgi_builder *b, bool array)
{
	struct frame *top = b->top;

	if (b->passed > 0) {
		b->passed++;
		return true;
	}
	if (top == NULL)
		return open_root(b, array);
	if (top->kind == FRAME_OBJECT)
		return open_in_object(b, top, array);
	if (array || top->kind == FRAME_PAIR || top->kind == FRAME_VARS)
		return pass_over(b);
	if (top->kind == FRAME_MAP && top->name == NULL)
		return pass_over(b);
	if (top->kind == FRAME_PAIRS)
		return push_list(b, FRAME_PAIR, top->set, top->list);
	return push_object(b, top->set, add_object(b, top));
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
	struct uwsgi_builder *b = ctx;

	if (b->passed > 0)
		b->passed--;
	else
		b->top = b->top == b->frame ? NULL : b->top - 1;
	return true;
}

/* Keys of the root that say what kind of server this is. */
static void look_at_root_key(struct uwsgi_builder *b, struct str key)
{
	static const char *const router[] = {"http", "fastrouter", "rawrouter", "sslrouter"};

	b->router = NULL;
	for (size_t i = 0; i < ARRAY_LEN(router); i++) {
		if (str_equal(key, str_of(router[i])))
			b->router = router[i];
	}
	if (str_equal(key, STR("vassals"))) {
		b->stats->kind = UWSGI_EMPEROR;
		b->known = true;
	} else if (str_equal(key, STR("workers")) || str_equal(key, STR("listen_queue"))) {
		b->known = true;
	}
}

/* metrics{} repeats the numbers of each core ("worker.1.core.5.requests") that stand in cores[]
 * too: thousands of them on a large server, which nobody has asked for. */
static bool repeats_core(struct str name)
{
	uint64_t worker;

	return str_take(&name, STR("worker.")) && str_take_u64(&name, &worker) &&
	       str_starts(name, STR(".core."));
}

static int on_key(void *ctx, const unsigned char *bytes, size_t len)
{
	struct uwsgi_builder *b = ctx;
	struct frame *top = b->top;
	struct str key = {(const char *)bytes, len};

	if (b->passed > 0 || top == NULL)
		return true;
	if (top->kind == FRAME_OBJECT) {
		top->slot = slot_find(top->set, key);
		if (top == b->frame)
			look_at_root_key(b, key);
		return true;
	}
	top->name = NULL;
	if (top->kind == FRAME_MAP && repeats_core(key))
		return true;
	top->name = arena_text(&b->stats->arena, key);
	return top->name != NULL || out_of_room(b);
}

static int on_number(void *ctx, const char *bytes, size_t len)
{
	struct uwsgi_builder *b = ctx;
	const struct frame *top = b->top;
	struct str digits = {bytes, len};

	if (b->passed > 0 || top == NULL)
		return true;
	if (top->kind == FRAME_OBJECT) {
		const struct slot *slot = top->slot;

		return slot == NULL || slot->kind != SLOT_FIELD ||
		       store_number(top->object + slot->offset, slot->type, digits);
	}
	if (top->kind == FRAME_PAIR) {
		const struct metric *metric = &top->set->entity->metric[0];
		char *object = add_object(b, top);

		return object != NULL &&
		       store_number(object + metric->offset, metric->type, digits);
	}
	return true;
}

static int on_text(void *ctx, const unsigned char *bytes, size_t len)
{
	struct uwsgi_builder *b = ctx;
	const struct frame *top = b->top;
	struct str text = {(const char *)bytes, len};

	if (b->passed > 0 || top == NULL)
		return true;
	if (top->kind == FRAME_VARS)
		take_var((struct endpoint *)(void *)top->object, text);
	if (top->kind != FRAME_OBJECT || top->slot == NULL)
		return true;
	if (top->slot->kind == SLOT_FIELD && top->slot->type == FIELD_TEXT)
		return store_text(b, top->object + top->slot->offset, text);
	if (top->slot->kind == SLOT_STATUS)
		store_status((struct uwsgi_worker *)(void *)top->object, text);
	return true;
}

const struct json_events uwsgi_build_events = {
	.open_map = on_open_map,
	.open_list = on_open_list,
	.close = on_close,
	.key = on_key,
	.number = on_number,
	.text = on_text,
};

bool uwsgi_builder_init(struct uwsgi_builder *builder, struct uwsgi_stats *stats)
{
	*builder = (struct uwsgi_builder){.stats = stats};
	builder->sets = slot_sets_new(&builder->root);
	return builder->sets != NULL;
}

void uwsgi_builder_free(struct uwsgi_builder *builder)
{
	free(builder->sets);
	builder->sets = NULL;
}
