/* SPDX-License-Identifier: MIT */
/* fields.c - which fields a graph has, in the order to draw; see encode.h. */
#include "encode.h"

static bool is_area(const struct metric_munin *munin)
{
	return munin->draw != NULL && str_starts(str_of(munin->draw), STR("AREA"));
}

static void collect(const struct munin_graph *graph, const struct entity *entity, bool areas,
		    struct munin_field *field, size_t *len)
{
	for (size_t i = 0; i < entity->metric_len; i++) {
		const struct metric *metric = &entity->metric[i];

		for (size_t j = 0; j < METRIC_MUNIN_MAX && *len < MUNIN_FIELDS_MAX; j++) {
			const struct metric_munin *munin = &metric->munin[j];

			if (munin->graph == NULL || is_area(munin) != areas)
				continue;
			if (str_equal(str_of(munin->graph), str_of(graph->suffix)))
				field[(*len)++] = (struct munin_field){entity, metric, munin, NULL};
		}
	}
}

size_t munin_graph_fields(const struct munin_graph *graph, struct munin_field *field)
{
	size_t len = 0;

	for (int lines = 0; lines <= 1; lines++) {
		for (size_t i = 0; i < entity_all_len; i++) {
			const struct entity *entity = entity_all[i];

			if (entity->root == graph->root)
				collect(graph, entity, lines == 0, field, &len);
		}
	}
	return len;
}

size_t munin_shown_fields(const struct munin_encoder *encoder, const struct munin_graph *graph,
			  struct munin_field *field)
{
	const struct munin_memory *memory = encoder->memory;
	struct munin_field pattern[MUNIN_FIELDS_MAX];
	size_t pattern_len;
	size_t len = 0;

	if (graph->once && (memory == NULL || !munin_memory_told(memory, graph->suffix)))
		return 0;
	if (!graph->listed)
		return munin_graph_fields(graph, field);
	pattern_len = munin_graph_fields(graph, pattern);
	for (size_t i = 0; memory != NULL && i < pattern_len; i++) {
		for (size_t k = 0; k < memory->queue_len && len < MUNIN_SHOWN_MAX; k++) {
			const struct munin_queue *queue = &memory->queue[k];

			if (!str_equal(str_of(queue->kind), str_of(pattern[i].munin->field)))
				continue;
			field[len] = pattern[i];
			field[len++].queue = queue;
		}
	}
	return len;
}

const char *munin_field_name(const struct munin_field *field)
{
	return field->queue != NULL ? field->queue->field : field->munin->field;
}
