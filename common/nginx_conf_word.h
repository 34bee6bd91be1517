/* SPDX-License-Identifier: MIT */
/*
 * nginx_conf_word.h - nginx's configuration cut into words and signs by nginx's rules (quotes,
 * backslashes, ${variables}, comments). Only nginx_conf.c uses it. Pure.
 */
#ifndef CONNLEDGER_NGINX_CONF_WORD_H
#define CONNLEDGER_NGINX_CONF_WORD_H

#include "str.h"

enum conf_sign {
	CONF_WORD,
	CONF_END,   /* ; */
	CONF_OPEN,  /* { */
	CONF_CLOSE, /* } */
	CONF_OVER,  /* the end of the text */
	CONF_BAD,   /* a quote that is not closed, or has something glued to it */
};

struct conf_text {
	struct str rest;
	unsigned line; /* of what comes next; the first is 1 */
};

/* Takes the next one. `word` is what stands between quotes, if it has some; `plain` whether it
 * holds no backslash and no variable, so that it means itself. */
enum conf_sign conf_next(struct conf_text *text, struct str *word, bool *plain) NONNULL;

/* Passes over Lua code up to the brace that ends its block, the opening one being taken already.
 * False when it never ends. */
bool conf_skip_lua(struct conf_text *text) MUST_CHECK NONNULL;

#endif
