/* SPDX-License-Identifier: MIT */
/* test_numbers.c - who is in an array of numbers. */
#include "unit.h"

#include "numbers.h"

static void none_and_one(void **state)
{
	uint32_t one = 7;

	(void)state;
	numbers_sort(NULL, 0);
	assert_false(numbers_have(NULL, 0, 0));
	numbers_sort(&one, 1);
	assert_true(numbers_have(&one, 1, 7));
	assert_false(numbers_have(&one, 1, 8));
}

/* The largest ones, too, whose differences have no room in an int. */
static void each_of_them_and_nobody_else(void **state)
{
	uint32_t item[] = {UINT32_MAX, 0, 5, 5, 0x80000000, 1, UINT32_MAX - 2, 0x7fffffff};
	uint32_t sorted[ARRAY_LEN(item)];

	(void)state;
	memcpy(sorted, item, sizeof(item));
	numbers_sort(sorted, ARRAY_LEN(sorted));
	for (size_t i = 1; i < ARRAY_LEN(sorted); i++)
		assert_true(sorted[i - 1] <= sorted[i]);
	for (size_t i = 0; i < ARRAY_LEN(item); i++)
		assert_true(numbers_have(sorted, ARRAY_LEN(sorted), item[i]));
	assert_false(numbers_have(sorted, ARRAY_LEN(sorted), 2));
	assert_false(numbers_have(sorted, ARRAY_LEN(sorted), UINT32_MAX - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(none_and_one),
		cmocka_unit_test(each_of_them_and_nobody_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
