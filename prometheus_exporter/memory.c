/* SPDX-License-Identifier: MIT */
/* memory.c - histories, and the lock that all of it needs; see memory.h. */
#include "memory.h"

#include "same_site.h"

static bool make_lists(struct exporter_memory *memory, bool history)
{
	memory->starts = calloc(memory->len + 1, sizeof(struct starts *));
	memory->course = calloc(memory->len + 1, sizeof(*memory->course));
	for (size_t i = 0; memory->course != NULL && i < memory->len; i++)
		course_init(&memory->course[i], memory->len);
	if (history) {
		memory->history = calloc(memory->len + 1, sizeof(*memory->history));
		for (size_t i = 0; memory->history != NULL && i < memory->len; i++)
			history_init(&memory->history[i]);
	}
	return memory->starts != NULL && memory->course != NULL &&
	       (!history || memory->history != NULL);
}

static void free_lists(struct exporter_memory *memory)
{
	for (size_t i = 0; memory->starts != NULL && i < memory->len; i++)
		starts_free(memory->starts[i]);
	free(memory->starts);
	exporter_courses_free(memory->course, memory->len);
	free(memory->history);
	exporter_report_free(&memory->report);
	*memory = (struct exporter_memory){0};
}

bool exporter_memory_init(struct exporter_memory *memory, const struct exporter_log *log,
			  const struct exporter_config *config, bool history, struct err *err)
{
	*memory = (struct exporter_memory){0};
	(void)exporter_config_sites(config, &memory->len);
	if (make_lists(memory, history) && exporter_report_init(&memory->report, log, config) &&
	    pthread_mutex_init(&memory->lock, NULL) == 0) {
		memory->report.only_targets = !history;
		return true;
	}
	free_lists(memory);
	return err_set(err, ERR_MEMORY, "out of memory");
}

void exporter_memory_free(struct exporter_memory *memory)
{
	(void)pthread_mutex_destroy(&memory->lock);
	free_lists(memory);
}

struct course *exporter_memory_courses(struct exporter_memory *memory, const size_t *site,
				       size_t len)
{
	struct course *ret = calloc(memory->len + 1, sizeof(*ret));

	(void)pthread_mutex_lock(&memory->lock);
	for (size_t i = 0; ret != NULL && i < len; i++)
		course_copy(&ret[site[i]], &memory->course[site[i]]);
	(void)pthread_mutex_unlock(&memory->lock);
	return ret;
}

void exporter_courses_free(struct course *course, size_t len)
{
	for (size_t i = 0; course != NULL && i < len; i++)
		course_free(&course[i]);
	free(course);
}

/* The connection that waits is to the same server. */
static void move_keep(const struct site *site, const struct site *from)
{
	int fd;

	if (!site->has_nginx || site->nginx_keep == NULL || from->nginx_keep == NULL)
		return;
	fd = fetch_keep_take(from->nginx_keep);
	if (fd >= 0)
		fetch_keep_put(site->nginx_keep, fd);
}

static void inherit_site(struct exporter_memory *memory, size_t i, struct exporter_memory *from,
			 size_t k, bool same_apps)
{
	if (memory->history != NULL && from->history != NULL) {
		memory->history[i] = from->history[k];
		if (!same_apps)
			history_forget_uwsgi(&memory->history[i]);
	}
	course_inherit(&memory->course[i], &from->course[k]);
	if (!same_apps)
		return;
	starts_free(memory->starts[i]);
	memory->starts[i] = from->starts[k];
	from->starts[k] = NULL;
}

void exporter_memory_inherit(struct exporter_memory *memory, const struct exporter_config *config,
			     struct exporter_memory *from,
			     const struct exporter_config *from_config)
{
	size_t len;
	size_t from_len;
	const struct site *site = exporter_config_sites(config, &len);
	const struct site *old = exporter_config_sites(from_config, &from_len);

	(void)pthread_mutex_lock(&from->lock);
	for (size_t i = 0; i < len; i++) {
		size_t k = same_site_find(old, from_len, &site[i]);

		if (k == from_len)
			continue;
		inherit_site(memory, i, from, k, same_site_apps(&site[i], &old[k]));
		move_keep(&site[i], &old[k]);
	}
	exporter_report_inherit(&memory->report, config, &from->report, from_config);
	(void)pthread_mutex_unlock(&from->lock);
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
		starts_take(&memory->starts[i], &collection->scrape[i]);
		course_take(&memory->course[i], &collection->scrape[i]);
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
