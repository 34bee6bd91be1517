/* SPDX-License-Identifier: MIT */
/* course.c - a ring of samples; see course.h. */
#include "course.h"

#include "view.h"

/* The lines are the rows that share a name and differ in a word; they stand first. */
size_t course_lines(void)
{
	const struct entity *entity = view_root(ROOT_LEDGER);
	size_t len = 0;

	while (len < entity->metric_len && len < COURSE_LINES_MAX &&
	       entity->metric[len].prom.word != NULL)
		len++;
	return len;
}

const struct metric *course_line(size_t i)
{
	return &view_root(ROOT_LEDGER)->metric[i];
}

static void fill(struct course_sample *sample, const struct scrape *scrape)
{
	size_t lines = course_lines();

	sample->time = scrape->time;
	for (size_t i = 0; i < COURSE_LINES_MAX; i++) {
		struct value value;

		sample->line[i] = NAN;
		if (i < lines && metric_value(course_line(i), &scrape->ledger, &value))
			sample->line[i] = (float)metric_scaled(course_line(i), value);
	}
}

void course_take(struct course *course, const struct scrape *scrape)
{
	if (!scrape->ledger.asked || !scrape->ledger.has_lines)
		return;
	if (course->len > 0) {
		double passed = scrape->time - course_at(course, course->len - 1)->time;

		if (passed < -COURSE_BACK_SECONDS)
			course->len = course->next = 0;
		else if (passed < COURSE_STEP_SECONDS)
			return;
	}
	if (course->sample == NULL)
		course->sample = calloc(COURSE_LEN, sizeof(*course->sample));
	if (course->sample == NULL)
		return;
	fill(&course->sample[course->next], scrape);
	course->next = (course->next + 1) % COURSE_LEN;
	if (course->len < COURSE_LEN)
		course->len++;
}

/* The copy has no room for more samples; course_at() finds its way in it all the same. */
void course_copy(struct course *ret, const struct course *course)
{
	*ret = (struct course){0};
	if (course->len == 0)
		return;
	ret->sample = calloc(course->len, sizeof(*ret->sample));
	if (ret->sample == NULL)
		return;
	for (size_t i = 0; i < course->len; i++)
		ret->sample[i] = *course_at(course, i);
	ret->len = course->len;
	ret->next = course->len % COURSE_LEN;
}

void course_free(struct course *course)
{
	free(course->sample);
	*course = (struct course){0};
}

const struct course_sample *course_at(const struct course *course, size_t i)
{
	return &course->sample[(course->next + COURSE_LEN - course->len + i) % COURSE_LEN];
}
