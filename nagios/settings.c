/* SPDX-License-Identifier: MIT */
/* settings.c - the options of all checks; see settings.h. */
#include "settings.h"

#include "failure.h"
#include "plain_file.h"

#define STATE_DIR "/var/tmp"

enum option_id {
	OPTION_WARNING,
	OPTION_CRITICAL,
	OPTION_TIMEOUT,
	OPTION_UNREACHABLE,
	OPTION_SAMPLE,
	OPTION_STATE_DIR,
	OPTION_COUNTERS,
	OPTION_IPV4,
	OPTION_IPV6,
	OPTION_VHOST,
	OPTION_AUTH,
	OPTION_AUTHFILE,
	OPTION_CAFILE,
	OPTION_INSECURE,
	OPTION_EXTRA_OPTS,
	OPTION_VERBOSE,
	OPTION_HELP,
	OPTION_VERSION,
};

static const struct option_spec option[] = {
	{OPTION_WARNING, 'w', "warning", "[METRIC=]RANGE",
	 "warn when the metric is outside of the range;"
	 " without METRIC the list below tells which is meant; may be repeated",
	 false},
	{OPTION_CRITICAL, 'c', "critical", "[METRIC=]RANGE", "the same for critical", false},
	{OPTION_TIMEOUT, 't', "timeout", "SECONDS[:STATE]",
	 "end after so many seconds, with STATE [10]", false},
	{OPTION_UNREACHABLE, 0, "unreachable", "STATE",
	 "the state when there is no good answer: ok,"
	 " warning, critical or unknown [critical]",
	 false},
	{OPTION_SAMPLE, 0, "sample", "SECONDS",
	 "read twice, so many seconds apart, for the rates;"
	 " needs no state file",
	 false},
	{OPTION_STATE_DIR, 0, "state-dir", "DIR",
	 "where to keep counters between two runs"
	 " [$MP_STATE_PATH, $NAGIOS_PLUGIN_STATE_DIRECTORY, " STATE_DIR "]",
	 false},
	{OPTION_COUNTERS, 0, "counters", NULL, "add the raw counters to the performance data",
	 false},
	{OPTION_IPV4, '4', "use-ipv4", NULL, "use IPv4 only", false},
	{OPTION_IPV6, '6', "use-ipv6", NULL, "use IPv6 only", false},
	{OPTION_VHOST, 0, "vhost", "NAME", "ask for the virtual host NAME (Host header, TLS)",
	 false},
	{OPTION_AUTH, 'a', "authentication", "USER:PASS",
	 "log in; other users of the machine can see"
	 " PASS, so better use one of the next two",
	 false},
	{OPTION_AUTHFILE, 0, "authfile", "FILE", "read USER:PASS from the first line of FILE",
	 false},
	{OPTION_EXTRA_OPTS, 0, "extra-opts", "[SECTION][@FILE]",
	 "read more options from an ini file", false},
	{OPTION_CAFILE, 0, "cafile", "FILE",
	 "trust the authorities of this PEM file [the system's]", false},
	{OPTION_INSECURE, 0, "insecure", NULL, "do not verify the server's certificate", false},
	{OPTION_VERBOSE, 'v', "verbose", NULL, "say more; -vv and -vvv say more yet", false},
	{OPTION_HELP, 'h', "help", NULL, "print this help", false},
	{OPTION_VERSION, 'V', "version", NULL, "print the version", false},
};

size_t nagios_options(const struct nagios_program *program, struct option_spec *spec)
{
	size_t len = 0;

	for (size_t i = 0; i < program->option_len && len < NAGIOS_OPTIONS_MAX; i++)
		spec[len++] = program->option[i];
	for (size_t i = 0; i < ARRAY_LEN(option) && len < NAGIOS_OPTIONS_MAX; i++)
		spec[len++] = option[i];
	return len;
}

/* ---- values ---------------------------------------------------------------------------------- */

bool nagios_set_secret(struct nagios_settings *settings, struct str text, struct err *err)
{
	size_t colon = str_find(text, ':');

	/* The text itself is never quoted: it may be a password. */
	if (colon == 0 || colon == text.len)
		return err_set(err, ERR_USAGE, "bad login: expected USER:PASS");
	if (text.len >= sizeof(settings->secret))
		return err_set(err, ERR_USAGE, "the login is longer than %d bytes",
			       NAGIOS_SECRET_MAX - 1);
	memcpy(settings->secret, text.ptr, text.len);
	settings->secret[text.len] = '\0';
	settings->secret[colon] = '\0';
	settings->site.options.username = settings->secret;
	settings->site.options.password = settings->secret + colon + 1;
	return true;
}

static bool set_authfile(struct nagios_settings *settings, const char *path, struct err *err)
{
	struct err why = {0};
	struct str rest;
	struct buf text;
	bool ok;

	buf_init(&text, NAGIOS_AUTHFILE_BYTES_MAX);
	if (!plain_file_read(&text, path, &why))
		ok = nagios_file_error(err, "--authfile", &why);
	else if (text.len == 0)
		ok = err_set(err, ERR_USAGE, "--authfile: \"%.120s\" is empty", path);
	else {
		rest = buf_str(&text);
		ok = nagios_set_secret(settings, str_trim(str_cut(&rest, '\n')), err);
	}
	buf_free(&text);
	return ok;
}

static bool set_timeout(struct nagios_settings *settings, const char *value, struct err *err)
{
	char seconds[32];
	struct str state = str_of(value);
	struct str number = str_cut(&state, ':');

	if (number.len >= sizeof(seconds))
		return err_set(err, ERR_USAGE, "bad timeout \"%.40s\": expected SECONDS[:STATE]",
			       value);
	memcpy(seconds, number.ptr, number.len);
	seconds[number.len] = '\0';
	settings->has_timeout_state = state.ptr != NULL;
	return option_seconds(seconds, NAGIOS_TIMEOUT_SECONDS_MAX, &settings->timeout_seconds,
			      err) &&
	       (!settings->has_timeout_state ||
		nagios_state_parse(&settings->timeout_state, state, err));
}

static bool set_flag(struct nagios_settings *settings, enum option_id id)
{
	if (id == OPTION_COUNTERS)
		settings->counters = true;
	else if (id == OPTION_IPV4)
		settings->site.options.ip = FETCH_IP_V4;
	else if (id == OPTION_IPV6)
		settings->site.options.ip = FETCH_IP_V6;
	else if (id == OPTION_INSECURE)
		settings->site.options.insecure = true;
	else if (id == OPTION_VERBOSE)
		settings->verbose++;
	else if (id == OPTION_HELP)
		settings->help = true;
	else
		settings->version = true;
	return true;
}

static bool handle(void *ctx, int id, const char *value, struct err *err)
{
	struct nagios_settings *settings = ctx;

	if (id >= NAGIOS_OWN_OPTION)
		return settings->program->handle(settings, id, value, err);
	switch ((enum option_id)id) {
	case OPTION_WARNING:
	case OPTION_CRITICAL:
		return nagios_set_threshold(settings, id == OPTION_CRITICAL, value, err);
	case OPTION_TIMEOUT:
		return set_timeout(settings, value, err);
	case OPTION_UNREACHABLE:
		return nagios_state_parse(&settings->unreachable, str_of(value), err);
	case OPTION_SAMPLE:
		return option_seconds(value, NAGIOS_TIMEOUT_SECONDS_MAX, &settings->sample_seconds,
				      err);
	case OPTION_STATE_DIR:
		settings->state_dir = value;
		return true;
	case OPTION_VHOST:
		settings->site.options.vhost = value;
		return true;
	case OPTION_AUTH:
		return nagios_set_secret(settings, str_of(value), err);
	case OPTION_AUTHFILE:
		return set_authfile(settings, value, err);
	case OPTION_CAFILE:
		settings->site.options.ca_file = value;
		return true;
	case OPTION_EXTRA_OPTS: /* was taken out of argv before */
		return true;
	case OPTION_COUNTERS:
	case OPTION_IPV4:
	case OPTION_IPV6:
	case OPTION_INSECURE:
	case OPTION_VERBOSE:
	case OPTION_HELP:
	case OPTION_VERSION:
		break;
	}
	return set_flag(settings, (enum option_id)id);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static const char *state_dir(const struct nagios_env *env)
{
	static const char *const variable[] = {"MP_STATE_PATH", "NAGIOS_PLUGIN_STATE_DIRECTORY"};

	for (size_t i = 0; i < ARRAY_LEN(variable); i++) {
		const char *value = env->get(env->ctx, variable[i]);

		if (value != NULL && *value != '\0')
			return value;
	}
	return STATE_DIR;
}

void nagios_settings_init(struct nagios_settings *settings, const struct nagios_program *program,
			  const struct nagios_env *env)
{
	*settings = (struct nagios_settings){
		.program = program,
		.timeout_seconds = NAGIOS_TIMEOUT_SECONDS,
		.unreachable = NAGIOS_CRITICAL,
		.state_dir = state_dir(env),
	};
	site_init(&settings->site);
	nagios_items_init(&settings->items, program->root, program->root_len);
}

bool nagios_settings_parse(struct nagios_settings *settings, int argc, char *const argv[],
			   struct err *err)
{
	struct option_spec spec[NAGIOS_OPTIONS_MAX];
	struct option_set set = {
		.spec = spec,
		.len = nagios_options(settings->program, spec),
		.handle = handle,
		.ctx = settings,
	};

	if (!option_parse(&set, argc, argv, err))
		return false;
	if (settings->help || settings->version)
		return true;
	if (settings->sample_seconds >= settings->timeout_seconds)
		return err_set(
			err, ERR_USAGE,
			"--sample %g leaves no time: expected less than the timeout of %g seconds",
			settings->sample_seconds, settings->timeout_seconds);
	return settings->program->finish(settings, err);
}

void nagios_settings_free(struct nagios_settings *settings)
{
	site_free(&settings->site);
	*settings = (struct nagios_settings){0};
}
