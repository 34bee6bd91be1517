/* SPDX-License-Identifier: MIT */
/* ini.c - options out of an ini file; see ini.h. */
#include "ini.h"

bool nagios_word_add(struct arena *arena, struct list *word, const struct str *piece,
		     size_t piece_len, struct err *err)
{
	size_t size = 1;
	char *text;
	char **item;

	for (size_t i = 0; i < piece_len; i++)
		size += piece[i].len;
	text = arena_alloc(arena, size);
	item = text == NULL ? NULL : list_add(word, arena, sizeof(*item));
	if (item == NULL)
		return err_set(err, ERR_MEMORY, "out of memory");
	*item = text;
	for (size_t i = 0; i < piece_len; i++) {
		if (piece[i].len > 0)
			memcpy(text, piece[i].ptr, piece[i].len);
		text += piece[i].len;
	}
	return true;
}

/* A password may hold a '#': only one after a blank begins a comment. */
static struct str cut_comment(struct str line)
{
	for (size_t i = 0; i < line.len; i++) {
		bool first = i == 0 || line.ptr[i - 1] == ' ' || line.ptr[i - 1] == '\t';

		if (line.ptr[i] == '#' && first)
			line.len = i;
	}
	return str_trim(line);
}

static bool add_option(struct str line, struct arena *arena, struct list *word, struct err *err)
{
	struct str value = line;
	struct str key = str_trim(str_cut(&value, '='));

	if (value.ptr == NULL || key.len == 0)
		return err_set(err, ERR_USAGE, "expected OPTION = VALUE");
	value = str_trim(value);
	if (key.len > 1) {
		const struct str piece[] = {STR("--"), key, STR("="), value};

		return nagios_word_add(arena, word, piece, value.len > 0 ? 4 : 2, err);
	}
	const struct str flag[] = {STR("-"), key};

	return nagios_word_add(arena, word, flag, 2, err) &&
	       (value.len == 0 || nagios_word_add(arena, word, &value, 1, err));
}

/* What a line is: nothing, a section, or an option. */
static bool read_line(struct str line, struct str section, bool *mine, bool *found,
		      struct arena *arena, struct list *word, struct err *err)
{
	line = cut_comment(line);
	if (line.len == 0 || line.ptr[0] == ';')
		return true;
	if (line.ptr[0] != '[')
		return !*mine || add_option(line, arena, word, err);
	if (line.ptr[line.len - 1] != ']')
		return err_set(err, ERR_USAGE, "expected [SECTION]");
	*mine = str_equal(str_trim((struct str){line.ptr + 1, line.len - 2}), section);
	*found = *found || *mine;
	return true;
}

bool nagios_ini_parse(struct str text, struct str section, struct arena *arena, struct list *word,
		      struct err *err)
{
	bool mine = false;
	bool found = false;

	for (unsigned number = 1; text.ptr != NULL; number++) {
		struct str line = str_cut(&text, '\n');
		struct err why = {0};

		if (!read_line(line, section, &mine, &found, arena, word, &why))
			return err_set(err, why.kind, "line %u: %s", number, why.text);
	}
	if (!found)
		return err_set(err, ERR_USAGE, "there is no section [%.*s]",
			       (int)(section.len < 80 ? section.len : 80), section.ptr);
	return true;
}
