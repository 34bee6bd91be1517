/* SPDX-License-Identifier: MIT */
/* numbers.h - arrays of numbers that are looked up: inodes of sockets, process ids. Pure. */
#ifndef CONNLEDGER_NUMBERS_H
#define CONNLEDGER_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"

/* Puts `item` in order. It may be NULL if there are none, as below. */
void numbers_sort(uint32_t *item, size_t len);
/* Whether `one` is among them, which are in order. */
bool numbers_have(const uint32_t *item, size_t len, uint32_t one);

#endif
