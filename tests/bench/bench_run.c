/* SPDX-License-Identifier: MIT */
/*
 * bench_run.c - runs a program so many times and tells what each run took. It is small so that what
 * it costs to start a program from it is small too: in the peak memory that the kernel tells of a
 * program, and in its CPU time, there is a share of the one who started it.
 *
 *     bench_run RUNS PROGRAM [ARGUMENT]...       PROGRAM is a path
 *
 * Prints a line for each run: wall-clock microseconds, CPU microseconds (user and system, of the
 * program and all that it waited for), and the peak of resident memory in kB, which is the highest
 * of all runs so far. The program's own output goes to /dev/null. A run that does not end with exit
 * status 0 ends all.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "str.h"

extern char **environ;

static int64_t wall_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* CPU time of all programs that have ended so far. */
static int64_t cpu_us(struct rusage *usage)
{
	(void)getrusage(RUSAGE_CHILDREN, usage);
	return ((int64_t)usage->ru_utime.tv_sec + (int64_t)usage->ru_stime.tv_sec) * 1000000 +
	       (int64_t)usage->ru_utime.tv_usec + (int64_t)usage->ru_stime.tv_usec;
}

static bool run(char *const argv[], const posix_spawn_file_actions_t *actions)
{
	int status = 0;
	pid_t pid;
	int error = posix_spawn(&pid, argv[0], actions, NULL, argv, environ);

	if (error != 0) {
		(void)fprintf(stderr, "bench_run: %s: %s\n", argv[0], strerror(error));
		return false;
	}
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return false;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	(void)fprintf(stderr, "bench_run: %s: ended with wait status %d\n", argv[0], status);
	return false;
}

static bool measure(char *const argv[], const posix_spawn_file_actions_t *actions)
{
	struct rusage usage;
	int64_t cpu = cpu_us(&usage);
	int64_t wall = wall_us();

	if (!run(argv, actions))
		return false;
	wall = wall_us() - wall;
	cpu = cpu_us(&usage) - cpu;
	return printf("%lld %lld %ld\n", (long long)wall, (long long)cpu, usage.ru_maxrss) > 0;
}

int main(int argc, char *argv[])
{
	posix_spawn_file_actions_t actions;
	uint64_t runs;
	bool ok;

	if (argc < 3 || !str_to_u64(str_of(argv[1]), &runs)) {
		(void)fprintf(stderr, "usage: bench_run RUNS PROGRAM [ARGUMENT]...\n");
		return EXIT_FAILURE;
	}
	if (posix_spawn_file_actions_init(&actions) != 0)
		return EXIT_FAILURE;
	ok = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) ==
		     0 &&
	     posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO) == 0;
	for (uint64_t i = 0; ok && i < runs; i++)
		ok = measure(argv + 2, &actions);
	(void)posix_spawn_file_actions_destroy(&actions);
	return ok && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
