/* SPDX-License-Identifier: MIT */
/* families.c - families, their objects and values; see families.h. */
#include "families.h"

#include "self_table.h"
#include "series.h"

#define TOTAL_SUFFIX "_total"

struct walk {
	const struct prom_printer *printer;
	void *ctx;
	const struct prom_scene *scene;
	struct self_snapshot self;
	struct prom_series series; /* of the entity that is being shown */
	size_t room;               /* series that there is room for still */
	bool full;                 /* something was left out: so is all that follows */
	bool ok;
};

/* A family on its way. */
struct passage {
	struct prom_family family;
	bool begun;
};

/* Where an entity comes, lowest first. */
enum rank {
	RANK_UP,
	RANK_NGINX,
	RANK_LEDGER,
	RANK_SERVER,
	RANK_SELF,
	RANK_PART,
	RANK_DETAIL,
	RANK_MAX,
};

static enum rank rank_of(const struct entity *entity)
{
	if (entity->detail)
		return RANK_DETAIL;
	switch (entity->root) {
	case ROOT_NGINX_PROBE:
	case ROOT_UWSGI_PROBE:
		return RANK_UP;
	case ROOT_NGINX:
	case ROOT_UWSGI_SITE:
	case ROOT_TOTALS:
		return RANK_NGINX;
	case ROOT_LEDGER:
	case ROOT_SCRAPE:
		return RANK_LEDGER;
	case ROOT_UWSGI:
		break;
	}
	return entity->parent == NULL ? RANK_SERVER : RANK_PART;
}

static bool ends_in_unit(struct str name, const char *unit)
{
	size_t len = strlen(unit);

	return len > 0 && name.len > len && name.ptr[name.len - len - 1] == '_' &&
	       str_ends(name, str_of(unit));
}

static struct prom_family family_of(const struct metric *metric, const struct prom_options *options)
{
	const struct metric_prom *prom = &metric->prom;
	bool is_strict = options->strict && prom->strict != NULL;
	bool is_gauge = metric->kind != METRIC_COUNTER || (prom->gauge && !options->strict);
	struct prom_family family = {
		.name = is_strict ? prom->strict : prom->name,
		.type = is_gauge ? PROM_GAUGE : PROM_COUNTER,
		.help = prom->help != NULL ? prom->help : metric->help,
	};

	family.base = str_of(family.name);
	if (!is_gauge && str_ends(family.base, STR(TOTAL_SUFFIX)))
		family.base.len -= strlen(TOTAL_SUFFIX);
	if (ends_in_unit(family.base, metric->unit))
		family.unit = metric->unit;
	return family;
}

/* How many rows from `metric` on are one family: they have the same name. */
static size_t family_len(const struct metric *metric, size_t metric_len)
{
	size_t len = 1;

	while (len < metric_len && metric[len].prom.name != NULL &&
	       strcmp(metric[len].prom.name, metric->prom.name) == 0)
		len++;
	return len;
}

/* Whether there is room for `len` series, which belong together. */
static bool admit(struct walk *walk, size_t len)
{
	walk->full = walk->full || walk->room < len;
	if (walk->full)
		walk->self.left_out += len;
	else
		walk->room -= len;
	return !walk->full;
}

static void show(struct walk *walk, struct passage *passage, const struct prom_sample *sample)
{
	if (!passage->begun)
		walk->printer->begin(walk->ctx, &passage->family);
	passage->begun = true;
	walk->printer->sample(walk->ctx, &passage->family, sample);
}

/* One series for each word, 1 for the state that holds. */
static void show_states(struct walk *walk, struct passage *passage, const struct metric *metric,
			struct prom_sample *sample)
{
	uint64_t state = sample->value.u64;
	unsigned len = 0;

	while (metric->names[len] != NULL)
		len++;
	if (!admit(walk, len))
		return;
	sample->label = metric->prom.label;
	for (unsigned i = 0; i < len; i++) {
		sample->word = metric->names[i];
		sample->value.u64 = state == i ? 1 : 0;
		show(walk, passage, sample);
	}
}

static double since_of(const struct entity *entity, const void *object)
{
	double since = 0;

	if (entity->since > 0)
		memcpy(&since, (const char *)object + entity->since, sizeof(since));
	return since;
}

static void show_row(struct walk *walk, struct passage *passage, const struct entity *entity,
		     const struct metric *metric, const struct prom_object *object)
{
	struct prom_sample sample = {.labels = prom_series_labels(&walk->series, object)};

	if (!metric_value(metric, object->object, &sample.value))
		return;
	if (metric->kind == METRIC_STATE) {
		show_states(walk, passage, metric, &sample);
		return;
	}
	if (!admit(walk, 1))
		return;
	/* Numbers that need no scaling stay as they came, without a detour through a double. */
	if (metric->scale > 0)
		sample.value = (struct value){.type = FIELD_DOUBLE,
					      .real = metric_scaled(metric, sample.value)};
	if (metric->prom.word != NULL) {
		sample.label = metric->prom.label;
		sample.word = metric->prom.word;
	}
	sample.since = since_of(entity, object->object);
	show(walk, passage, &sample);
}

static void show_family(struct walk *walk, const struct entity *entity, const struct metric *metric,
			size_t len)
{
	struct passage passage = {.family = family_of(metric, walk->scene->options)};

	for (size_t i = 0; i < walk->series.len; i++) {
		for (size_t k = 0; k < len; k++)
			show_row(walk, &passage, entity, &metric[k], &walk->series.object[i]);
	}
	if (passage.begun && walk->printer->end != NULL)
		walk->printer->end(walk->ctx, &passage.family);
}

/* All families of the objects that have been collected. */
static void show_families(struct walk *walk, const struct entity *entity)
{
	size_t i = 0;

	while (i < entity->metric_len) {
		const struct metric *metric = &entity->metric[i];
		size_t len = 1;

		if (metric->prom.name != NULL) {
			len = family_len(metric, entity->metric_len - i);
			show_family(walk, entity, metric, len);
		}
		i += len;
	}
}

static bool is_shown(const struct entity *entity, const struct prom_options *options)
{
	if (entity->detail && !options->cores)
		return false;
	for (size_t i = 0; i < entity->metric_len; i++) {
		if (entity->metric[i].prom.name != NULL)
			return true;
	}
	return false;
}

static void show_collected(struct walk *walk, const struct entity *entity, bool is_whole)
{
	walk->ok = walk->ok && is_whole;
	show_families(walk, entity);
}

static void show_entity(struct walk *walk, const struct entity *entity)
{
	if (is_shown(entity, walk->scene->options))
		show_collected(walk, entity,
			       prom_series_collect(&walk->series, entity, walk->scene,
						   walk->printer->label));
}

static void show_self(struct walk *walk, const struct entity *entity)
{
	show_collected(walk, entity,
		       prom_series_collect_one(&walk->series, entity, &walk->self,
					       walk->scene->options, walk->printer->label));
}

static void show_rank(struct walk *walk, enum rank rank)
{
	for (size_t i = 0; i < entity_all_len; i++) {
		if (rank_of(entity_all[i]) == rank)
			show_entity(walk, entity_all[i]);
	}
	for (size_t i = 0; rank == RANK_SELF && walk->self.shown && i < self_entity_all_len; i++) {
		if (self_entity_all[i] != &self_entity_left_out)
			show_self(walk, self_entity_all[i]);
	}
}

bool prom_families_walk(const struct prom_printer *printer, void *ctx,
			const struct prom_scene *scene)
{
	size_t max = scene->options->series_max;
	struct walk walk = {
		.printer = printer,
		.ctx = ctx,
		.scene = scene,
		.room = max == 0 ? SIZE_MAX : max - 1, /* one is for the gauge that tells */
		.ok = true,
	};

	self_snapshot_take(&walk.self, scene);
	prom_series_init(&walk.series);
	for (unsigned rank = 0; rank < RANK_MAX; rank++)
		show_rank(&walk, (enum rank)rank);
	walk.room = 1;
	walk.full = false;
	show_self(&walk, &self_entity_left_out);
	prom_series_free(&walk.series);
	return walk.ok;
}
