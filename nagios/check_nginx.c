/* SPDX-License-Identifier: MIT */
/* check_nginx.c - the Nagios check of nginx' stub_status page. */
#include "check.h"

int main(int argc, char *argv[])
{
	return nagios_main(&nagios_program_nginx, argc, argv);
}
