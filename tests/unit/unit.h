/* SPDX-License-Identifier: MIT */
/* unit.h - what every unit test includes: cmocka with the headers that it wants before it. */
#ifndef CONNLEDGER_TESTS_UNIT_H
#define CONNLEDGER_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
