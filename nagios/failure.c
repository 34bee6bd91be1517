/* SPDX-License-Identifier: MIT */
/* failure.c - the reason why there is no answer; see failure.h. */
#include "failure.h"

struct failures {
	const struct nagios_settings *settings;
	size_t asked;
	size_t failed;
	const struct err *first;
	enum nagios_state state;
};

static void look_at(struct failures *failures, const struct probe *probe)
{
	const struct nagios_settings *settings = failures->settings;
	enum nagios_state state = settings->unreachable;

	if (!probe->asked)
		return;
	failures->asked++;
	if (probe->up)
		return;
	if (err_is_own(probe->err.kind))
		state = NAGIOS_UNKNOWN;
	else if (probe->err.kind == ERR_TIMEOUT && settings->has_timeout_state)
		state = settings->timeout_state;
	if (failures->failed++ == 0)
		failures->first = &probe->err;
	failures->state = nagios_state_worse(failures->state, state);
}

bool nagios_all_answered(const struct nagios_settings *settings, const struct scrape *scrape,
			 enum nagios_state *state, struct buf *text)
{
	struct failures failures = {.settings = settings, .state = NAGIOS_OK};
	const char *hint;

	look_at(&failures, &scrape->nginx_probe);
	for (size_t i = 0; i < scrape->uwsgi_len; i++)
		look_at(&failures, &scrape->uwsgi[i].probe);
	if (failures.first == NULL)
		return true;
	if (failures.asked > 1)
		buf_addf(text, "%zu of %zu targets failed: ", failures.failed, failures.asked);
	buf_add_text(text, failures.first->text);
	hint = settings->program->hint(failures.first->kind);
	if (*hint != '\0')
		buf_addf(text, " (%s)", hint);
	*state = failures.state;
	return false;
}

bool nagios_file_error(struct err *err, const char *option, const struct err *why)
{
	return err_set(err, err_is_own(why->kind) ? why->kind : ERR_USAGE, "%s: %s", option,
		       why->text);
}
