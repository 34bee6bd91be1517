/* SPDX-License-Identifier: MIT */
/* YAML as a tree: what it becomes, and what is refused on which line. */
#include "unit.h"

#include <unistd.h>

#include "buf.h"
#include "prometheus_exporter/yaml_tree.h"

enum { ARENA_BYTES = 8 * 1024 * 1024, SHOWN_MAX = 4096 };

static bool parse(const struct yaml **root, struct arena *arena, struct str text, struct err *err)
{
	arena_init(arena, ARENA_BYTES);
	err_clear(err);
	return yaml_parse(root, arena, text, err);
}

/* The tree on one line: {key@line=text;...}, [text;...]; quoted texts in quotes. */
static void show(struct buf *out, const struct yaml *node)
{
	if (node->kind == YAML_SCALAR) {
		buf_addf(out, node->quoted ? "'%s'" : "%s", node->text);
		return;
	}
	buf_add_char(out, node->kind == YAML_LIST ? '[' : '{');
	for (const struct yaml *i = node->first; i != NULL; i = i->next) {
		if (i->key != NULL)
			buf_addf(out, "%s@%u=", i->key, i->line);
		show(out, i);
		if (i->next != NULL)
			buf_add_char(out, ';');
	}
	buf_add_char(out, node->kind == YAML_LIST ? ']' : '}');
}

static void test_trees(void **state)
{
	static const struct {
		const char *text;
		const char *tree;
	} given[] = {
		{"", "{}"},
		{"\n# nothing\n", "{}"},
		{"---\n", "{}"},
		{"~", "{}"},
		{"a: 1", "{a@1=1}"},
		{"a:\nb: ~\nc: null\nd: ''\n", "{a@1=;b@2=;c@3=;d@4=''}"},
		{"a: {b: [1, \"2\"], c: {}}", "{a@1={b@1=[1;'2'];c@1={}}}"},
		{"a:\n  b:\n    - x\n    - y: z\n", "{a@1={b@2=[x;{y@4=z}]}}"},
		{"a: |\n  two\n  lines\n", "{a@1='two\nlines\n'}"},
		{"- 1\n- [2, 3]\n", "[1;[2;3]]"},
		{"a: \"\\u00e9\"\n", "{a@1='\xc3\xa9'}"},
		{"\xef\xbb\xbf"
		 "a: b\n",
		 "{a@1=b}"},
		{"just a text", "just a text"},
		{"''", "''"},
		{"%YAML 1.1\n---\na: 1\n...\n", "{a@3=1}"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		const struct yaml *root = NULL;
		struct arena arena;
		struct err err;
		struct buf shown;

		if (!parse(&root, &arena, str_of(given[i].text), &err))
			fail_msg("%s: %s", given[i].text, err.text);
		buf_init(&shown, SHOWN_MAX);
		show(&shown, root);
		assert_string_equal(buf_text(&shown), given[i].tree);
		buf_free(&shown);
		arena_free(&arena);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		size_t len; /* 0: that of the text */
		const char *why;
	} given[] = {
		{"a: 1\na: 2\n", 0, "line 2: \"a\" stands here twice"},
		{"x: {a: 1,\n  a: 2}\n", 0, "line 2: \"a\" stands here twice"},
		{"a: [1\n", 0, "line 2: this is no YAML: "},
		{"a: b: c\n", 0, "line 1: this is no YAML: "},
		{"a: 1\n\tb: 2\n", 0, "line 2: this is no YAML: "},
		{"a: &x 1\n", 0, "line 1: anchors (&), aliases (*) and tags (!)"},
		{"a: 1\nb: *x\n", 0, "line 2: anchors"},
		{"a: !!int 1\n", 0, "line 1: anchors"},
		{"a: !x [1]\n", 0, "line 1: anchors"},
		{"a: &x {b: 1}\n", 0, "line 1: anchors"},
		{"&x a: 1\n", 0, "line 1: anchors"},
		{"!!str a: 1\n", 0, "line 1: anchors"},
		{"*x : 1\n", 0, "line 1: anchors"},
		{"a:\n  <<: *b\n", 0, "line 2: anchors"},
		{"a: 1\n---\nb: 2\n", 0, "line 2: a second document (---) begins"},
		{"? [a]\n: 1\n", 0, "line 1: a key must be a word"},
		{"a: \"x\\0y\"\n", 0, "line 1: a text with a zero byte"},
		{"a: 1\nb: \xff\n", 0, "line 2: this is no YAML: "},
		{"a: 1\nb: x\0y\n", 11, "line 2: this is no YAML: "},
		{"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", 0, "line 1: nested too deeply"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		size_t len = given[i].len > 0 ? given[i].len : strlen(given[i].text);
		struct str text = {given[i].text, len};
		const struct yaml *root = NULL;
		struct arena arena;
		struct err err;

		if (parse(&root, &arena, text, &err))
			fail_msg("taken: %s", given[i].text);
		assert_int_equal(err.kind, ERR_USAGE);
		if (strncmp(err.text, given[i].why, strlen(given[i].why)) != 0)
			fail_msg("%s: %s", given[i].text, err.text);
		arena_free(&arena);
	}
}

static void test_ceilings(void **state)
{
	const struct yaml *root = NULL;
	struct arena arena;
	struct err err;
	struct buf text;

	(void)state;
	buf_init(&text, YAML_BYTES_MAX);
	for (unsigned i = 0; i < YAML_ENTRIES_MAX; i++)
		buf_addf(&text, "k%u: 1\n", i);
	assert_true(parse(&root, &arena, buf_str(&text), &err));
	arena_free(&arena);
	buf_add_text(&text, "k: 1\n");
	assert_false(parse(&root, &arena, buf_str(&text), &err));
	assert_non_null(strstr(err.text, "too many entries"));
	arena_free(&arena);
	buf_free(&text);
	arena_init(&arena, 64);
	err_clear(&err);
	assert_false(yaml_parse(&root, &arena, STR("a: [1, 2, 3, 4, 5, 6]"), &err));
	assert_int_equal(err.kind, ERR_MEMORY);
	arena_free(&arena);
}

/* ---- strict reading ------------------------------------------------------------------------- */

struct taken {
	char text[64];
	unsigned lists;
	unsigned maps;
};

static bool take_text(void *ctx, const struct yaml *value, struct err *err)
{
	struct taken *taken = ctx;

	if (strcmp(value->text, "bad") == 0)
		return err_set(err, ERR_USAGE, "this is bad");
	if (strcmp(value->text, "worse") == 0)
		return yaml_refuse(value, err, "expected better");
	(void)snprintf(taken->text, sizeof(taken->text), "%s", value->text);
	return true;
}

static bool take_list(void *ctx, const struct yaml *value, struct err *err)
{
	struct taken *taken = ctx;

	(void)err;
	for (const struct yaml *i = value->first; i != NULL; i = i->next)
		taken->lists++;
	return true;
}

static bool take_map(void *ctx, const struct yaml *value, struct err *err)
{
	struct taken *taken = ctx;

	(void)err;
	taken->maps += value->first != NULL ? 1 : 100;
	return true;
}

static const struct yaml_field field[] = {
	{"text", YAML_SCALAR, take_text},
	{"list", YAML_LIST, take_list},
	{"map", YAML_MAP, take_map},
};

static void test_take(void **state)
{
	static const struct {
		const char *text;
		const char *why; /* NULL: taken */
	} given[] = {
		{"text: a\nlist: [1, 2]\nmap: {a: 1}\n", NULL},
		{"list:\nmap:\n", NULL},
		{"", NULL},
		{"text: a\nnope: 1\n", "line 2: unknown key \"nope\"; expected text, list or map"},
		{"text: [a]\n", "line 1: text: expected a value"},
		{"list: a\n", "line 1: list: expected a list"},
		{"list: ''\n", "line 1: list: expected a list"},
		{"\nmap: [1]\n", "line 2: map: expected a map (key: value)"},
		{"text: bad\n", "line 1: this is bad"},
		{"\n\ntext: worse\n", "line 3: expected better, not \"worse\""},
		{"- 1\n", "line 1: expected a map (key: value)"},
		{"word\n", "line 1: expected a map (key: value), not \"word\""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		const struct yaml *root = NULL;
		struct taken taken = {0};
		struct arena arena;
		struct err err;
		bool ok;

		assert_true(parse(&root, &arena, str_of(given[i].text), &err));
		ok = yaml_take(root, field, ARRAY_LEN(field), &taken, &err);
		assert_string_equal(err.text, given[i].why == NULL ? "" : given[i].why);
		assert_int_equal(ok, given[i].why == NULL);
		if (i == 0)
			assert_true(strcmp(taken.text, "a") == 0 && taken.lists == 2 &&
				    taken.maps == 1);
		if (i == 1)
			assert_true(taken.lists == 0 && taken.maps == 100);
		arena_free(&arena);
	}
}

static void test_bool(void **state)
{
	static const struct {
		const char *text;
		int value; /* -1: refused */
	} given[] = {
		{"true", 1}, {"false", 0}, {"yes", 1}, {"no", 0},    {"on", 1},
		{"off", 0},  {"1", -1},    {"", -1},   {"True", -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		const struct yaml node = {.kind = YAML_SCALAR, .line = 7, .text = given[i].text};
		struct err err = {0};
		bool value = given[i].value == 0;
		bool ok = yaml_bool(&node, &value, &err);

		assert_int_equal(ok ? (int)value : -1, given[i].value);
		if (!ok)
			assert_int_equal(strncmp(err.text, "line 7: expected true or false", 30),
					 0);
	}
}

static void test_files(void **state)
{
	char path[] = "/tmp/connledger-yaml-XXXXXX";
	const struct yaml *root = NULL;
	struct arena arena;
	struct err err = {0};
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "a: 1\na: 2\n", 10), 10);
	(void)close(fd);
	arena_init(&arena, ARENA_BYTES);
	assert_false(yaml_read(&root, &arena, path, &err));
	assert_int_equal(strncmp(err.text, path, strlen(path)), 0);
	assert_non_null(strstr(err.text, ": line 2: "));
	assert_int_equal(truncate(path, 5), 0);
	err_clear(&err);
	assert_true(yaml_read(&root, &arena, path, &err));
	assert_string_equal(root->first->text, "1");
	assert_int_equal(truncate(path, YAML_BYTES_MAX + 1), 0);
	assert_false(yaml_read(&root, &arena, path, &err));
	assert_non_null(strstr(err.text, "longer than 1048576 bytes"));
	(void)unlink(path);
	err_clear(&err);
	assert_false(yaml_read(&root, &arena, path, &err));
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	err_clear(&err);
	assert_false(yaml_read(&root, &arena, "/tmp", &err));
	assert_non_null(strstr(err.text, "no regular file"));
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trees),    cmocka_unit_test(test_refused),
		cmocka_unit_test(test_ceilings), cmocka_unit_test(test_take),
		cmocka_unit_test(test_bool),     cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests_name("exporter_yaml", tests, NULL, NULL);
}
