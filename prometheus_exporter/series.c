/* SPDX-License-Identifier: MIT */
/* series.c - the objects of an entity, none of them twice; see series.h. */
#include "series.h"

enum { FIRST_CAP = 16 };

void prom_series_init(struct prom_series *series)
{
	*series = (struct prom_series){0};
	buf_init(&series->labels, PROM_LABELS_BYTES_MAX);
}

void prom_series_free(struct prom_series *series)
{
	buf_free(&series->labels);
	free(series->object);
	free(series->slot);
	prom_series_init(series);
}

struct str prom_series_labels(const struct prom_series *series, const struct prom_object *object)
{
	return (struct str){buf_text(&series->labels) + object->labels, object->labels_len};
}

/* FNV-1a, 32 bits. */
static uint32_t hash_of(struct str s)
{
	uint32_t hash = 2166136261U;

	for (size_t i = 0; i < s.len; i++)
		hash = (hash ^ (unsigned char)s.ptr[i]) * 16777619U;
	return hash;
}

/* The slot that holds these labels, or the free one that would. */
static uint32_t *slot_of(const struct prom_series *series, struct str labels, uint32_t hash)
{
	size_t at = hash & (series->slot_len - 1);

	while (series->slot[at] != 0) {
		const struct prom_object *object = &series->object[series->slot[at] - 1];

		if (object->hash == hash && str_equal(prom_series_labels(series, object), labels))
			break;
		at = (at + 1) & (series->slot_len - 1);
	}
	return &series->slot[at];
}

static bool out_of_memory(void)
{
	err_own_note(ERR_MEMORY);
	return false;
}

/* Room for one more object, and a hash table that is at most half full with it. */
static bool reserve(struct prom_series *series)
{
	size_t cap = series->cap == 0 ? FIRST_CAP : series->cap * 2;
	struct prom_object *object;
	uint32_t *slot;

	if (series->len < series->cap)
		return true;
	if (cap > UINT32_MAX / 2)
		return false;
	object = realloc(series->object, cap * sizeof(*object));
	if (object == NULL)
		return out_of_memory();
	series->object = object;
	slot = calloc(cap * 2, sizeof(*slot));
	if (slot == NULL)
		return out_of_memory();
	free(series->slot);
	series->slot = slot;
	series->slot_len = cap * 2;
	series->cap = cap;
	for (size_t i = 0; i < series->len; i++)
		*slot_of(series, prom_series_labels(series, &object[i]), object[i].hash) =
			(uint32_t)i + 1;
	return true;
}

struct collecting {
	struct prom_series *series;
	const struct scrape *scrape;
	struct prom_view view;
	bool failed;
};

static void take_object(void *ctx, const struct place *place)
{
	struct collecting *collecting = ctx;
	struct prom_series *series = collecting->series;
	struct prom_object object = {.object = place->object, .labels = series->labels.len};
	struct str labels;
	uint32_t *slot;

	if (collecting->failed || !reserve(series)) {
		collecting->failed = true;
		return;
	}
	prom_add_place(&series->labels, place, collecting->scrape, &collecting->view);
	object.labels_len = series->labels.len - object.labels;
	labels = prom_series_labels(series, &object);
	object.hash = hash_of(labels);
	slot = slot_of(series, labels, object.hash);
	if (*slot != 0)
		return;
	series->object[series->len++] = object;
	*slot = (uint32_t)series->len;
}

static void clear(struct prom_series *series)
{
	series->len = 0;
	if (series->slot != NULL)
		memset(series->slot, 0, series->slot_len * sizeof(*series->slot));
	buf_clear(&series->labels);
}

bool prom_series_collect(struct prom_series *series, const struct entity *entity,
			 const struct prom_scene *scene,
			 void (*label)(struct buf *labels, size_t start, const char *name,
				       struct str value))
{
	struct collecting collecting = {
		.series = series,
		.view = prom_view_of(entity, scene->scrape, scene->scrape_len, scene->options),
	};

	clear(series);
	collecting.view.add = label;
	for (size_t i = 0; i < scene->scrape_len; i++) {
		collecting.scrape = &scene->scrape[i];
		if (scene->site_label != NULL)
			collecting.view.site_label = &scene->site_label[i];
		scrape_each(&scene->scrape[i], entity, take_object, &collecting);
	}
	return !collecting.failed && buf_ok(&series->labels);
}

bool prom_series_collect_one(struct prom_series *series, const struct entity *entity,
			     const void *object, const struct prom_options *options,
			     void (*label)(struct buf *labels, size_t start, const char *name,
					   struct str value))
{
	const struct place place = {.entity = entity, .object = object};
	struct collecting collecting = {
		.series = series,
		.view = {.options = options, .add = label},
	};

	clear(series);
	take_object(&collecting, &place);
	return !collecting.failed && buf_ok(&series->labels);
}
