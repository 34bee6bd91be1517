/* SPDX-License-Identifier: MIT */
/* numbers.c - see numbers.h. */
#include "numbers.h"

#include <stdlib.h>

static int by_number(const void *a, const void *b)
{
	const uint32_t *left = a;
	const uint32_t *right = b;

	return (*left > *right) - (*left < *right);
}

void numbers_sort(uint32_t *item, size_t len)
{
	if (len > 1)
		qsort(item, len, sizeof(*item), by_number);
}

bool numbers_have(const uint32_t *item, size_t len, uint32_t one)
{
	return len > 0 && bsearch(&one, item, len, sizeof(one), by_number) != NULL;
}
