/* SPDX-License-Identifier: MIT */
/* main.c - connledger_exporter: reads its command line, then serves until SIGTERM or SIGINT. */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "answer.h"
#include "begin.h"
#include "check.h"
#include "http.h"

enum {
	EXIT_USAGE = 2,
	HELP_BYTES_MAX = 16 * 1024,
	DESCRIPTORS = 16 * 1024,
};

/* How long answers that are being made may still take after a signal. */
static const double stop_seconds = 0.5;

static const char *environment(const char *name)
{
	return getenv(name);
}

static int fail(const struct err *err)
{
	bool usage = err->kind == ERR_USAGE;

	(void)fprintf(stderr, "connledger_exporter: error: %s%s\n", err->text,
		      usage ? " (see --help)" : "");
	return usage ? EXIT_USAGE : EXIT_FAILURE;
}

static bool print(const struct buf *text)
{
	bool ok = buf_ok(text) && fwrite(buf_text(text), 1, text->len, stdout) == text->len;

	return fflush(stdout) == 0 && ok;
}

static int print_help(void)
{
	struct buf help;
	bool ok;

	buf_init(&help, HELP_BYTES_MAX);
	exporter_config_help(&help);
	ok = print(&help);
	buf_free(&help);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Found wrong now, they cannot make every scrape fail later. */
static bool check_files(const struct exporter_config *config, struct err *err)
{
	const char *file[] = {config->fetch.ca_file, config->fetch.client_cert,
			      config->fetch.client_key};

	for (size_t i = 0; i < ARRAY_LEN(file); i++) {
		if (file[i] != NULL && access(file[i], R_OK) != 0)
			return err_set(err, ERR_USAGE, "cannot read \"%.100s\": %s", file[i],
				       strerror(errno));
	}
	return true;
}

/* Says what was understood, for somebody who is about to restart or reload a service. */
static int check(const struct exporter_config *config)
{
	struct err err = {0};
	struct buf text;
	bool ok;

	if (!exporter_check(config, &err))
		return fail(&err);
	buf_init(&text, EXPORTER_CHECK_BYTES_MAX);
	exporter_check_print(&text, config);
	ok = print(&text);
	buf_free(&text);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run_once(struct exporter_config *config, const struct exporter_log *log)
{
	const struct exporter_question question = {.form = EXPORTER_TEXT};
	struct exporter_self self;
	struct exporter_state *state;
	unsigned timeout_ms;
	struct err err = {0};
	struct buf text;
	bool ok;

	exporter_self_init(&self);
	state = exporter_state_new(config, log, &self, false, &err);
	if (state == NULL)
		return fail(&err);
	buf_init(&text, exporter_answer_max(question.form));
	timeout_ms = exporter_answer_timeout_ms(state, &question);
	ok = exporter_answer(state, &question, timeout_ms, &text, &err);
	exporter_state_release(state);
	exporter_self_free(&self);
	if (ok && err_own_seen() != ERR_NONE)
		ok = err_set(&err, err_own_seen(), "%s", err_own_text(err_own_seen()));
	if (ok && !print(&text))
		ok = err_set_errno(&err, errno, "cannot write");
	buf_free(&text);
	return ok ? EXIT_SUCCESS : fail(&err);
}

/* The usual 1024 are few when every listening socket may have its connections. */
static void raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= DESCRIPTORS)
		return;
	limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* Waits for the signal that ends it. */
static int wait_for_end(struct exporter_now *now, const struct systemd *systemd,
			const sigset_t *signals)
{
	int number = 0;

	while (sigwait(signals, &number) == 0 && number == SIGHUP) {
		struct err err = {0};

		systemd_reloading(systemd);
		/* The log has been told what is wrong. */
		(void)!exporter_now_reload(now, &err);
		systemd_ready(systemd, "serving");
	}
	return number;
}

/* Until a signal ends it. */
static int serve(struct exporter_now *now, const struct systemd *systemd,
		 const struct exporter_log *log)
{
	struct err err = {0};
	struct exporter_http *http;
	sigset_t signals;
	int number;

	/* Blocked before there are threads, so that none of them takes a signal. */
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGHUP);
	(void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	raise_descriptors();
	http = exporter_http_start(now, systemd, log, &err);
	if (http == NULL)
		return fail(&err);
	systemd_ready(systemd, "serving");
	number = wait_for_end(now, systemd, &signals);
	systemd_stopping(systemd);
	exporter_log(log, EXPORTER_INFO, "stopping",
		     LOG_FIELDS({"signal", number == SIGINT ? "INT" : "TERM"}));
	/* A thread that waits for a target would use what exit() takes apart. */
	if (!exporter_http_stop(http, stop_seconds))
		_exit(EXIT_SUCCESS);
	return EXIT_SUCCESS;
}

/* What systemd has set is for this process alone. */
static bool read_systemd(struct systemd *systemd, struct err *err)
{
	static const char *const name[] = {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES",
					   "NOTIFY_SOCKET"};
	bool ok = systemd_read(systemd, environment, err);

	for (size_t i = 0; i < ARRAY_LEN(name); i++)
		(void)unsetenv(name[i]);
	return ok;
}

static int run_server(struct exporter_config *config, struct exporter_log *log)
{
	struct err err = {0};
	struct systemd systemd;
	struct exporter_self self;
	struct log_limit limit;
	struct exporter_state *state;
	struct exporter_now now;
	int status;

	if (!read_systemd(&systemd, &err))
		return fail(&err);
	if (config->systemd_socket && systemd.fds == 0) {
		err_set(&err, ERR_USAGE, "--web.systemd-socket: systemd has handed over no socket");
		return fail(&err);
	}
	exporter_self_init(&self);
	if (!log_limit_init(&limit, &self.log_dropped))
		return EXIT_FAILURE;
	log->limit = &limit;
	state = exporter_state_new(config, log, &self, true, &err);
	if (state == NULL || !exporter_now_init(&now, state))
		return fail(&err);
	status = serve(&now, &systemd, log);
	exporter_now_free(&now);
	exporter_self_free(&self);
	log_limit_free(&limit);
	return status;
}

static int run(struct exporter_config *config)
{
	struct exporter_log log = {
		.level = config->level, .format = config->log_format, .fd = STDERR_FILENO};
	struct err err = {0};

	if (config->help)
		return print_help();
	if (config->version) {
		(void)printf("connledger_exporter %s\n", CONNLEDGER_VERSION);
		return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	if (!check_files(config, &err))
		return fail(&err);
	if (config->check)
		return check(config);
	return config->once ? run_once(config, &log) : run_server(config, &log);
}

/* Threads that seldom run at once need no arena each. What a big scrape took is given back; what
 * fifty sites take is not, since they will take it again in a moment, and to get and clear a
 * page costs more than to print what stands on it. */
static void spare_memory(void)
{
	enum { LARGE_BYTES = 512 * 1024, KEPT_BYTES = 1024 * 1024 };

#ifdef M_ARENA_MAX
	(void)mallopt(M_ARENA_MAX, 1);
#endif
#ifdef M_MMAP_THRESHOLD
	(void)mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
#endif
#ifdef M_TRIM_THRESHOLD
	(void)mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
#endif
}

int main(int argc, char *argv[])
{
	struct exporter_config config;
	struct err err = {0};
	int status;

	if (!begin_process())
		return EXIT_FAILURE;
	spare_memory();
	if (exporter_config_parse(&config, argc, argv, environment, &err))
		status = run(&config);
	else
		status = fail(&err);
	exporter_config_free(&config);
	return status;
}
