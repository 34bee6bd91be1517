/* SPDX-License-Identifier: MIT */
/* begin.c - see begin.h. */
#include "begin.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

bool begin_process(void)
{
	(void)signal(SIGXFSZ, SIG_IGN);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			continue;
		/* The lowest free number is this one: those below it are open. */
		if (open("/dev/null", O_RDWR) != fd)
			return false;
	}
	return true;
}
