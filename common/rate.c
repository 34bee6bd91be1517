/* SPDX-License-Identifier: MIT */
/*
 * rate.c - counters into rates; see rate.h. What is remembered, as text (from "older" on only if
 * there is an older sample):
 *
 *     connledger-rates 2
 *     seconds 81234.5
 *     requests 1000
 *     older
 *     seconds 81174.5
 *     requests 900
 *     end
 */
#include "rate.h"

#include <math.h>

#include "buf.h"

static const char first_line[] = "connledger-rates 2";

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
	if (now->asked > 0 && now->asked < before->seconds &&
	    before->seconds - now->asked < RATE_ASIDE_SECONDS_MAX)
		return RATE_TOO_SOON;
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

void rate_past_add(struct rate_past *past, const struct rate_sample *now)
{
	if (rate_compare(&past->last, now, RATE_SECONDS_MIN) == RATE_KNOWN)
		past->older = past->last;
	else
		past->older = (struct rate_sample){0};
	past->last = *now;
}

/* ---- as text --------------------------------------------------------------------------------- */

static void encode_sample(const struct rate_sample *sample, struct buf *out)
{
	buf_add_text(out, "seconds ");
	buf_add_double(out, sample->seconds);
	for (size_t i = 0; i < sample->counter_len; i++) {
		buf_addf(out, "\n%s ", sample->counter[i].key);
		buf_add_u64(out, sample->counter[i].value);
	}
	buf_add_char(out, '\n');
}

void rate_past_encode(const struct rate_past *past, struct buf *out)
{
	buf_addf(out, "%s\n", first_line);
	encode_sample(&past->last, out);
	if (past->older.seconds > 0) {
		buf_add_text(out, "older\n");
		encode_sample(&past->older, out);
	}
	buf_add_text(out, "end\n");
}

/* The lines of a sample, and the line behind it, which is one word. */
static bool parse_sample(struct rate_sample *sample, struct str *text, struct str *last)
{
	struct str line = str_cut(text, '\n');

	if (!str_take(&line, STR("seconds ")) || !str_to_double(line, &sample->seconds) ||
	    signbit(sample->seconds))
		return false;
	while (text->ptr != NULL) {
		struct str key;
		uint64_t value = 0;

		*last = line = str_cut(text, '\n');
		key = str_cut(&line, ' ');
		if (line.ptr == NULL)
			return true;
		if (!may_add(sample, key) || !str_to_u64(line, &value))
			return false;
		add(sample, key, value);
	}
	return false;
}

/* The lines after the first one, up to "end". */
static bool parse_past(struct rate_past *past, struct str text)
{
	struct str word;

	if (!parse_sample(&past->last, &text, &word))
		return false;
	if (str_equal(word, STR("older")) &&
	    (!parse_sample(&past->older, &text, &word) || !(past->older.seconds > 0) ||
	     past->older.seconds >= past->last.seconds))
		return false;
	return str_equal(word, STR("end")) && text.ptr != NULL && text.len == 0;
}

bool rate_past_parse(struct rate_past *past, struct str text, struct err *err)
{
	*past = (struct rate_past){0};
	if (str_equal(str_cut(&text, '\n'), str_of(first_line)) && parse_past(past, text))
		return true;
	*past = (struct rate_past){0};
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
