/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a range of Nagios and of Munin: taken or refused. A range that was taken has a start
 * that is not above its end, and its ends belong to it.
 */
#include "nagios/threshold.h"
#include "munin/encode.h"

static void check(const struct threshold *threshold)
{
	if (!threshold->set || !(threshold->start <= threshold->end))
		abort();
	if (threshold_alerts(threshold, threshold->start, threshold->start) != threshold->inside ||
	    threshold_alerts(threshold, threshold->end, threshold->end) != threshold->inside)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size};
	struct threshold threshold;
	struct err err = {0};
	struct buf words;

	if (!threshold_parse(&threshold, text, &err)) {
		if (threshold.set || err.kind == ERR_NONE)
			abort();
	} else {
		check(&threshold);
		buf_init(&words, 1024);
		for (double value = -1; value <= 1; value++) {
			buf_clear(&words);
			threshold_describe(&threshold, value, &words);
			if (!buf_ok(&words) || words.len == 0)
				abort();
		}
		buf_free(&words);
	}
	err_clear(&err);
	if (threshold_parse_at_least(&threshold, text, &err) && threshold.set)
		check(&threshold);
	(void)munin_range_valid(text);
	return 0;
}
