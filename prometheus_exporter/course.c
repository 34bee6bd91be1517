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

void course_init(struct course *course, size_t sites)
{
	size_t room = COURSE_BYTES_MAX / sizeof(struct course_sample) / (sites > 0 ? sites : 1);
	size_t steps;

	if (room > COURSE_SAMPLES_MAX)
		room = COURSE_SAMPLES_MAX;
	if (room < COURSE_SAMPLES_MIN)
		room = COURSE_SAMPLES_MIN;
	*course = (struct course){0};
	/* So many steps have one sample more. */
	steps = room - 1;
	course->step_seconds = (unsigned)((COURSE_SECONDS + steps - 1) / steps);
	course->cap = (COURSE_SECONDS + course->step_seconds - 1) / course->step_seconds + 1;
}

void course_free(struct course *course)
{
	free(course->sample);
	course->sample = NULL;
	course->len = course->next = 0;
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

/* Whether the newest sample is too close to the one before to stay. */
static bool is_passing(const struct course *course)
{
	return course->len > 1 &&
	       course_at(course, course->len - 1)->time - course_at(course, course->len - 2)->time <
		       course->step_seconds;
}

static void add(struct course *course, const struct course_sample *sample)
{
	if (course->sample == NULL)
		course->sample = calloc(course->cap, sizeof(*course->sample));
	if (course->sample == NULL)
		return;
	if (is_passing(course)) {
		course->len--;
		course->next = (course->next + course->cap - 1) % course->cap;
	}
	course->sample[course->next] = *sample;
	course->next = (course->next + 1) % course->cap;
	if (course->len < course->cap)
		course->len++;
}

void course_take(struct course *course, const struct scrape *scrape)
{
	struct course_sample sample;

	if (!scrape->ledger.asked || !scrape->ledger.has_lines)
		return;
	if (course->len > 0) {
		double passed = scrape->time - course_at(course, course->len - 1)->time;

		if (passed < -COURSE_BACK_SECONDS)
			course->len = course->next = 0;
		else if (passed <= 0)
			return;
	}
	fill(&sample, scrape);
	add(course, &sample);
}

void course_inherit(struct course *course, struct course *from)
{
	for (size_t i = 0; i < from->len; i++)
		add(course, course_at(from, i));
	course_free(from);
}

/* The copy has no room for more samples; course_at() finds its way in it all the same. */
void course_copy(struct course *ret, const struct course *course)
{
	*ret = (struct course){.step_seconds = course->step_seconds, .cap = course->len};
	if (course->len == 0)
		return;
	ret->sample = calloc(course->len, sizeof(*ret->sample));
	if (ret->sample == NULL)
		return;
	for (size_t i = 0; i < course->len; i++)
		ret->sample[i] = *course_at(course, i);
	ret->len = course->len;
}

const struct course_sample *course_at(const struct course *course, size_t i)
{
	return &course->sample[(course->next + course->cap - course->len + i) % course->cap];
}
