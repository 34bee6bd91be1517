/* SPDX-License-Identifier: MIT */
/* block.h - a <Site> block as collectd hands it to the plugin. */
#ifndef CONNLEDGER_TESTS_COLLECTD_BLOCK_H
#define CONNLEDGER_TESTS_COLLECTD_BLOCK_H

#include <stdbool.h>
#include <stddef.h>

/* A line of a block: `text`, or `number`, or, when both are not there, `boolean`. */
struct line {
	const char *key;
	const char *text;
	double number;
	bool boolean;
	bool twice; /* the value stands there two times */
};

#define LEDGER_OFF                                                                                 \
	{                                                                                          \
		.key = "Ledger", .boolean = false                                                  \
	}
#define END                                                                                        \
	{                                                                                          \
		.key = NULL                                                                        \
	}

/* Gives <Site "blog"> with these lines, up to END, to the plugin of mock.h, and what its callback
 * returns. */
int configure(const struct line *line);

#endif
