/* SPDX-License-Identifier: MIT */
/* check_connections.c - the Nagios check of the ledger: who holds nginx' connections. */
#include "check.h"

int main(int argc, char *argv[])
{
	return nagios_main(&nagios_program_connections, argc, argv);
}
