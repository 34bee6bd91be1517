/* SPDX-License-Identifier: MIT */
/* nginx_conf_word.c - words and signs of nginx's configuration; see nginx_conf_word.h. */
#include "nginx_conf_word.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static char first(const struct conf_text *text)
{
	return text->rest.len > 0 ? text->rest.ptr[0] : '\0';
}

static void skip(struct conf_text *text, size_t len)
{
	for (; len > 0 && text->rest.len > 0; len--) {
		text->line += text->rest.ptr[0] == '\n';
		text->rest.ptr++;
		text->rest.len--;
	}
}

static void skip_line(struct conf_text *text)
{
	skip(text, str_find(text->rest, '\n'));
}

static void skip_blanks(struct conf_text *text)
{
	while (text->rest.len > 0 && (is_blank(first(text)) || first(text) == '#')) {
		if (first(text) == '#')
			skip_line(text);
		else
			skip(text, 1);
	}
}

/* The length of what stands before the closing quote; text.len when there is none. */
static size_t quoted_len(struct str text, char quote)
{
	size_t len = 0;

	while (len < text.len && text.ptr[len] != quote)
		len += text.ptr[len] == '\\' && len + 1 < text.len ? 2 : 1;
	return len < text.len ? len : text.len;
}

static enum conf_sign take_quoted(struct conf_text *text, struct str *word)
{
	char quote = first(text);

	skip(text, 1);
	*word = (struct str){text->rest.ptr, quoted_len(text->rest, quote)};
	if (word->len == text->rest.len)
		return CONF_BAD;
	skip(text, word->len + 1);
	return text->rest.len == 0 || is_blank(first(text)) || strchr(";{)", first(text)) != NULL
		       ? CONF_WORD
		       : CONF_BAD;
}

static enum conf_sign take_bare(struct conf_text *text, struct str *word)
{
	struct str rest = text->rest;
	size_t len = 0;

	while (len < rest.len && !is_blank(rest.ptr[len]) && rest.ptr[len] != ';' &&
	       rest.ptr[len] != '{') {
		bool pair =
			len + 1 < rest.len && (rest.ptr[len] == '\\' ||
					       (rest.ptr[len] == '$' && rest.ptr[len + 1] == '{'));

		len += pair ? 2 : 1;
	}
	*word = (struct str){rest.ptr, len};
	skip(text, len);
	return CONF_WORD;
}

enum conf_sign conf_next(struct conf_text *text, struct str *word, bool *plain)
{
	enum conf_sign sign;

	skip_blanks(text);
	*word = (struct str){text->rest.ptr, 0};
	*plain = true;
	if (text->rest.len == 0)
		return CONF_OVER;
	switch (first(text)) {
	case ';':
		skip(text, 1);
		return CONF_END;
	case '{':
		skip(text, 1);
		return CONF_OPEN;
	case '}':
		skip(text, 1);
		return CONF_CLOSE;
	case '"':
	case '\'':
		sign = take_quoted(text, word);
		break;
	default:
		sign = take_bare(text, word);
	}
	*plain = str_find(*word, '\\') == word->len && str_find(*word, '$') == word->len;
	return sign;
}

/* ---- Lua ------------------------------------------------------------------------------------- */

/* The level of a long bracket, "[[" or "[==[", plus 1; 0 when none stands here. */
static size_t long_bracket(struct str text)
{
	size_t len = 1;

	if (text.len == 0 || text.ptr[0] != '[')
		return 0;
	while (len < text.len && text.ptr[len] == '=')
		len++;
	return len < text.len && text.ptr[len] == '[' ? len : 0;
}

/* Passes over "[==[ ... ]==]". False when it never ends. */
static bool skip_long(struct conf_text *text, size_t level)
{
	skip(text, level + 1);
	while (text->rest.len > level) {
		size_t len = 1;

		while (first(text) == ']' && len < level && text->rest.ptr[len] == '=')
			len++;
		if (first(text) == ']' && len == level && text->rest.ptr[len] == ']') {
			skip(text, level + 1);
			return true;
		}
		skip(text, 1);
	}
	return false;
}

/* Passes over a comment, "-- ..." or "--[[ ... ]]". */
static bool skip_comment(struct conf_text *text)
{
	size_t level;

	skip(text, 2);
	level = long_bracket(text->rest);
	if (level > 0)
		return skip_long(text, level);
	skip_line(text);
	return true;
}

static bool skip_string(struct conf_text *text)
{
	char quote = first(text);
	size_t len;

	skip(text, 1);
	len = quoted_len(text->rest, quote);
	if (len == text->rest.len)
		return false;
	skip(text, len + 1);
	return true;
}

bool conf_skip_lua(struct conf_text *text)
{
	unsigned depth = 1;

	while (depth > 0 && text->rest.len > 0) {
		size_t level = long_bracket(text->rest);
		bool ok = true;

		if (level > 0) {
			ok = skip_long(text, level);
		} else if (str_starts(text->rest, STR("--"))) {
			ok = skip_comment(text);
		} else if (first(text) == '"' || first(text) == '\'') {
			ok = skip_string(text);
		} else {
			depth += first(text) == '{' ? 1 : 0;
			depth -= first(text) == '}' ? 1 : 0;
			skip(text, 1);
		}
		if (!ok)
			return false;
	}
	return depth == 0;
}
