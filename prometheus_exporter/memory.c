/* SPDX-License-Identifier: MIT */
/* memory.c - histories, and the lock that all of it needs; see memory.h. */
#include "memory.h"

bool exporter_memory_init(struct exporter_memory *memory, const struct exporter_log *log,
			  const struct exporter_config *config, bool history, struct err *err)
{
	size_t len;

	(void)exporter_config_sites(config, &len);
	*memory = (struct exporter_memory){0};
	if (history) {
		memory->history = calloc(len, sizeof(*memory->history));
		for (size_t i = 0; memory->history != NULL && i < len; i++)
			history_init(&memory->history[i]);
	}
	if ((!history || memory->history != NULL) &&
	    exporter_report_init(&memory->report, log, config)) {
		if (pthread_mutex_init(&memory->lock, NULL) == 0)
			return true;
		exporter_report_free(&memory->report);
	}
	free(memory->history);
	return err_set(err, ERR_MEMORY, "out of memory");
}

void exporter_memory_free(struct exporter_memory *memory)
{
	(void)pthread_mutex_destroy(&memory->lock);
	exporter_report_free(&memory->report);
	free(memory->history);
	*memory = (struct exporter_memory){0};
}

void exporter_memory_recall(struct exporter_memory *memory, struct exporter_collection *collection)
{
	if (memory->history == NULL)
		return;
	(void)pthread_mutex_lock(&memory->lock);
	for (size_t i = 0; i < collection->len; i++)
		collection->site[i].memory = memory->history[i].memory;
	(void)pthread_mutex_unlock(&memory->lock);
}

static bool judge(struct exporter_memory *memory, struct exporter_collection *collection)
{
	bool ok = true;

	for (size_t i = 0; i < collection->len; i++) {
		struct history *history = memory->history == NULL ? NULL : &memory->history[i];

		ok = scrape_judge(&collection->scrape[i], history) && ok;
	}
	return ok;
}

bool exporter_memory_take(struct exporter_memory *memory, struct exporter_collection *collection,
			  struct err *err)
{
	bool ok;

	(void)pthread_mutex_lock(&memory->lock);
	ok = judge(memory, collection);
	if (ok)
		exporter_report(&memory->report, collection);
	(void)pthread_mutex_unlock(&memory->lock);
	return ok || err_set(err, ERR_MEMORY, "out of memory");
}
