/* SPDX-License-Identifier: MIT */
/*
 * bench_uwsgi.c - the stats parser's speed beside yajl's own, and its memory.
 *
 *     bench_uwsgi speed ROUNDS < ANSWER
 *         reads the answer, then prints a line for each round: CPU nanoseconds of connledger's
 *         parser; of yajl alone (no callbacks, as it comes); and of yajl alone that does not look
 *         whether strings are UTF-8. All are fed the same pieces in turn.
 *     bench_uwsgi memory < ANSWER
 *         feeds the answer to the parser as it is read; the answer is never held as a whole.
 *
 * Both end with a line "workers N cores N metrics N hwm_kb N": what the parser found, and the peak
 * of the process's resident memory.
 */
#include <unistd.h>

#include <yajl/yajl_parse.h>

#include "bench_self.h"
#include "buf.h"
#include "uwsgi.h"

enum { PIECE = 64 * 1024, ANSWER_BYTES_MAX = 64 * 1024 * 1024 };

static bool complain(const char *what)
{
	(void)fprintf(stderr, "bench_uwsgi: %s\n", what);
	return false;
}

/* Gives all of standard input to `take`, piece by piece. */
static bool read_input(void (*take)(void *ctx, const char *bytes, size_t len), void *ctx)
{
	char piece[PIECE];
	ssize_t len = 1;

	while (len > 0) {
		len = read(STDIN_FILENO, piece, sizeof(piece));
		if (len > 0)
			take(ctx, piece, (size_t)len);
	}
	return len == 0;
}

static void take_to_buf(void *ctx, const char *bytes, size_t len)
{
	buf_add(ctx, bytes, len);
}

static void take_to_parser(void *ctx, const char *bytes, size_t len)
{
	uwsgi_parser_feed(ctx, bytes, len);
}

static void print_found(const struct uwsgi_stats *stats)
{
	const struct uwsgi_worker *worker = stats->workers.item;
	size_t cores = 0;

	for (size_t i = 0; i < stats->workers.len; i++)
		cores += worker[i].cores.len;
	(void)printf("workers %zu cores %zu metrics %zu hwm_kb %llu\n", stats->workers.len, cores,
		     stats->metrics.len, (unsigned long long)peak_kb());
}

/* The ways to read an answer that are compared. */
enum { OURS, BARE, UNCHECKED, WAYS };

struct round {
	struct uwsgi_stats stats;
	struct uwsgi_parser *parser;
	yajl_handle yajl[WAYS]; /* of BARE and UNCHECKED */
	bool ok;
	int64_t time_ns[WAYS];
};

static void round_begin(struct round *round)
{
	*round = (struct round){.parser = NULL};
	round->parser = uwsgi_parser_new(&round->stats);
	round->ok = round->parser != NULL;
	for (unsigned way = BARE; way < WAYS; way++) {
		round->yajl[way] = yajl_alloc(NULL, NULL, NULL);
		if (round->yajl[way] == NULL)
			round->ok = false;
		else
			(void)yajl_config(round->yajl[way], yajl_dont_validate_strings,
					  way == UNCHECKED);
	}
	if (!round->ok)
		(void)complain("out of memory");
}

static void feed(struct round *round, unsigned way, struct str piece)
{
	int64_t begin = clock_ns(CLOCK_THREAD_CPUTIME_ID);

	if (way == OURS)
		uwsgi_parser_feed(round->parser, piece.ptr, piece.len);
	else if (yajl_parse(round->yajl[way], (const unsigned char *)piece.ptr, piece.len) !=
		 yajl_status_ok)
		round->ok = complain("yajl does not take the answer");
	round->time_ns[way] += clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin;
}

static void finish(struct round *round, unsigned way)
{
	struct err err = {0};
	int64_t begin = clock_ns(CLOCK_THREAD_CPUTIME_ID);

	if (way == OURS && !uwsgi_parser_end(round->parser, &err))
		round->ok = complain(err.text);
	else if (way != OURS && yajl_complete_parse(round->yajl[way]) != yajl_status_ok)
		round->ok = complain("yajl does not take the end of the answer");
	round->time_ns[way] += clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin;
}

static void round_free(struct round *round)
{
	uwsgi_parser_free(round->parser);
	for (unsigned way = BARE; way < WAYS; way++) {
		if (round->yajl[way] != NULL)
			yajl_free(round->yajl[way]);
	}
	uwsgi_stats_free(&round->stats);
}

/* Each piece goes to all ways before the next one, and each time another is the first to see it. */
static bool run_round(struct str answer, bool last)
{
	struct round round;
	bool ok;

	round_begin(&round);
	for (size_t i = 0; round.ok && i * PIECE < answer.len; i++) {
		size_t left = answer.len - i * PIECE;
		struct str piece = {answer.ptr + i * PIECE, left < PIECE ? left : PIECE};

		for (unsigned way = 0; way < WAYS; way++)
			feed(&round, (unsigned)(i + way) % WAYS, piece);
	}
	for (unsigned way = 0; round.ok && way < WAYS; way++)
		finish(&round, way);
	if (round.ok)
		(void)printf("%lld %lld %lld\n", (long long)round.time_ns[OURS],
			     (long long)round.time_ns[BARE], (long long)round.time_ns[UNCHECKED]);
	if (round.ok && last)
		print_found(&round.stats);
	ok = round.ok;
	round_free(&round);
	return ok;
}

static bool run_speed(const char *rounds_text)
{
	struct buf answer;
	uint64_t rounds;
	bool ok;

	if (!str_to_u64(str_of(rounds_text), &rounds))
		return complain("ROUNDS is no number");
	buf_init(&answer, ANSWER_BYTES_MAX);
	ok = (read_input(take_to_buf, &answer) && buf_ok(&answer)) ||
	     complain("cannot read the answer");
	for (uint64_t i = 1; ok && i <= rounds; i++)
		ok = run_round(buf_str(&answer), i == rounds);
	buf_free(&answer);
	return ok;
}

static bool run_memory(void)
{
	struct uwsgi_stats stats;
	struct uwsgi_parser *parser = uwsgi_parser_new(&stats);
	struct err err = {0};
	bool ok;

	if (parser == NULL)
		return complain("out of memory");
	ok = read_input(take_to_parser, parser) || complain("cannot read the answer");
	ok = ok && (uwsgi_parser_end(parser, &err) || complain(err.text));
	uwsgi_parser_free(parser);
	if (ok)
		print_found(&stats);
	uwsgi_stats_free(&stats);
	return ok;
}

int main(int argc, char *argv[])
{
	bool ok = false;

	if (argc == 3 && strcmp(argv[1], "speed") == 0)
		ok = run_speed(argv[2]);
	else if (argc == 2 && strcmp(argv[1], "memory") == 0)
		ok = run_memory();
	else
		(void)complain("usage: bench_uwsgi speed ROUNDS < ANSWER, or memory < ANSWER");
	return ok && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
