/* SPDX-License-Identifier: MIT */
/* The table of nginx's known defects: whether it makes sense, and whom it accuses. */
#include "unit.h"

#include "defects.h"

enum { FOUND_MAX = 40 };

#define ANY_SYMPTOM (DEFECT_LEAK | DEFECT_PHANTOM | DEFECT_READING | DEFECT_DRAINING)

static struct nginx_version version_of(const char *text)
{
	char server[40];

	(void)snprintf(server, sizeof(server), "nginx/%s", text);
	return nginx_version_of(server);
}

static bool is_before(const struct nginx_version *a, const struct nginx_version *b)
{
	return nginx_version_compare(*a, b->major, b->minor, b->patch) < 0;
}

/* Texts stand in the middle of sentences. */
static void check_text(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		assert_true(text[i] >= ' ' && text[i] <= '~');
	if (len > 0)
		assert_true(text[0] != ' ' && text[len - 1] != ' ' && text[len - 1] != '.');
}

static void test_table(void **state)
{
	size_t without_symptom = 0;

	(void)state;
	assert_int_equal(defect_all_len, 26);
	for (size_t i = 0; i < defect_all_len; i++) {
		const struct defect *defect = &defect_all[i];
		const struct defect *before = i > 0 ? &defect_all[i - 1] : defect;

		/* In order of the fix, those without one last. */
		if (defect->fixed.known)
			assert_true(before->fixed.known &&
				    !is_before(&defect->fixed, &before->fixed));
		if (defect->first.known && defect->fixed.known)
			assert_true(is_before(&defect->first, &defect->fixed));
		/* A stable series is an even one, mended later than its defect and before or at the
		 * time of the main line. */
		if (defect->stable.known) {
			assert_true(defect->stable.minor % 2 == 0);
			assert_true(is_before(&defect->stable, &defect->fixed));
			assert_true(is_before(&defect->first, &defect->stable));
		}
		assert_true((defect->symptoms & ~(unsigned)ANY_SYMPTOM) == 0);
		without_symptom += defect->symptoms == 0;
		assert_true(strlen(defect->effect) > 0);
		assert_true(strlen(defect->where) + strlen(defect->needs) > 0);
		check_text(defect->where);
		check_text(defect->needs);
		check_text(defect->effect);
	}
	assert_int_equal(without_symptom, 1);
}

/* Which versions a defect, named by its fix and its place, is in. */
static const struct range_case {
	const char *version;
	unsigned major, minor, patch; /* the fix */
	const char *where;
	bool applies;
} range_case[] = {
	{"1.9.4", 1, 11, 3, "HTTP/2", false},  {"1.9.5", 1, 11, 3, "HTTP/2", true},
	{"1.10.1", 1, 11, 3, "HTTP/2", true},  {"1.10.2", 1, 11, 3, "HTTP/2", false},
	{"1.10.3", 1, 11, 3, "HTTP/2", false}, {"1.11.2", 1, 11, 3, "HTTP/2", true},
	{"1.11.3", 1, 11, 3, "HTTP/2", false}, {"1.12.0", 1, 11, 3, "HTTP/2", false},
	{"1.22.1", 1, 23, 4, "HTTP/2", true},  {"1.23.3", 1, 23, 4, "HTTP/2", true},
	{"1.23.4", 1, 23, 4, "HTTP/2", false}, {"1.24.0", 1, 23, 4, "HTTP/2", false},
	{"1.6.2", 1, 9, 5, "SPDY", true},      {"1.3.14", 1, 9, 5, "SPDY", false},
	{"1.9.5", 1, 9, 5, "SPDY", false},     {"0.5.0", 1, 15, 4, "HTTP/1", true},
	{"1.15.4", 1, 15, 4, "HTTP/1", false}, {"1.2.9", 1, 3, 0, "HTTP", true},
	{"1.3.0", 1, 3, 0, "HTTP", false},     {"1.20.1", 1, 21, 4, "HTTP/2", true},
	{"1.20.2", 1, 21, 4, "HTTP/2", false}, {"1.21.3", 1, 21, 4, "HTTP/2", true},
	{"1.25.0", 0, 0, 0, "HTTP/3", true},   {"1.31.5", 0, 0, 0, "HTTP/3", true},
	{"1.24.0", 0, 0, 0, "HTTP/3", false},  {"", 1, 23, 4, "HTTP/2", false},
};

static void test_ranges(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(range_case); i++) {
		const struct range_case *c = &range_case[i];
		struct nginx_version version = version_of(c->version);
		size_t seen = 0;

		for (size_t k = 0; k < defect_all_len; k++) {
			const struct defect *defect = &defect_all[k];

			if (strcmp(defect->where, c->where) != 0 ||
			    nginx_version_compare(defect->fixed, c->major, c->minor, c->patch) != 0)
				continue;
			seen++;
			if (defect_applies(defect, &version) != c->applies)
				fail_msg("%s and the fix of %u.%u.%u (%s)", c->version, c->major,
					 c->minor, c->patch, c->where);
		}
		assert_true(seen > 0);
	}
}

static const struct find_case {
	const char *version;
	unsigned symptoms;
	size_t found;
	unsigned minor, patch; /* of the first one's fix, 1.x.y */
} find_case[] = {
	{"1.22.1", DEFECT_READING, 1, 23, 4},
	{"1.22.1", DEFECT_DRAINING, 1, 27, 1},
	{"1.22.1", DEFECT_PHANTOM, 3, 25, 4},
	{"1.9.11", DEFECT_READING, 3, 23, 4},
	{"1.27.1", DEFECT_DRAINING, 1, 0, 0},
	{"1.27.0", DEFECT_DRAINING, 2, 27, 1},
	{"1.31.5", DEFECT_PHANTOM, 0, 0, 0},
	{"1.31.5", DEFECT_LEAK, 0, 0, 0},
	{"1.22.1", 0, 0, 0, 0},
	{"", ANY_SYMPTOM, 0, 0, 0},
};

static void test_find(void **state)
{
	const struct defect *found[FOUND_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(find_case); i++) {
		const struct find_case *c = &find_case[i];
		struct nginx_version version = version_of(c->version);
		size_t len = defect_find(&version, c->symptoms, found, FOUND_MAX);

		if (len != c->found)
			fail_msg("%s, symptoms %u: %zu found", c->version, c->symptoms, len);
		for (size_t k = 0; k < len; k++) {
			assert_true((found[k]->symptoms & c->symptoms) != 0);
			if (k > 0 && found[k]->fixed.known)
				assert_false(is_before(&found[k - 1]->fixed, &found[k]->fixed));
		}
		if (len > 0) {
			assert_int_equal(found[0]->fixed.minor, c->minor);
			assert_int_equal(found[0]->fixed.patch, c->patch);
		}
	}
}

/* The room for what is found is the caller's. */
static void test_find_with_little_room(void **state)
{
	const struct defect *found[3] = {NULL, NULL, NULL};
	struct nginx_version version = version_of("1.27.0");

	(void)state;
	assert_int_equal(defect_find(&version, DEFECT_DRAINING, found, 1), 2);
	assert_non_null(found[0]);
	assert_null(found[1]);
	assert_int_equal(defect_find(&version, DEFECT_DRAINING, found, 0), 2);
	assert_int_equal(defect_find(&version, DEFECT_DRAINING, found, 2), 2);
	assert_false(found[1]->fixed.known);
	assert_null(found[2]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_find_with_little_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
