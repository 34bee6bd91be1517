/* SPDX-License-Identifier: MIT */
/* option.c - one table in, a parsed command line or a help text out; see option.h. */
#include "option.h"

enum { QUOTE_MAX = 80, HELP_WIDTH = 80, HELP_COLUMN = 28 };

/* Where in argv the parse stands. */
struct cursor {
	const struct option_set *set;
	int argc;
	char *const *argv;
	int at;
	struct err *err;
};

static const struct option_spec *find_letter(const struct option_set *set, char letter)
{
	for (size_t i = 0; i < set->len; i++) {
		if (set->spec[i].letter == letter && letter != '\0')
			return &set->spec[i];
	}
	return NULL;
}

static const struct option_spec *find_name(const struct option_set *set, struct str name)
{
	for (size_t i = 0; i < set->len; i++) {
		if (set->spec[i].name != NULL && str_equal(str_of(set->spec[i].name), name))
			return &set->spec[i];
	}
	return NULL;
}

static bool refuse(const struct cursor *cursor, const char *what, struct str option)
{
	return err_set(cursor->err, ERR_USAGE, "%s \"%.*s\"", what,
		       (int)(option.len < QUOTE_MAX ? option.len : QUOTE_MAX), option.ptr);
}

/* The argument after the option. `shown` is the option as the user wrote it. */
static bool take_next(struct cursor *cursor, struct str shown, const char **ret)
{
	if (cursor->at + 1 >= cursor->argc)
		return refuse(cursor, "a value is missing after option", shown);
	*ret = cursor->argv[++cursor->at];
	return true;
}

static bool parse_boolean(const struct cursor *cursor, const struct option_spec *spec,
			  const char *value)
{
	if (value == NULL || strcmp(value, "true") == 0)
		return cursor->set->handle(cursor->set->ctx, spec->id, "true", cursor->err);
	if (strcmp(value, "false") == 0)
		return cursor->set->handle(cursor->set->ctx, spec->id, "false", cursor->err);
	return err_set(cursor->err, ERR_USAGE, "option --%s: expected true or false, not \"%.*s\"",
		       spec->name, QUOTE_MAX, value);
}

/* `--name`, `--name=value`, `--name value`, `--no-name`; `arg` begins after the dashes. */
static bool parse_long(struct cursor *cursor, const char *arg)
{
	const struct option_set *set = cursor->set;
	struct str value = str_of(arg);
	struct str name = str_cut(&value, '=');
	struct str shown = {arg - 2, name.len + 2};
	const struct option_spec *spec = find_name(set, name);
	const char *text = value.ptr;

	if (spec == NULL && str_take(&name, STR("no-")) && text == NULL) {
		spec = find_name(set, name);
		if (spec != NULL && spec->boolean)
			return set->handle(set->ctx, spec->id, "false", cursor->err);
		spec = NULL;
	}
	if (spec == NULL)
		return refuse(cursor, "unknown option", shown);
	if (spec->boolean)
		return parse_boolean(cursor, spec, text);
	if (spec->arg == NULL && text != NULL)
		return refuse(cursor, "no value is expected after option", shown);
	if (spec->arg != NULL && text == NULL && !take_next(cursor, shown, &text))
		return false;
	return set->handle(set->ctx, spec->id, text, cursor->err);
}

/* `-v`, `-vv`, `-nVALUE`, `-n VALUE`; `arg` begins after the dash. */
static bool parse_short(struct cursor *cursor, const char *arg)
{
	const struct option_set *set = cursor->set;

	for (; *arg != '\0'; arg++) {
		const struct option_spec *spec = find_letter(set, *arg);
		const char shown[] = {'-', *arg, '\0'};
		const char *value = NULL;

		if (spec == NULL)
			return refuse(cursor, "unknown option", str_of(shown));
		if (spec->boolean)
			value = "true";
		else if (spec->arg != NULL && arg[1] != '\0')
			value = arg + 1;
		else if (spec->arg != NULL && !take_next(cursor, str_of(shown), &value))
			return false;
		if (!set->handle(set->ctx, spec->id, value, cursor->err))
			return false;
		if (spec->arg != NULL && !spec->boolean)
			return true;
	}
	return true;
}

static bool parse_argument(const struct cursor *cursor, const char *arg)
{
	if (cursor->set->argument == NULL)
		return refuse(cursor, "unexpected argument", str_of(arg));
	return cursor->set->argument(cursor->set->ctx, arg, cursor->err);
}

bool option_parse(const struct option_set *set, int argc, char *const argv[], struct err *err)
{
	struct cursor cursor = {set, argc, argv, 1, err};
	bool only_arguments = false;

	for (; cursor.at < argc; cursor.at++) {
		const char *arg = argv[cursor.at];
		bool ok = true;

		if (only_arguments || arg[0] != '-' || arg[1] == '\0')
			ok = parse_argument(&cursor, arg);
		else if (strcmp(arg, "--") == 0)
			only_arguments = true;
		else if (arg[1] == '-')
			ok = parse_long(&cursor, arg + 2);
		else
			ok = parse_short(&cursor, arg + 1);
		if (!ok)
			return false;
	}
	return true;
}

static void add_blanks(struct buf *out, size_t count)
{
	while (count-- > 0)
		buf_add_char(out, ' ');
}

void option_wrap(struct buf *out, size_t column, size_t indent, struct str text)
{
	size_t at = column;

	while (text.ptr != NULL) {
		struct str word = str_cut(&text, ' ');

		if (at > column && at + 1 + word.len > HELP_WIDTH) {
			buf_add_char(out, '\n');
			add_blanks(out, indent);
			column = at = indent;
		} else if (at > column) {
			buf_add_char(out, ' ');
			at++;
		}
		buf_add_str(out, word);
		at += word.len;
	}
	buf_add_char(out, '\n');
}

void option_help_add(struct buf *out, size_t line, const char *help)
{
	size_t column = out->len - line;

	if (column + 2 > HELP_COLUMN) {
		buf_add_char(out, '\n');
		column = 0;
	}
	add_blanks(out, HELP_COLUMN - column);
	option_wrap(out, HELP_COLUMN, HELP_COLUMN, str_of(help));
}

void option_help(const struct option_set *set, struct buf *out)
{
	for (size_t i = 0; i < set->len; i++) {
		const struct option_spec *spec = &set->spec[i];
		size_t from = out->len;

		if (spec->help == NULL)
			continue;
		if (spec->letter != '\0')
			buf_addf(out, "  -%c", spec->letter);
		else
			buf_add_text(out, "    ");
		if (spec->name != NULL)
			buf_addf(out, "%s --%s%s", spec->letter != '\0' ? "," : " ",
				 spec->boolean ? "[no-]" : "", spec->name);
		if (spec->arg != NULL && !spec->boolean)
			buf_addf(out, " %s", spec->arg);
		option_help_add(out, from, spec->help);
	}
}

bool option_seconds(const char *text, double max, double *ret, struct err *err)
{
	static const struct {
		const char *suffix;
		double factor;
	} unit[] = {{"ms", 1e-3}, {"s", 1}, {"m", 60}};
	struct str number = str_of(text);
	double factor = 1;
	double value = 0;

	for (size_t i = 0; i < ARRAY_LEN(unit); i++) {
		if (str_ends(number, str_of(unit[i].suffix))) {
			number.len -= strlen(unit[i].suffix);
			factor = unit[i].factor;
			break;
		}
	}
	if (!str_to_double(number, &value) || value <= 0)
		return err_set(
			err, ERR_USAGE,
			"bad time \"%.*s\": expected more than 0, as in 5, 1.5, 500ms, 5s or 2m",
			QUOTE_MAX, text);
	if (value * factor > max)
		return err_set(err, ERR_USAGE, "time \"%.*s\" is too long: at most %g s", QUOTE_MAX,
			       text, max);
	*ret = value * factor;
	return true;
}
