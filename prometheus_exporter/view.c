/* SPDX-License-Identifier: MIT */
/* view.c - what both the page and the JSON need to know; see view.h. */
#include "view.h"

unsigned view_level(const struct scrape *scrape)
{
	const struct finding *finding = scrape->findings.item;
	unsigned level = VIEW_GOOD;

	for (size_t i = 0; i < scrape->findings.len; i++) {
		if (finding[i].severity + 1 > level)
			level = finding[i].severity + 1;
	}
	return level;
}

const char *view_level_name(unsigned level)
{
	return level == VIEW_GOOD ? NULL : severity_name((enum finding_severity)(level - 1));
}

struct view_walk view_walk(const struct exporter_view *view)
{
	return (struct view_walk){.view = view, .level = VIEW_LEVELS};
}

/* Goes over the list once for each level: there is no memory to be asked for. */
bool view_walk_next(struct view_walk *walk, size_t *site)
{
	for (; walk->level > 0; walk->level--, walk->next = 0) {
		while (walk->next < walk->view->scrape_len) {
			*site = walk->next++;
			if (view_level(&walk->view->scrape[*site]) == walk->level - 1)
				return true;
		}
	}
	return false;
}

struct view_whole view_whole(const struct exporter_view *view)
{
	struct view_whole whole = {.len = 0};
	struct view_walk walk = view_walk(view);

	while (whole.len < EXPORTER_WHOLE_MAX && view_walk_next(&walk, &whole.site[whole.len]))
		whole.len++;
	return whole;
}

bool view_is_whole(const struct view_whole *whole, size_t site)
{
	for (size_t i = 0; i < whole->len; i++) {
		if (whole->site[i] == site)
			return true;
	}
	return false;
}

const struct course *view_course(const struct exporter_view *view, size_t site)
{
	if (view->course == NULL || view->course[site].len == 0)
		return NULL;
	return &view->course[site];
}

double view_time(const struct exporter_view *view)
{
	double time = 0;

	for (size_t i = 0; i < view->scrape_len; i++) {
		double end = view->scrape[i].time + view->scrape[i].seconds;

		if (end > time)
			time = end;
	}
	return time;
}

const struct entity *view_root(enum entity_root root)
{
	size_t i = 0;

	while (entity_all[i]->root != root || entity_all[i]->parent != NULL)
		i++;
	return entity_all[i];
}

const struct entity *view_list(enum entity_root root, size_t offset)
{
	const struct entity *parent = view_root(root);
	size_t i = 0;

	while (entity_all[i]->parent != parent || entity_all[i]->list != offset)
		i++;
	return entity_all[i];
}

bool view_number(const struct metric *metric, const void *object, double *ret)
{
	struct value value;

	if (!metric_value(metric, object, &value))
		return false;
	*ret = metric_scaled(metric, value);
	return isfinite(*ret);
}

uint64_t view_busy_cores(const struct uwsgi_worker *worker)
{
	const struct uwsgi_core *core = worker->cores.item;
	uint64_t busy = 0;

	for (size_t i = 0; i < worker->cores.len; i++)
		busy += core[i].in_request > 0 ? 1 : 0;
	return busy;
}
