/* SPDX-License-Identifier: MIT */
/* rates.c - rates over two runs, or within one; see rates.h. */
#include "rates.h"

enum { KEY_BYTES_MAX = 128 * 1024 };

double nagios_boot_seconds(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Two checks share a state only if they ask the very same servers. */
static void add_key(const struct nagios_settings *settings, struct buf *key)
{
	const struct site *site = &settings->site;

	if (site->has_nginx)
		buf_addf(key, "nginx %s\n", site->nginx.name);
	for (size_t i = 0; i < site->uwsgi_len; i++)
		buf_addf(key, "uwsgi %s\n", site->uwsgi[i].name);
	if (site->options.vhost != NULL)
		buf_addf(key, "vhost %s\n", site->options.vhost);
}

bool nagios_state_open(const struct nagios_settings *settings, struct state *state, struct err *err)
{
	struct buf key;
	bool ok;

	buf_init(&key, KEY_BYTES_MAX);
	add_key(settings, &key);
	ok = state_open(state, settings->state_dir, settings->program->name, buf_str(&key),
			NAGIOS_LOCK_WAIT_MS, err);
	buf_free(&key);
	return ok;
}

/* A file that is damaged, or of another version, is one that is not there. */
static bool read_past(struct state *state, struct rate_past *past, struct err *err)
{
	struct err ignored = {0};
	struct buf text;
	bool ok;

	*past = (struct rate_past){0};
	buf_init(&text, STATE_BYTES_MAX);
	ok = state_read(state, &text, err);
	if (ok && text.len > 0 && !rate_past_parse(past, buf_str(&text), &ignored))
		*past = (struct rate_past){0};
	buf_free(&text);
	return ok;
}

/* What goes wrong here spoils the next run's rates, not this one's. */
static void write_past(struct state *state, const struct rate_past *past, struct err *err)
{
	struct buf text;

	buf_init(&text, STATE_BYTES_MAX);
	rate_past_encode(past, &text);
	if (!buf_ok(&text))
		(void)err_set(err, ERR_MEMORY, "out of memory");
	else
		(void)!state_write(state, buf_str(&text), err);
	buf_free(&text);
}

/* Takes the rates since `before`, with `now` raised to what it must be at least. */
static enum rate_state rate_since(struct nagios_items *items, const struct rate_sample *before,
				  struct rate_sample *now, double seconds_min)
{
	nagios_items_settle(items, before, now);
	nagios_items_rate(items, before, now, seconds_min);
	return rate_compare(before, now, seconds_min);
}

/* Two services that are checked in lock step, one right after the other, both have rates: the one
 * since the last sample, the other since the older one. */
static void compare(struct nagios_settings *settings, struct state *state, double asked,
		    double seconds, struct rate_past *past, struct nagios_rates *ret)
{
	struct rate_sample now;

	if (!read_past(state, past, &ret->err))
		return;
	nagios_items_sample(&settings->items, seconds, &now);
	now.asked = asked;
	ret->state = rate_since(&settings->items, &past->last, &now, RATE_SECONDS_MIN);
	if (ret->state != RATE_TOO_SOON) {
		rate_past_add(past, &now);
		write_past(state, past, &ret->err);
		return;
	}
	/* Leave the samples: else checks that run in quick succession never have a rate. */
	nagios_items_sample(&settings->items, seconds, &now);
	now.asked = asked;
	if (rate_since(&settings->items, &past->older, &now, RATE_SECONDS_MIN) == RATE_KNOWN)
		ret->state = RATE_KNOWN;
}

void nagios_rates_by_state(struct nagios_settings *settings, double asked, double seconds,
			   struct nagios_rates *ret)
{
	struct rate_past *past;
	struct state state;

	*ret = (struct nagios_rates){.state = RATE_FIRST};
	past = malloc(sizeof(*past));
	if (past == NULL) {
		(void)err_set(&ret->err, ERR_MEMORY, "out of memory");
	} else if (nagios_state_open(settings, &state, &ret->err)) {
		compare(settings, &state, asked, seconds, past, ret);
		state_close(&state);
	} else if (ret->err.kind == ERR_TIMEOUT) {
		/* Nothing is wrong: the other run leaves a sample. */
		err_clear(&ret->err);
		ret->state = RATE_BUSY;
	}
	free(past);
}

void nagios_rates_by_sample(struct nagios_settings *settings, const struct rate_sample *before,
			    double seconds, struct nagios_rates *ret)
{
	double seconds_min = settings->sample_seconds / 2;
	struct rate_sample now;

	*ret = (struct nagios_rates){0};
	nagios_items_sample(&settings->items, seconds, &now);
	ret->state = rate_since(&settings->items, before, &now, seconds_min);
}
