/* SPDX-License-Identifier: MIT */
/* watchdog.c - see watchdog.h. What the handler of a signal uses is static: it has no other way to
 * come by it. */
#include "watchdog.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include "rates.h"

enum { STAGES = NAGIOS_STAGE_WRITING, LINE_MAX_BYTES = 200 };

static char line[STAGES][LINE_MAX_BYTES];
static volatile sig_atomic_t line_len[STAGES];
static volatile sig_atomic_t exit_status = NAGIOS_UNKNOWN;
static volatile sig_atomic_t at_stage = NAGIOS_STAGE_OPTIONS;
static const char *service_name = "";
static double started;

/* A pipe with room takes so short a line whole: nothing is waited for. */
static void on_alarm(int number)
{
	struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
	int stage = at_stage;

	(void)number;
	if (stage < STAGES && poll(&out, 1, 0) == 1)
		(void)!write(STDOUT_FILENO, line[stage], (size_t)line_len[stage]);
	/* What was found could not be told. */
	_exit(stage < STAGES ? exit_status : NAGIOS_UNKNOWN);
}

static void prepare(enum nagios_state state, double seconds)
{
	static const char *const waited[STAGES] = {
		[NAGIOS_STAGE_OPTIONS] = "still reading the files that options name",
		[NAGIOS_STAGE_ASKING] = "still waiting for this host: the resolver, a file or /proc",
	};

	for (int i = 0; i < STAGES; i++) {
		int len = snprintf(line[i], sizeof(line[i]), "%s %s: no result within %g s: %s\n",
				   service_name, nagios_state_name(state), seconds, waited[i]);

		line_len[i] = len < LINE_MAX_BYTES ? len : LINE_MAX_BYTES - 1;
	}
	exit_status = (sig_atomic_t)state;
}

static void arm(double seconds)
{
	double left = started + seconds + NAGIOS_WATCHDOG_GRACE - nagios_boot_seconds();
	struct itimerval timer = {.it_value = {.tv_usec = 1}};

	if (left > 0) {
		timer.it_value.tv_sec = (time_t)left;
		timer.it_value.tv_usec =
			(suseconds_t)((left - (double)timer.it_value.tv_sec) * 1e6) + 1;
	}
	/* A second that is not whole may round up to one. */
	if (timer.it_value.tv_usec >= 1000000)
		timer.it_value.tv_usec = 999999;
	(void)setitimer(ITIMER_REAL, &timer, NULL);
}

void nagios_watchdog_start(const char *service)
{
	struct sigaction action = {.sa_handler = on_alarm};
	sigset_t alarm_only;

	service_name = service;
	started = nagios_boot_seconds();
	prepare(NAGIOS_UNKNOWN, NAGIOS_TIMEOUT_SECONDS);
	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(SIGALRM, &action, NULL);
	/* The parent may have left it blocked. */
	(void)sigemptyset(&alarm_only);
	(void)sigaddset(&alarm_only, SIGALRM);
	(void)sigprocmask(SIG_UNBLOCK, &alarm_only, NULL);
	arm(NAGIOS_TIMEOUT_SECONDS);
}

void nagios_watchdog_set(const struct nagios_settings *settings)
{
	if (started <= 0)
		return;
	prepare(settings->has_timeout_state ? settings->timeout_state : NAGIOS_UNKNOWN,
		settings->timeout_seconds);
	nagios_watchdog_stage(NAGIOS_STAGE_ASKING);
	arm(settings->timeout_seconds);
}

void nagios_watchdog_stage(enum nagios_stage stage)
{
	at_stage = (sig_atomic_t)stage;
}
