/* SPDX-License-Identifier: MIT */
/*
 * main.c - the Munin plugin's entry: the only code here that touches argv, the environment and the
 * standard streams. Munin reads standard output; lines on standard error go to munin-node's log.
 */
#include "begin.h"
#include "plugin.h"

static const char *get(const void *ctx, const char *name)
{
	(void)ctx;
	return getenv(name);
}

int main(int argc, char *argv[])
{
	static const struct munin_env env = {.get = get, .ctx = NULL};
	struct buf out;
	struct buf log;
	bool ok;

	if (!begin_process())
		return EXIT_FAILURE;
	buf_init(&out, MUNIN_OUTPUT_MAX);
	buf_init(&log, MUNIN_OUTPUT_MAX);
	munin_run(argc, argv, &env, &out, &log);
	ok = buf_ok(&out) && fputs(buf_text(&out), stdout) != EOF && fflush(stdout) == 0;
	if (!ok && log.len == 0)
		(void)fprintf(stderr, "connledger: %s\n",
			      err_own_seen() != ERR_NONE ? err_own_text(err_own_seen())
							 : "cannot write");
	(void)fputs(buf_text(&log), stderr);
	buf_free(&out);
	buf_free(&log);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
