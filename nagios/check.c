/* SPDX-License-Identifier: MIT */
/* check.c - one run of a check; see check.h. */
#include "check.h"

#include <errno.h>

#include "details.h"
#include "encode.h"
#include "extra_opts.h"
#include "failure.h"
#include "help.h"

/* What a run has come to know, for its output. */
struct run {
	struct nagios_settings *settings;
	struct scrape scrape;
	struct nagios_rates rates;
	enum nagios_state state;
	struct buf text;
	struct buf perfdata;
	struct buf lines;
};

/* ---- asking ---------------------------------------------------------------------------------- */

/* Reads all targets within `seconds`. False when there is a failure to show. */
static bool read_once(struct run *run, double seconds)
{
	struct site *site = &run->settings->site;
	struct err err = {0};

	site->timeout_ms = seconds < 0.001 ? 1 : (unsigned)(seconds * 1000);
	scrape_free(&run->scrape);
	if (!scrape_run(&run->scrape, site, &err)) {
		buf_add_text(&run->text, err.text);
		run->state = NAGIOS_UNKNOWN;
		return false;
	}
	if (!nagios_all_answered(run->settings, &run->scrape, &run->state, &run->text))
		return false;
	nagios_items_fill(&run->settings->items, &run->scrape);
	return true;
}

static void sleep_seconds(double seconds)
{
	struct timespec left = {.tv_sec = (time_t)seconds};

	left.tv_nsec = (long)((seconds - (double)left.tv_sec) * 1e9);
	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		;
}

static bool read_twice(struct run *run)
{
	double end = nagios_boot_seconds() + run->settings->timeout_seconds;
	struct rate_sample before;

	if (!read_once(run, run->settings->timeout_seconds - run->settings->sample_seconds))
		return false;
	nagios_items_sample(&run->settings->items, nagios_boot_seconds(), &before);
	sleep_seconds(run->settings->sample_seconds);
	if (!read_once(run, end - nagios_boot_seconds()))
		return false;
	nagios_rates_by_sample(run->settings, &before, nagios_boot_seconds(), &run->rates);
	return true;
}

static bool read_with_state(struct run *run)
{
	if (!read_once(run, run->settings->timeout_seconds))
		return false;
	if (nagios_items_have_rates(&run->settings->items))
		nagios_rates_by_state(run->settings, nagios_boot_seconds(), &run->rates);
	return true;
}

/* ---- telling --------------------------------------------------------------------------------- */

/* Rates that are not there are said to be missing, with the reason; unless that was said already of
 * one that is judged. */
static void add_rate_note(struct run *run)
{
	const struct nagios_rates *rates = &run->rates;

	if (rates->err.kind != ERR_NONE && rates->state != RATE_KNOWN &&
	    nagios_items_judge_rates(&run->settings->items))
		return;
	if (rates->err.kind != ERR_NONE)
		buf_addf(&run->text, ", %s: %s",
			 rates->state == RATE_KNOWN ? "no rates next time" : "no rates",
			 rates->err.text);
	else if (rates->state != RATE_KNOWN)
		buf_addf(&run->text, ", rates pending (%s)", rate_state_text(rates->state));
}

static void tell(struct run *run)
{
	struct nagios_settings *settings = run->settings;
	bool pending = run->rates.err.kind == ERR_NONE;

	run->state = nagios_items_judge(&settings->items, pending);
	nagios_encode_offences(&settings->items, run->rates.err.text, &run->text);
	settings->program->describe(&settings->items, &run->scrape, &run->text);
	add_rate_note(run);
	nagios_encode_perfdata(&settings->items, settings->counters, &run->perfdata);
	if (settings->verbose >= 1)
		nagios_details_answers(&run->scrape, &run->text);
	if (settings->verbose >= 2) {
		nagios_details_metrics(&settings->items, &run->lines);
		nagios_details_rates(settings, &run->rates, &run->lines);
	}
}

static void check(struct run *run)
{
	const struct nagios_settings *settings = run->settings;
	bool ok = settings->sample_seconds > 0 ? read_twice(run) : read_with_state(run);

	if (ok)
		tell(run);
	if (settings->verbose >= 2)
		nagios_details_settings(settings, &run->lines);
	if (settings->verbose >= 3)
		nagios_details_objects(&run->scrape, &run->lines);
}

static enum nagios_state check_and_tell(struct nagios_settings *settings, struct buf *out)
{
	struct run run = {.settings = settings};

	buf_init(&run.text, NAGIOS_OUTPUT_MAX);
	buf_init(&run.perfdata, NAGIOS_OUTPUT_MAX);
	buf_init(&run.lines, NAGIOS_OUTPUT_MAX / 2);
	check(&run);
	nagios_encode_line(settings->program->service, run.state, buf_str(&run.text),
			   buf_str(&run.perfdata), out);
	if (buf_ok(&run.lines))
		buf_add_str(out, buf_str(&run.lines));
	scrape_free(&run.scrape);
	buf_free(&run.lines);
	buf_free(&run.perfdata);
	buf_free(&run.text);
	return run.state;
}

/* ---- the run --------------------------------------------------------------------------------- */

static enum nagios_state refuse(const struct nagios_program *program, const struct err *err,
				struct buf *out)
{
	static const char advice[] = " (see --help)";
	char text[ERR_TEXT_MAX + sizeof(advice)];

	(void)snprintf(text, sizeof(text), "%s%s", err->text, advice);
	nagios_encode_line(program->service, NAGIOS_UNKNOWN, str_of(text), (struct str){NULL, 0},
			   out);
	return NAGIOS_UNKNOWN;
}

enum nagios_state nagios_run(const struct nagios_program *program, int argc, char *const argv[],
			     const struct nagios_env *env, struct buf *out)
{
	enum nagios_state state = NAGIOS_UNKNOWN;
	struct nagios_settings settings;
	struct nagios_argv words;
	struct err err = {0};

	nagios_settings_init(&settings, program, env);
	if (!nagios_argv_read(&words, argc, argv, program->name, env, &err) ||
	    !nagios_settings_parse(&settings, (int)words.word.len, words.word.item, &err))
		state = refuse(program, &err, out);
	else if (settings.help)
		nagios_help(&settings, out);
	else if (settings.version)
		buf_addf(out, "%s %s (connledger)\n", program->name, CONNLEDGER_VERSION);
	else
		state = check_and_tell(&settings, out);
	nagios_settings_free(&settings);
	nagios_argv_free(&words);
	return state;
}

static const char *get(const void *ctx, const char *name)
{
	(void)ctx;
	return getenv(name);
}

int nagios_main(const struct nagios_program *program, int argc, char *const argv[])
{
	static const struct nagios_env env = {.get = get, .ctx = NULL};
	enum nagios_state state;
	struct buf out;
	bool ok;

	buf_init(&out, (size_t)2 * NAGIOS_OUTPUT_MAX);
	state = nagios_run(program, argc, argv, &env, &out);
	ok = buf_ok(&out) && fputs(buf_text(&out), stdout) != EOF && fflush(stdout) == 0;
	buf_free(&out);
	return ok ? (int)state : (int)NAGIOS_UNKNOWN;
}
