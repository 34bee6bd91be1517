/* SPDX-License-Identifier: MIT */
/* past.c - the history of a site in the state file; see past.h. */
#include "past.h"

#include "rates.h"
#include "state.h"

/* A file that is damaged, or of another version, is one that is not there. */
static bool read_history(struct state *state, struct history *history, struct err *err)
{
	struct err ignored = {0};
	struct buf text;
	bool ok;

	history_init(history);
	buf_init(&text, STATE_BYTES_MAX);
	ok = state_read(state, &text, err);
	if (ok && text.len > 0 && !history_parse(history, buf_str(&text), &ignored))
		history_init(history);
	buf_free(&text);
	return ok;
}

/* What goes wrong here spoils the next run's findings, not this one's. */
static void write_history(struct state *state, const struct history *history, struct err *err)
{
	struct buf text;

	buf_init(&text, HISTORY_TEXT_MAX);
	history_encode(history, &text);
	if (!buf_ok(&text))
		(void)err_set(err, ERR_MEMORY, "out of memory");
	else
		(void)!state_write(state, buf_str(&text), err);
	buf_free(&text);
}

bool nagios_past_judge(const struct nagios_settings *settings, struct scrape *scrape,
		       struct err *past, struct err *err)
{
	struct history *history = malloc(sizeof(*history));
	struct state state;
	bool open;
	bool known;
	bool ok;

	if (history == NULL)
		return err_set(err, ERR_MEMORY, "out of memory");
	open = nagios_state_open(settings, &state, past);
	known = open && read_history(&state, history, past);
	ok = scrape_judge(scrape, known ? history : NULL);
	if (known && ok)
		write_history(&state, history, past);
	if (open)
		state_close(&state);
	free(history);
	return ok || err_set(err, ERR_MEMORY, "out of memory");
}
