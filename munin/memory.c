/* SPDX-License-Identifier: MIT */
/* memory.c - what is kept between two fetches, and its text; see memory.h. */
#include "memory.h"

#define VERSION_LINE "connledger-munin 1"

void munin_memory_init(struct munin_memory *memory)
{
	*memory = (struct munin_memory){0};
	history_init(&memory->history);
}

/* ---- queues ---------------------------------------------------------------------------------- */

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Copies printable text that fits; `words`: what may be a field's name. */
static bool take_text(char *ret, size_t size, struct str text, bool words)
{
	if (text.len == 0 || text.len >= size)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (words ? !is_word(c) && c != '_' : c < ' ' || c > '~')
			return false;
	}
	memcpy(ret, text.ptr, text.len);
	ret[text.len] = '\0';
	return true;
}

/* Two names may give one field ("/run/a.b", "/run/a-b"): the later one gets a number. */
static bool is_taken(const struct munin_memory *memory, const char *field)
{
	for (size_t i = 0; i < memory->queue_len; i++) {
		if (str_equal(str_of(memory->queue[i].field), str_of(field)))
			return true;
	}
	return false;
}

static void name_field(const struct munin_memory *memory, struct munin_queue *queue)
{
	struct str rest = str_of(queue->name);
	char field[MUNIN_QUEUE_TEXT_MAX] = "";
	const char *address = "";
	struct buf word;

	if (str_take(&rest, STR("*:")))
		address = "any_";
	else if (str_take(&rest, STR("[::]:")))
		address = "any6_";
	(void)str_take(&rest, STR("unix:"));
	while (rest.len > 0 && !is_word(*rest.ptr))
		rest = (struct str){rest.ptr + 1, rest.len - 1};
	buf_init(&word, (size_t)2 * MUNIN_QUEUE_TEXT_MAX);
	buf_addf(&word, "%s_%s", queue->kind, address);
	for (size_t i = 0; i < rest.len; i++)
		buf_add_char(&word, (char)(is_word(rest.ptr[i]) ? rest.ptr[i] : '_'));
	(void)snprintf(field, sizeof(field), "%.140s", buf_text(&word));
	for (unsigned n = 2; is_taken(memory, field); n++)
		(void)snprintf(field, sizeof(field), "%.140s_%u", buf_text(&word), n);
	buf_free(&word);
	memcpy(queue->field, field, sizeof(queue->field));
}

static struct munin_queue *find(struct munin_memory *memory, const char *kind, const char *name)
{
	for (size_t i = 0; i < memory->queue_len; i++) {
		struct munin_queue *queue = &memory->queue[i];

		if (str_equal(str_of(queue->kind), str_of(kind)) &&
		    str_equal(str_of(queue->name), str_of(name)))
			return queue;
	}
	return NULL;
}

struct taking {
	struct munin_memory *memory;
	const char *kind;
};

static void take_queue(void *ctx, const struct place *place)
{
	const struct taking *taking = ctx;
	struct munin_memory *memory = taking->memory;
	const struct backlog *backlog = place->object;
	struct munin_queue *queue;
	struct str name = str_of(backlog->name);

	if (name.len == 0)
		return;
	queue = find(memory, taking->kind, backlog->name);
	if (queue == NULL) {
		if (memory->queue_len == MUNIN_QUEUES_MAX)
			return;
		queue = &memory->queue[memory->queue_len];
		*queue = (struct munin_queue){.limit = NOT_KNOWN};
		if (!take_text(queue->kind, sizeof(queue->kind), str_of(taking->kind), true) ||
		    !take_text(queue->name, sizeof(queue->name), name, false))
			return;
		name_field(memory, queue);
		if (queue->field[0] == '\0') /* memory is out */
			return;
		memory->queue_len++;
	}
	queue->seen = memory->time;
	if (!isnan(backlog->limit))
		queue->limit = backlog->limit;
}

static void take_queues(struct munin_memory *memory, const struct scrape *scrape)
{
	struct taking taking = {.memory = memory};

	for (size_t i = 0; i < entity_all_len; i++) {
		const struct entity *entity = entity_all[i];

		if (entity->root != ROOT_LEDGER || entity->parent == NULL)
			continue;
		for (size_t k = 0; k < entity->metric_len; k++) {
			taking.kind = entity->metric[k].munin[0].field;
			if (taking.kind != NULL)
				scrape_each(scrape, entity, take_queue, &taking);
		}
	}
}

/* ---- graphs ---------------------------------------------------------------------------------- */

bool munin_memory_told(const struct munin_memory *memory, const char *graph)
{
	for (size_t i = 0; i < memory->told_len; i++) {
		if (str_equal(str_of(memory->told[i].graph), str_of(graph)))
			return true;
	}
	return false;
}

static void add_told(struct munin_memory *memory, const char *graph)
{
	struct munin_told *told = &memory->told[memory->told_len];

	for (size_t i = 0; i < memory->told_len; i++) {
		if (str_equal(str_of(memory->told[i].graph), str_of(graph))) {
			memory->told[i].seen = memory->time;
			return;
		}
	}
	if (memory->told_len == MUNIN_TOLD_MAX ||
	    !take_text(told->graph, sizeof(told->graph), str_of(graph), true))
		return;
	told->seen = memory->time;
	memory->told_len++;
}

static void take_told(void *ctx, const struct place *place)
{
	struct munin_memory *memory = ctx;

	for (size_t i = 0; i < place->entity->metric_len; i++) {
		const struct metric *metric = &place->entity->metric[i];
		struct value value;

		for (size_t k = 0; k < METRIC_MUNIN_MAX; k++) {
			if (metric->munin[k].unknown != NULL && metric->munin[k].per == NULL &&
			    metric_value(metric, place->object, &value))
				add_told(memory, metric->munin[k].graph);
		}
	}
}

static void forget(struct munin_memory *memory)
{
	size_t queues = 0;
	size_t told = 0;

	for (size_t i = 0; i < memory->queue_len; i++) {
		if (memory->time - memory->queue[i].seen <= MUNIN_QUEUE_SECONDS)
			memory->queue[queues++] = memory->queue[i];
	}
	for (size_t i = 0; i < memory->told_len; i++) {
		if (memory->time - memory->told[i].seen <= MUNIN_QUEUE_SECONDS)
			memory->told[told++] = memory->told[i];
	}
	memory->queue_len = queues;
	memory->told_len = told;
}

void munin_memory_take(struct munin_memory *memory, const struct scrape *scrape)
{
	struct buf note;

	memory->time = scrape->time;
	forget(memory);
	take_queues(memory, scrape);
	munin_counters_take(memory, scrape);
	for (size_t i = 0; i < entity_all_len; i++)
		scrape_each(scrape, entity_all[i], take_told, memory);
	buf_init(&note, MUNIN_NOTE_MAX - 1);
	munin_note_add(scrape, &note);
	(void)snprintf(memory->note, sizeof(memory->note), "%s",
		       buf_ok(&note) ? buf_text(&note) : "");
	buf_free(&note);
}

/* ---- text ------------------------------------------------------------------------------------ */

void munin_memory_encode(const struct munin_memory *memory, struct buf *out)
{
	buf_add_text(out, VERSION_LINE "\ntime ");
	buf_add_double(out, memory->time);
	buf_add_char(out, '\n');
	for (size_t i = 0; i < memory->queue_len; i++) {
		const struct munin_queue *queue = &memory->queue[i];

		buf_addf(out, "queue %s ", queue->kind);
		buf_add_double(out, queue->seen);
		buf_add_char(out, ' ');
		if (isnan(queue->limit))
			buf_add_char(out, '-');
		else
			buf_add_double(out, queue->limit);
		buf_addf(out, " %s %s\n", queue->field, queue->name);
	}
	for (size_t i = 0; i < memory->told_len; i++) {
		buf_add_text(out, "graph ");
		buf_add_double(out, memory->told[i].seen);
		buf_addf(out, " %s\n", memory->told[i].graph);
	}
	for (size_t i = 0; i < memory->counter_len; i++) {
		buf_add_text(out, "counter ");
		buf_add_double(out, memory->counter[i].seen);
		buf_add_char(out, ' ');
		buf_add_u64(out, memory->counter[i].value);
		buf_addf(out, " %s\n", memory->counter[i].name);
	}
	if (memory->note[0] != '\0')
		buf_addf(out, "note %s\n", memory->note);
	buf_add_text(out, "history\n");
	history_encode(&memory->history, out);
}

static bool parse_queue(struct munin_memory *memory, struct str rest)
{
	struct munin_queue *queue = &memory->queue[memory->queue_len];
	struct str kind = str_cut(&rest, ' ');
	struct str seen = str_cut(&rest, ' ');
	struct str limit = str_cut(&rest, ' ');
	struct str field = str_cut(&rest, ' ');

	if (memory->queue_len == MUNIN_QUEUES_MAX)
		return false;
	*queue = (struct munin_queue){.limit = NOT_KNOWN};
	if (!take_text(queue->kind, sizeof(queue->kind), kind, true) ||
	    !take_text(queue->field, sizeof(queue->field), field, true) ||
	    !take_text(queue->name, sizeof(queue->name), rest, false) ||
	    !str_to_double(seen, &queue->seen) || is_taken(memory, queue->field) ||
	    find(memory, queue->kind, queue->name) != NULL)
		return false;
	if (!str_equal(limit, STR("-")) &&
	    (!str_to_double(limit, &queue->limit) || queue->limit < 0))
		return false;
	memory->queue_len++;
	return true;
}

static bool parse_told(struct munin_memory *memory, struct str rest)
{
	struct munin_told *told = &memory->told[memory->told_len];
	struct str seen = str_cut(&rest, ' ');

	if (memory->told_len == MUNIN_TOLD_MAX || !str_to_double(seen, &told->seen) ||
	    !take_text(told->graph, sizeof(told->graph), rest, true) ||
	    munin_memory_told(memory, told->graph))
		return false;
	memory->told_len++;
	return true;
}

static bool parse_counter(struct munin_memory *memory, struct str rest)
{
	struct munin_counter *counter = &memory->counter[memory->counter_len];
	struct str seen = str_cut(&rest, ' ');
	struct str value = str_cut(&rest, ' ');

	if (memory->counter_len == MUNIN_COUNTERS_MAX)
		return false;
	*counter = (struct munin_counter){0};
	if (!str_to_double(seen, &counter->seen) || counter->seen <= 0 ||
	    !str_to_u64(value, &counter->value) ||
	    !take_text(counter->name, sizeof(counter->name), rest, false))
		return false;
	for (size_t i = 0; i < memory->counter_len; i++) {
		if (str_equal(str_of(memory->counter[i].name), rest))
			return false;
	}
	memory->counter_len++;
	return true;
}

static bool parse_lines(struct munin_memory *memory, struct str *rest)
{
	if (!str_equal(str_cut(rest, '\n'), STR(VERSION_LINE)))
		return false;
	while (rest->ptr != NULL) {
		struct str line = str_cut(rest, '\n');
		bool ok = false;

		if (str_equal(line, STR("history")))
			return true;
		if (str_take(&line, STR("time ")))
			ok = str_to_double(line, &memory->time) && memory->time >= 0;
		else if (str_take(&line, STR("queue ")))
			ok = parse_queue(memory, line);
		else if (str_take(&line, STR("graph ")))
			ok = parse_told(memory, line);
		else if (str_take(&line, STR("counter ")))
			ok = parse_counter(memory, line);
		else if (str_take(&line, STR("note ")))
			ok = take_text(memory->note, sizeof(memory->note), line, false);
		if (!ok)
			return false;
	}
	return false;
}

bool munin_memory_parse(struct munin_memory *memory, struct str text, struct err *err)
{
	struct err why = {0};

	munin_memory_init(memory);
	if (parse_lines(memory, &text) && text.ptr != NULL &&
	    history_parse(&memory->history, text, &why))
		return true;
	munin_memory_init(memory);
	return err_set(err, ERR_PARSE, "no memory of the Munin plugin%s%s",
		       why.text[0] == '\0' ? "" : ": ", why.text);
}
