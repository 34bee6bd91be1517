/* SPDX-License-Identifier: MIT */
/*
 * rate.c - counters into rates; see rate.h. A sample as text:
 *
 *     connledger-rates 1
 *     seconds 81234.5
 *     requests 1000
 *     end
 */
#include "rate.h"

#include <math.h>

#include "buf.h"

static const char first_line[] = "connledger-rates 1";

static const struct rate_counter *find(const struct rate_sample *sample, struct str key)
{
	for (size_t i = 0; i < sample->counter_len; i++) {
		if (str_equal(str_of(sample->counter[i].key), key))
			return &sample->counter[i];
	}
	return NULL;
}

/* Whether the key fits, is one word, and is new. */
static bool may_add(const struct rate_sample *sample, struct str key)
{
	if (sample->counter_len >= RATE_COUNTERS_MAX || key.len == 0 || key.len >= RATE_KEY_MAX)
		return false;
	for (size_t i = 0; i < key.len; i++) {
		if (key.ptr[i] <= ' ' || key.ptr[i] > '~')
			return false;
	}
	return find(sample, key) == NULL;
}

static void add(struct rate_sample *sample, struct str key, uint64_t value)
{
	struct rate_counter *counter = &sample->counter[sample->counter_len++];

	*counter = (struct rate_counter){.value = value};
	memcpy(counter->key, key.ptr, key.len);
}

void rate_sample_add(struct rate_sample *sample, const char *key, uint64_t value)
{
	if (may_add(sample, str_of(key)))
		add(sample, str_of(key), value);
}

enum rate_state rate_compare(const struct rate_sample *before, const struct rate_sample *now,
			     double seconds_min)
{
	double seconds = now->seconds - before->seconds;

	if (before->seconds <= 0 || now->seconds <= 0)
		return RATE_FIRST;
	/* The clock begins anew with the host, and the counters with it. */
	if (seconds < 0)
		return RATE_RESET;
	if (seconds > RATE_SECONDS_MAX)
		return RATE_TOO_OLD;
	for (size_t i = 0; i < now->counter_len; i++) {
		const struct rate_counter *old = find(before, str_of(now->counter[i].key));

		if (old != NULL && now->counter[i].value < old->value)
			return RATE_RESET;
	}
	return seconds <= 0 || seconds < seconds_min ? RATE_TOO_SOON : RATE_KNOWN;
}

bool rate_of(const struct rate_sample *before, const struct rate_sample *now, double seconds_min,
	     const char *key, double *ret)
{
	const struct rate_counter *old = find(before, str_of(key));
	const struct rate_counter *new = find(now, str_of(key));

	if (old == NULL || new == NULL || rate_compare(before, now, seconds_min) != RATE_KNOWN)
		return false;
	*ret = (double)(new->value - old->value) / (now->seconds - before->seconds);
	return true;
}

void rate_sample_encode(const struct rate_sample *sample, struct buf *out)
{
	buf_addf(out, "%s\nseconds ", first_line);
	buf_add_double(out, sample->seconds);
	for (size_t i = 0; i < sample->counter_len; i++) {
		buf_addf(out, "\n%s ", sample->counter[i].key);
		buf_add_u64(out, sample->counter[i].value);
	}
	buf_add_text(out, "\nend\n");
}

/* The lines after the first one, up to "end". */
static bool parse_lines(struct rate_sample *sample, struct str text)
{
	struct str line = str_cut(&text, '\n');

	if (!str_take(&line, STR("seconds ")) || !str_to_double(line, &sample->seconds) ||
	    signbit(sample->seconds))
		return false;
	while (text.ptr != NULL) {
		struct str key;
		uint64_t value = 0;

		line = str_cut(&text, '\n');
		if (str_equal(line, STR("end")))
			return text.ptr != NULL && text.len == 0;
		key = str_cut(&line, ' ');
		if (!may_add(sample, key) || !str_to_u64(line, &value))
			return false;
		add(sample, key, value);
	}
	return false;
}

bool rate_sample_parse(struct rate_sample *sample, struct str text, struct err *err)
{
	*sample = (struct rate_sample){0};
	if (str_equal(str_cut(&text, '\n'), str_of(first_line)) && parse_lines(sample, text))
		return true;
	*sample = (struct rate_sample){0};
	return err_set(err, ERR_PARSE, "the state file is damaged or of another version");
}

const char *rate_state_text(enum rate_state state)
{
	switch (state) {
	case RATE_KNOWN:
		return "rates are known";
	case RATE_FIRST:
		return "no earlier sample";
	case RATE_TOO_SOON:
		return "too soon after the earlier sample";
	case RATE_TOO_OLD:
		return "the earlier sample is too old";
	case RATE_RESET:
		return "counters were reset";
	case RATE_BUSY:
		return "another run is at it";
	}
	return "unknown";
}
