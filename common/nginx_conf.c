/* SPDX-License-Identifier: MIT */
/* nginx_conf.c - how many connections nginx's configuration leaves room for; see nginx_conf.h. */
#include "nginx_conf.h"

#include "nginx_conf_word.h"

enum { WORDS_MAX = 2 }; /* of a directive that matters */

struct directive {
	struct str word[WORDS_MAX];
	size_t len;
	bool plain; /* all words mean themselves */
};

struct parse {
	struct nginx_conf *conf;
	struct conf_text text;
	bool in_events;    /* now */
	bool began_events; /* the file is included from within the events block */
	unsigned skipped;  /* blocks that are open and passed over */
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

static bool take_directive(const struct parse *parse, const struct directive *directive)
{
	struct nginx_conf *conf = parse->conf;

	if (directive->len == 0)
		return refuse(parse, "a semicolon without a directive");
	if (parse->skipped > 0)
		return true;
	if (is_called(directive, "include")) {
		if (directive->len != 2 || !directive->plain || directive->word[1].len == 0)
			return refuse(parse, "an include that cannot be followed");
		return conf->include(conf->ctx, conf, directive->word[1], parse->in_events,
				     parse->err);
	}
	if (parse->in_events && is_called(directive, "worker_connections"))
		return take_number(parse, directive, &conf->worker_connections);
	if (!parse->in_events && is_called(directive, "worker_processes"))
		return take_processes(parse, directive);
	return true;
}

/* ---- blocks ---------------------------------------------------------------------------------- */

static bool open_block(struct parse *parse, const struct directive *directive)
{
	if (directive->len == 0)
		return refuse(parse, "a block without a name");
	if (str_ends(directive->word[0], STR("_by_lua_block")))
		return conf_skip_lua(&parse->text) || refuse(parse, "Lua code that never ends");
	if (parse->skipped > 0 || parse->in_events || !is_called(directive, "events")) {
		parse->skipped++;
		return true;
	}
	if (parse->conf->has_events)
		return refuse(parse, "a second events block");
	parse->conf->has_events = true;
	parse->in_events = true;
	return true;
}

static bool close_block(struct parse *parse, const struct directive *directive)
{
	if (directive->len > 0)
		return refuse(parse, "a directive without a semicolon");
	if (parse->skipped > 0)
		parse->skipped--;
	else if (parse->in_events && !parse->began_events)
		parse->in_events = false;
	else
		return refuse(parse, "a brace too many");
	return true;
}

static bool end(const struct parse *parse, const struct directive *directive)
{
	if (directive->len > 0)
		return refuse(parse, "a directive without a semicolon");
	if (parse->skipped > 0 || parse->in_events != parse->began_events)
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

bool nginx_conf_parse(struct nginx_conf *conf, struct str text, bool in_events, struct err *err)
{
	static const struct directive none = {.plain = true};
	struct directive directive = none;
	struct parse parse = {.conf = conf,
			      .text = {.rest = text, .line = 1},
			      .in_events = in_events,
			      .began_events = in_events,
			      .err = err};

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
