/* SPDX-License-Identifier: MIT */
/* begin.h - what each of our programs does before anything else. */
#ifndef CONNLEDGER_BEGIN_H
#define CONNLEDGER_BEGIN_H

#include "compiler.h"

#include <stdbool.h>

/* Opens /dev/null in place of each of the descriptors 0 to 2 that is not open: otherwise the next
 * pipe or socket would get its number, and what is meant for standard output would be written into
 * it. Has SIGXFSZ ignored: a file that becomes longer than the limit is an error of write(). False
 * when a descriptor is missing and cannot be made. */
bool begin_process(void) MUST_CHECK;

#endif
