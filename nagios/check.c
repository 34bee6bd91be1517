/* SPDX-License-Identifier: MIT */
/* check.c - one run of a check; see check.h. */
#include "check.h"

#include <errno.h>
#include <unistd.h>

#include "begin.h"
#include "details.h"
#include "encode.h"
#include "extra_opts.h"
#include "failure.h"
#include "help.h"
#include "past.h"
#include "story.h"
#include "verdict.h"
#include "watchdog.h"

/* What a run has come to know, for its output. */
struct run {
	struct nagios_settings *settings;
	struct scrape scrape;
	struct nagios_rates rates;
	struct history history; /* of the reads of this run */
	struct err refined;     /* what the program could not find out beside the answers */
	struct err past;        /* why earlier runs are not known */
	bool failed;            /* a target gave no good answer */
	enum nagios_state state;
	struct buf text;
	struct buf perfdata;
	struct buf lines;
};

/* ---- asking ---------------------------------------------------------------------------------- */

static bool give_up(struct run *run, const struct err *err)
{
	buf_clear(&run->text);
	buf_add_text(&run->text, err->text);
	run->state = NAGIOS_UNKNOWN;
	return false;
}

/* A ledger says something even when a target failed. */
static bool judge_ledger(struct run *run)
{
	struct err err = {0};

	if (run->settings->sample_seconds <= 0)
		return nagios_past_judge(run->settings, &run->scrape, &run->past, &err) ||
		       give_up(run, &err);
	if (scrape_judge(&run->scrape, &run->history))
		return true;
	(void)err_set(&err, ERR_MEMORY, "out of memory");
	return give_up(run, &err);
}

/* Reads all targets within `seconds`. False when there is a failure to show, and nothing else. */
static bool read_once(struct run *run, double seconds)
{
	struct site *site = &run->settings->site;
	struct err err = {0};

	site->timeout_ms = seconds < 0.001 ? 1 : (unsigned)(seconds * 1000);
	scrape_free(&run->scrape);
	buf_clear(&run->text);
	if (!scrape_run(&run->scrape, site, &err))
		return give_up(run, &err);
	run->failed = !nagios_all_answered(run->settings, &run->scrape, &run->state, &run->text);
	if (run->failed && !run->settings->program->ledger)
		return false;
	err_clear(&run->refined);
	if (run->settings->program->refine != NULL && !run->failed)
		run->settings->program->refine(run->settings, &run->scrape, &run->refined);
	/* What is remembered makes the ledger surer: nothing of it is shown before. */
	if (run->settings->program->ledger && !judge_ledger(run))
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
	double asked = nagios_boot_seconds();

	if (!read_once(run, run->settings->timeout_seconds))
		return false;
	if (nagios_items_have_rates(&run->settings->items))
		nagios_rates_by_state(run->settings, asked, nagios_boot_seconds(), &run->rates);
	return true;
}

/* ---- telling --------------------------------------------------------------------------------- */

/* Rates that are not there are said to be missing; the reason matters to who judges one, and is
 * said there when it is an error. */
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
	else if (rates->state != RATE_KNOWN && nagios_items_judge_rates(&run->settings->items))
		buf_addf(&run->text, ", no rates yet (%s)", rate_state_text(rates->state));
	else if (rates->state != RATE_KNOWN)
		buf_add_text(&run->text, ", no rates yet");
}

static const char *why_not_refined(const void *ctx, const struct nagios_item *item)
{
	const struct run *run = ctx;
	const struct nagios_program *program = run->settings->program;
	bool explained = item->entity->root == program->root[0] && program->explains != NULL &&
			 program->explains(item->metric->offset);

	return explained ? run->refined.text : "";
}

static void tell(struct run *run)
{
	struct nagios_settings *settings = run->settings;
	const struct nagios_missing missing = {
		.rate = run->rates.err.text, .value = why_not_refined, .ctx = run};
	bool pending = run->rates.err.kind == ERR_NONE;

	run->state = nagios_items_judge(&settings->items, pending);
	nagios_encode_offences(&settings->items, &missing, &run->text);
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

/* The verdict on a ledger is that of the thresholds, if there are any, else that of the findings.
 */
static void tell_verdict(struct run *run)
{
	struct nagios_settings *settings = run->settings;
	const struct scrape *scrape = &run->scrape;
	const struct nagios_missing missing = {
		.rate = "", .value = nagios_why_not_known, .ctx = scrape};
	enum nagios_state state = nagios_verdict(scrape);

	if (!scrape->nginx_probe.up) {
		run->state = nagios_state_worse(run->state, state);
		nagios_advice(scrape, FINDING_NGINX_DOWN, &run->text);
		return;
	}
	if (run->failed)
		buf_add_text(&run->text, ". ");
	if (nagios_items_have_thresholds(&settings->items)) {
		state = nagios_items_judge(&settings->items, false);
		nagios_encode_offences(&settings->items, &missing, &run->text);
		settings->program->describe(&settings->items, scrape, &run->text);
	} else if (!nagios_headline(scrape, &run->text)) {
		settings->program->describe(&settings->items, scrape, &run->text);
	}
	run->state = run->failed ? nagios_state_worse(run->state, state) : state;
}

static void tell_ledger(struct run *run)
{
	const struct nagios_settings *settings = run->settings;

	tell_verdict(run);
	if (run->past.kind != ERR_NONE)
		buf_addf(&run->text, "; nothing is remembered: %s", run->past.text);
	nagios_encode_perfdata(&settings->items, settings->counters, &run->perfdata);
	if (settings->verbose >= 1)
		nagios_story(settings, &run->scrape, &run->lines);
	if (settings->verbose >= 2) {
		nagios_details_metrics(&settings->items, &run->lines);
		nagios_story_details(settings, &run->scrape, &run->lines);
	}
}

static void check(struct run *run)
{
	const struct nagios_settings *settings = run->settings;
	bool ok = settings->sample_seconds > 0 ? read_twice(run) : read_with_state(run);

	if (ok && settings->program->ledger)
		tell_ledger(run);
	else if (ok)
		tell(run);
	if (settings->verbose >= 2)
		nagios_details_settings(settings, &run->lines);
	if (settings->verbose >= 3)
		nagios_details_objects(&run->scrape, &run->lines);
}

/* What the check itself was short of: a text, a number or a finding may be missing from what looks
 * whole. */
static enum nagios_state fall_short(const struct nagios_program *program, enum err_kind kind,
				    struct buf *out)
{
	nagios_encode_line(program->service, NAGIOS_UNKNOWN, str_of(err_own_text(kind)),
			   (struct str){NULL, 0}, out);
	return NAGIOS_UNKNOWN;
}

static enum nagios_state check_and_tell(struct nagios_settings *settings, struct buf *out)
{
	struct run *run = calloc(1, sizeof(*run));
	enum nagios_state state;

	if (run == NULL)
		return fall_short(settings->program, ERR_MEMORY, out);
	run->settings = settings;
	history_init(&run->history);
	buf_init(&run->text, NAGIOS_OUTPUT_MAX);
	buf_init(&run->perfdata, NAGIOS_OUTPUT_MAX);
	buf_init(&run->lines, NAGIOS_OUTPUT_MAX / 2);
	check(run);
	state = run->state;
	if (err_own_seen() != ERR_NONE) {
		state = fall_short(settings->program, err_own_seen(), out);
	} else {
		nagios_encode_line(settings->program->service, state, buf_str(&run->text),
				   buf_str(&run->perfdata), out);
		if (buf_ok(&run->lines))
			buf_add_str(out, buf_str(&run->lines));
	}
	scrape_free(&run->scrape);
	buf_free(&run->lines);
	buf_free(&run->perfdata);
	buf_free(&run->text);
	free(run);
	return state;
}

/* ---- the run --------------------------------------------------------------------------------- */

static enum nagios_state refuse(const struct nagios_program *program, const struct err *err,
				struct buf *out)
{
	static const char advice[] = " (see --help)";
	bool own = err_is_own(err->kind);
	char text[ERR_TEXT_MAX + sizeof(advice)];

	(void)snprintf(text, sizeof(text), "%s%s", err->text, own ? "" : advice);
	nagios_encode_line(program->service, NAGIOS_UNKNOWN, str_of(text), (struct str){NULL, 0},
			   out);
	if (!own)
		nagios_usage(program, out);
	return NAGIOS_UNKNOWN;
}

static enum nagios_state run_settings(struct nagios_settings *settings,
				      const struct nagios_argv *words, struct err *err,
				      struct buf *out)
{
	const struct nagios_program *program = settings->program;

	if (!nagios_settings_parse(settings, (int)words->word.len, words->word.item, err))
		return refuse(program, err, out);
	nagios_watchdog_set(settings);
	if (settings->help)
		nagios_help(settings, out);
	else if (settings->version)
		buf_addf(out, "%s %s (connledger)\n", program->name, CONNLEDGER_VERSION);
	else
		return check_and_tell(settings, out);
	return NAGIOS_UNKNOWN;
}

enum nagios_state nagios_run(const struct nagios_program *program, int argc, char *const argv[],
			     const struct nagios_env *env, struct buf *out)
{
	struct nagios_settings *settings = calloc(1, sizeof(*settings));
	struct nagios_argv words = {0};
	enum nagios_state state;
	struct err err = {0};

	if (settings == NULL)
		return fall_short(program, ERR_MEMORY, out);
	nagios_settings_init(settings, program, env);
	state = nagios_argv_read(&words, argc, argv, program->name, env, &err)
			? run_settings(settings, &words, &err, out)
			: refuse(program, &err, out);
	nagios_settings_free(settings);
	nagios_argv_free(&words);
	free(settings);
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
	enum nagios_state state = NAGIOS_UNKNOWN;
	struct buf out;

	if (!begin_process())
		return NAGIOS_UNKNOWN;
	nagios_watchdog_start(program->service);
	buf_init(&out, (size_t)2 * NAGIOS_OUTPUT_MAX);
	state = nagios_run(program, argc, argv, &env, &out);
	nagios_watchdog_stage(NAGIOS_STAGE_WRITING);
	if (!buf_ok(&out) || (err_own_seen() != ERR_NONE && state != NAGIOS_UNKNOWN)) {
		state = NAGIOS_UNKNOWN;
		(void)!(str_write(str_of(program->service), STDOUT_FILENO) &&
			str_write(STR(" UNKNOWN: out of memory\n"), STDOUT_FILENO));
	} else if (!str_write(buf_str(&out), STDOUT_FILENO)) {
		state = NAGIOS_UNKNOWN;
	}
	buf_free(&out);
	return (int)state;
}
