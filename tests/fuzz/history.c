/* SPDX-License-Identifier: MIT */
/* history.c - fuzzes history_parse(): what it takes comes back the same, and after some more
 * scrapes the history still is one whose text is taken. */
#include "scrape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Encodes, and has the text taken and encoded again. */
static void round_trip(const struct history *history)
{
	struct history again;
	struct err err = {0};
	struct buf one;
	struct buf two;

	buf_init(&one, HISTORY_TEXT_MAX);
	buf_init(&two, HISTORY_TEXT_MAX);
	history_encode(history, &one);
	if (!buf_ok(&one) || !history_parse(&again, buf_str(&one), &err))
		abort();
	history_encode(&again, &two);
	if (!str_equal(buf_str(&one), buf_str(&two)))
		abort();
	buf_free(&one);
	buf_free(&two);
}

/* One when nothing is known but the page, with counters that rise or fall. */
static void take(struct history *history, double seconds)
{
	struct scrape scrape = {.time = history->time + seconds,
				.nginx_probe = {.asked = true, .up = true}};

	scrape.nginx.requests = 1000;
	scrape.nginx.accepts = 100;
	scrape.nginx.writing = 7;
	history_take(history, &scrape);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const double seconds[] = {0.5, 15, 300, 1201, 3600, -61, 86400};
	struct history history;
	struct history_leak leak;
	struct err err = {0};

	if (!history_parse(&history, (struct str){(const char *)data, size}, &err)) {
		if (err.kind != ERR_PARSE || history.hour_len != 0)
			abort();
		return 0;
	}
	round_trip(&history);
	for (size_t i = 0; i < ARRAY_LEN(seconds); i++) {
		take(&history, seconds[i]);
		if (history_leak(&history, &leak) && !(leak.per_hour > 0))
			abort();
		round_trip(&history);
	}
	return 0;
}
