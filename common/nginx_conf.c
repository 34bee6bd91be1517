/* SPDX-License-Identifier: MIT */
/* nginx_conf.c - directives and blocks of nginx's configuration; see nginx_conf.h. */
#include "nginx_conf.h"

#include "nginx_conf_listen.h"
#include "nginx_conf_word.h"

enum {
	WORDS_MAX = 16,  /* of a directive that matters */
	BLOCKS_MAX = 64, /* within each other, in one file */
};

struct directive {
	struct str word[WORDS_MAX];
	size_t len;
	bool plain; /* all words mean themselves */
};

struct parse {
	struct nginx_conf *conf;
	struct conf_text text;
	enum nginx_place place;             /* now */
	enum nginx_place outer[BLOCKS_MAX]; /* where the blocks that are open stand */
	size_t open;
	struct err *err;
};

static bool refuse(const struct parse *parse, const char *what)
{
	return err_set(parse->err, ERR_PARSE, "line %u: %s", parse->text.line, what);
}

/* ---- directives ------------------------------------------------------------------------------ */

static bool is_called(const struct directive *directive, const char *name)
{
	return directive->len > 0 && str_equal(directive->word[0], str_of(name));
}

/* nginx takes digits only, and each of these directives once. */
static bool take_number(const struct parse *parse, const struct directive *directive,
			uint64_t *number)
{
	uint64_t value = 0;

	if (*number != 0)
		return refuse(parse, "the directive stands there twice");
	if (directive->len != 2 || !directive->plain || !str_to_u64(directive->word[1], &value) ||
	    value == 0 || value > NGINX_CONF_NUMBER_MAX)
		return refuse(parse, "a number from 1 to 100000000 was expected");
	*number = value;
	return true;
}

static bool take_processes(const struct parse *parse, const struct directive *directive)
{
	struct nginx_conf *conf = parse->conf;

	if (conf->processes_auto)
		return refuse(parse, "the directive stands there twice");
	if (directive->len == 2 && str_equal(directive->word[1], STR("auto"))) {
		conf->processes_auto = true;
		return conf->worker_processes == 0 ||
		       refuse(parse, "the directive stands there twice");
	}
	return take_number(parse, directive, &conf->worker_processes);
}

static bool take_include(const struct parse *parse, const struct directive *directive)
{
	if (directive->len != 2 || !directive->plain || directive->word[1].len == 0)
		return refuse(parse, "an include that cannot be followed");
	return parse->conf->include(parse->conf->ctx, parse->conf, directive->word[1], parse->place,
				    parse->err);
}

static bool take_listens(const struct parse *parse, const struct directive *directive)
{
	size_t len = directive->len < WORDS_MAX ? directive->len : WORDS_MAX;

	return conf_listen_take(parse->conf, parse->place, directive->word, len) ||
	       err_set(parse->err, ERR_TOO_LARGE, "more than %d listeners", NGINX_LISTEN_MAX);
}

static bool take_directive(const struct parse *parse, const struct directive *directive)
{
	struct nginx_conf *conf = parse->conf;

	if (directive->len == 0)
		return refuse(parse, "a semicolon without a directive");
	if (parse->place == NGINX_SKIPPED)
		return true;
	if (is_called(directive, "include"))
		return take_include(parse, directive);
	if (parse->place == NGINX_EVENTS)
		return !is_called(directive, "worker_connections") ||
		       take_number(parse, directive, &conf->worker_connections);
	if (parse->place == NGINX_MAIN)
		return !is_called(directive, "worker_processes") ||
		       take_processes(parse, directive);
	return take_listens(parse, directive);
}

/* ---- blocks ---------------------------------------------------------------------------------- */

/* Where the directives in a block stand. */
static enum nginx_place place_in(const struct parse *parse, const struct directive *directive)
{
	switch (parse->place) {
	case NGINX_MAIN:
		if (is_called(directive, "events"))
			return NGINX_EVENTS;
		if (!parse->conf->wants_listens)
			return NGINX_SKIPPED;
		return is_called(directive, "http") ? NGINX_HTTP : NGINX_OTHER;
	case NGINX_HTTP:
		return is_called(directive, "server") ? NGINX_SERVER : NGINX_INNER;
	case NGINX_SERVER:
	case NGINX_INNER:
		return NGINX_INNER;
	case NGINX_OTHER:
		return NGINX_OTHER;
	case NGINX_EVENTS:
	case NGINX_SKIPPED:
		break;
	}
	return NGINX_SKIPPED;
}

static bool enter(struct parse *parse, enum nginx_place place)
{
	struct nginx_conf *conf = parse->conf;

	if (parse->open == BLOCKS_MAX)
		return refuse(parse, "too many blocks within each other");
	if (place == NGINX_EVENTS && conf->has_events)
		return refuse(parse, "a second events block");
	conf->has_events = conf->has_events || place == NGINX_EVENTS;
	if (place == NGINX_SERVER)
		conf_server_begin(conf);
	parse->outer[parse->open++] = parse->place;
	parse->place = place;
	return true;
}

static bool open_block(struct parse *parse, const struct directive *directive)
{
	if (directive->len == 0)
		return refuse(parse, "a block without a name");
	if (parse->place >= NGINX_HTTP && parse->place <= NGINX_OTHER &&
	    !take_listens(parse, directive))
		return false;
	if (str_ends(directive->word[0], STR("_by_lua_block")))
		return conf_skip_lua(&parse->text) || refuse(parse, "Lua code that never ends");
	return enter(parse, place_in(parse, directive));
}

static bool close_block(struct parse *parse, const struct directive *directive)
{
	if (directive->len > 0)
		return refuse(parse, "a directive without a semicolon");
	if (parse->open == 0)
		return refuse(parse, "a brace too many");
	if (parse->place == NGINX_SERVER && !conf_server_end(parse->conf))
		return err_set(parse->err, ERR_TOO_LARGE, "more than %d listeners",
			       NGINX_LISTEN_MAX);
	parse->place = parse->outer[--parse->open];
	return true;
}

static bool end(const struct parse *parse, const struct directive *directive)
{
	if (directive->len > 0)
		return refuse(parse, "a directive without a semicolon");
	if (parse->open > 0)
		return refuse(parse, "a block that is not closed");
	return true;
}

static void add_word(struct directive *directive, struct str word, bool plain)
{
	if (directive->len < WORDS_MAX)
		directive->word[directive->len] = word;
	directive->plain = directive->plain && plain;
	directive->len++;
}

bool nginx_conf_parse(struct nginx_conf *conf, struct str text, enum nginx_place place,
		      struct err *err)
{
	static const struct directive none = {.plain = true};
	struct directive directive = none;
	struct parse parse = {
		.conf = conf, .text = {.rest = text, .line = 1}, .place = place, .err = err};

	for (;;) {
		struct str word;
		bool plain;
		bool ok = true;

		switch (conf_next(&parse.text, &word, &plain)) {
		case CONF_WORD:
			add_word(&directive, word, plain);
			continue;
		case CONF_END:
			ok = take_directive(&parse, &directive);
			break;
		case CONF_OPEN:
			ok = open_block(&parse, &directive);
			break;
		case CONF_CLOSE:
			ok = close_block(&parse, &directive);
			break;
		case CONF_OVER:
			return end(&parse, &directive);
		case CONF_BAD:
			return refuse(&parse, "a quote that is not closed, or has more behind it");
		}
		if (!ok)
			return false;
		directive = none;
	}
}
