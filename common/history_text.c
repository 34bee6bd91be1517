/* SPDX-License-Identifier: MIT */
/*
 * history_text.c - a history as text, and back. Each part is a row: a word, and numbers in the
 * order of the struct, "-" for one that is not known. The first line names the version and the
 * number of series. Hours and days are rows of their own, counted beforehand:
 *
 *     connledger-history 1 14
 *     now 1700000000.5 1700000000.5 0 1699900000
 *     counter 812 4710 0 - - - -
 *     ...
 *     hours 2
 *     1699992000 3600 412 0 3 0 ...
 *     1699995600 2930.5 388 0 4 0 ...
 *     days 0
 *     end
 */
#include <math.h>

#include "history_window.h"

enum { VERSION = 2, ROW_MAX = 2 * HISTORY_SERIES };

/* Beyond these no number is one that history_take() has made. */
#define NUMBER_MAX   1e15
#define TIME_MAX     1e12
#define SECONDS_BLUR 1e-3 /* sums of many pieces of an hour may be a little more than the hour */

/* The rows copy whole structs. */
_Static_assert(sizeof(struct history_window) == (HISTORY_SERIES + 3) * sizeof(double),
	       "history_window has numbers only");
_Static_assert(sizeof(struct history_mark) == (HISTORY_COUNTERS + 1) * sizeof(double),
	       "history_mark has numbers only");

/* ---- out ------------------------------------------------------------------------------------- */

static void add_number(struct buf *out, double value)
{
	if (isnan(value))
		buf_add_char(out, '-');
	else
		buf_add_double(out, value);
}

/* `word` "" for a row without one. */
static void add_row(struct buf *out, const char *word, const double *value, size_t len)
{
	buf_add_text(out, word);
	for (size_t i = 0; i < len; i++) {
		if (i > 0 || word[0] != '\0')
			buf_add_char(out, ' ');
		add_number(out, value[i]);
	}
	buf_add_char(out, '\n');
}

static void add_mark(struct buf *out, const char *word, const struct history_mark *mark)
{
	double row[sizeof(*mark) / sizeof(double)];

	memcpy(row, mark, sizeof(*mark));
	add_row(out, word, row, ARRAY_LEN(row));
}

static void add_windows(struct buf *out, const char *word, const struct history_window *window,
			size_t len)
{
	buf_addf(out, "%s %zu\n", word, len);
	for (size_t i = 0; i < len; i++) {
		double row[sizeof(*window) / sizeof(double)];

		memcpy(row, &window[i], sizeof(*window));
		add_row(out, "", row, ARRAY_LEN(row));
	}
}

void history_encode(const struct history *history, struct buf *out)
{
	const double now[] = {history->time, history->nginx_time, history->uwsgi_time,
			      history->master_started};
	const double queue[] = {history->queue, history->queue_time, history->queue_rises,
				history->queue_from, history->queue_since};
	const double since[] = {history->saturated_since, history->draining_since};

	const struct phantoms_memory *memory = &history->memory;
	const double phantoms[] = {memory->processes, memory->master_pid, memory->handled,
				   memory->low,       memory->high,       memory->changed,
				   memory->seen,      memory->seen_at,    memory->since,
				   memory->looks,     memory->least,      memory->least_before};

	buf_addf(out, "connledger-history %d %d\n", VERSION, HISTORY_SERIES);
	add_row(out, "now", now, ARRAY_LEN(now));
	add_row(out, "counter", history->counter, HISTORY_COUNTERS);
	add_mark(out, "older", &history->older[0]);
	add_mark(out, "older", &history->older[1]);
	add_mark(out, "newer", &history->newer[0]);
	add_mark(out, "newer", &history->newer[1]);
	add_row(out, "streak", history->streak_since, HISTORY_SERIES);
	add_row(out, "least", history->streak_least, HISTORY_SERIES);
	add_row(out, "lately", history->least_older, HISTORY_SERIES);
	add_row(out, "lately", history->least_newer, HISTORY_SERIES);
	add_row(out, "queue", queue, ARRAY_LEN(queue));
	add_row(out, "since", since, ARRAY_LEN(since));
	add_row(out, "phantoms", phantoms, ARRAY_LEN(phantoms));
	add_windows(out, "hours", history->hour, history->hour_len);
	add_windows(out, "days", history->day, history->day_len);
	buf_add_text(out, "end\n");
}

/* ---- and back -------------------------------------------------------------------------------- */

static bool take_number(struct str *line, double *ret)
{
	struct str word = str_cut(line, ' ');

	if (str_equal(word, STR("-"))) {
		*ret = NOT_KNOWN;
		return true;
	}
	if (!str_to_double(word, ret) || fabs(*ret) > NUMBER_MAX)
		return false;
	/* No number here is -0, which would come back as 0. */
	if (*ret == 0)
		*ret = 0;
	return true;
}

/* A row of exactly `len` numbers. */
static bool take_row(struct str *text, const char *word, double *value, size_t len)
{
	struct str line = str_cut(text, '\n');

	if (line.ptr == NULL || !str_take(&line, str_of(word)) ||
	    (word[0] != '\0' && !str_take(&line, STR(" "))))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (line.ptr == NULL || !take_number(&line, &value[i]))
			return false;
	}
	return line.ptr == NULL;
}

static bool is_time(double value)
{
	return value >= 0 && value <= TIME_MAX;
}

static bool take_mark(struct str *text, const char *word, struct history_mark *mark)
{
	double row[sizeof(*mark) / sizeof(double)] = {0};

	if (!take_row(text, word, row, ARRAY_LEN(row)))
		return false;
	memcpy(mark, row, sizeof(*mark));
	return is_time(mark->time);
}

static bool is_window(const struct history_window *window, size_t i, double length)
{
	const struct history_window *it = &window[i];

	return is_time(it->start) && fmod(it->start, length) == 0 && it->seconds >= 0 &&
	       it->seconds <= length + SECONDS_BLUR && it->requests >= 0 &&
	       (i == 0 || it->start > window[i - 1].start);
}

static bool take_windows(struct str *text, const char *word, struct history_window *window,
			 size_t *len, size_t max, double length)
{
	double count = 0;

	if (!take_row(text, word, &count, 1) || !(count >= 0) || count > (double)max ||
	    trunc(count) != count)
		return false;
	for (*len = 0; *len < (size_t)count; ++*len) {
		double row[sizeof(*window) / sizeof(double)] = {0};

		if (!take_row(text, "", row, ARRAY_LEN(row)))
			return false;
		memcpy(&window[*len], row, sizeof(*window));
		if (!is_window(window, *len, length))
			return false;
	}
	return true;
}

static bool take_streaks(struct str *text, struct history *history)
{
	if (!take_row(text, "streak", history->streak_since, HISTORY_SERIES) ||
	    !take_row(text, "least", history->streak_least, HISTORY_SERIES))
		return false;
	if (!take_row(text, "lately", history->least_older, HISTORY_SERIES) ||
	    !take_row(text, "lately", history->least_newer, HISTORY_SERIES))
		return false;
	for (size_t i = 0; i < HISTORY_SERIES; i++) {
		if (!is_time(history->streak_since[i]) || !(history->streak_least[i] >= 0))
			return false;
	}
	return true;
}

static bool take_queue(struct str *text, struct history *history)
{
	double row[5] = {0};

	if (!take_row(text, "queue", row, ARRAY_LEN(row)))
		return false;
	history->queue = row[0];
	history->queue_time = row[1];
	history->queue_rises = row[2];
	history->queue_from = row[3];
	history->queue_since = row[4];
	return !(row[0] < 0) && is_time(row[1]) && row[2] >= 0 && row[3] >= 0 && is_time(row[4]);
}

static bool take_times(struct str *text, struct history *history)
{
	double row[4] = {0};

	if (!take_row(text, "now", row, 4) || !is_time(row[0]) || !is_time(row[1]) ||
	    !is_time(row[2]) || !is_time(row[3]) || row[1] > row[0] || row[2] > row[0])
		return false;
	history->time = row[0];
	history->nginx_time = row[1];
	history->uwsgi_time = row[2];
	history->master_started = row[3];
	return true;
}

/* Whether the marks of a source that was last seen at `last` are in order. */
static bool are_marks(const struct history *history, size_t source, double last)
{
	return history->older[source].time <= history->newer[source].time &&
	       history->newer[source].time <= last;
}

/* Whether the parts fit together: nginx was last seen in the last of the hours. */
static bool is_whole(const struct history *history)
{
	double last = history->nginx_time;

	for (size_t i = 0; i < HISTORY_SERIES; i++) {
		if (history->streak_since[i] > last)
			return false;
	}
	if (history->day_len > 0 && history->day[history->day_len - 1].start > last)
		return false;
	if (history->hour_len > 0 &&
	    floor(last / HISTORY_HOUR) * HISTORY_HOUR != history->hour[history->hour_len - 1].start)
		return false;
	return are_marks(history, 0, last) && are_marks(history, 1, history->uwsgi_time) &&
	       history->queue_time <= history->time && history->queue_since <= history->time &&
	       history->saturated_since <= history->uwsgi_time && history->draining_since <= last;
}

static bool take_phantoms(struct str *text, struct phantoms_memory *memory)
{
	double row[12] = {0};

	if (!take_row(text, "phantoms", row, ARRAY_LEN(row)))
		return false;
	*memory = (struct phantoms_memory){.processes = row[0],
					   .master_pid = row[1],
					   .handled = row[2],
					   .low = row[3],
					   .high = row[4],
					   .changed = row[5],
					   .seen = row[6],
					   .seen_at = row[7],
					   .since = row[8],
					   .looks = row[9],
					   .least = row[10],
					   .least_before = row[11]};
	return row[0] >= 0 && row[1] >= 0 && row[1] <= UINT32_MAX && row[2] >= 0 && row[3] >= 0 &&
	       !(row[3] > row[4]) && is_time(row[5]) && is_time(row[7]) && is_time(row[8]) &&
	       row[9] >= 0;
}

static bool take_all(struct history *history, struct str text)
{
	const double series = HISTORY_SERIES;
	double row[2] = {0};

	if (!take_row(&text, "connledger-history", row, 2) || row[0] != VERSION ||
	    row[1] != series || !take_times(&text, history) ||
	    !take_row(&text, "counter", history->counter, HISTORY_COUNTERS) ||
	    !take_mark(&text, "older", &history->older[0]) ||
	    !take_mark(&text, "older", &history->older[1]) ||
	    !take_mark(&text, "newer", &history->newer[0]) ||
	    !take_mark(&text, "newer", &history->newer[1]) || !take_streaks(&text, history) ||
	    !take_queue(&text, history) || !take_row(&text, "since", row, 2) || !is_time(row[0]) ||
	    !is_time(row[1]))
		return false;
	history->saturated_since = row[0];
	history->draining_since = row[1];
	return take_phantoms(&text, &history->memory) &&
	       take_windows(&text, "hours", history->hour, &history->hour_len, HISTORY_HOURS,
			    HISTORY_HOUR) &&
	       take_windows(&text, "days", history->day, &history->day_len, HISTORY_DAYS,
			    HISTORY_DAY) &&
	       str_equal(text, STR("end\n")) && is_whole(history);
}

bool history_parse(struct history *history, struct str text, struct err *err)
{
	history_init(history);
	if (text.len <= HISTORY_TEXT_MAX && take_all(history, text))
		return true;
	history_init(history);
	return err_set(err, ERR_PARSE, "the history is damaged or of another version");
}
