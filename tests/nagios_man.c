/* SPDX-License-Identifier: MIT */
/* nagios_man.c - prints the manual page of the check that argv names. A program for the build only.
 */
#include "nagios/check.h"
#include "nagios/man.h"

int main(int argc, char *argv[])
{
	static const struct nagios_program *const program[] = {
		&nagios_program_nginx, &nagios_program_uwsgi, &nagios_program_connections};
	struct buf out;
	bool ok = false;

	buf_init(&out, NAGIOS_MAN_BYTES_MAX);
	for (size_t i = 0; argc == 2 && i < ARRAY_LEN(program); i++) {
		if (strcmp(argv[1], program[i]->name) == 0) {
			nagios_man(program[i], &out);
			ok = buf_ok(&out) && fputs(buf_text(&out), stdout) != EOF &&
			     fflush(stdout) == 0;
		}
	}
	buf_free(&out);
	return ok ? 0 : 1;
}
