/* SPDX-License-Identifier: MIT */
/* check_uwsgi.c - the Nagios check of uWSGI's stats servers. */
#include "check.h"

int main(int argc, char *argv[])
{
	return nagios_main(&nagios_program_uwsgi, argc, argv);
}
