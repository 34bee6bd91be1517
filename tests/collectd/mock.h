/* SPDX-License-Identifier: MIT */
/*
 * mock.h - a daemon for tests: takes what the plugin registers, calls it when told to, at a time of
 * the test's own, and keeps what it was given. mock_5.c and mock_6.c are its two ways to take
 * values.
 */
#ifndef CONNLEDGER_TESTS_COLLECTD_MOCK_H
#define CONNLEDGER_TESTS_COLLECTD_MOCK_H

#include "collectd/daemon.h"

enum { MOCK_VALUES_MAX = 400, MOCK_NAME_MAX = 700, MOCK_LINES_MAX = 64, MOCK_SITES_MAX = 4 };

struct mock_value {
	char name[MOCK_NAME_MAX]; /* as mock_name() makes it */
	bool counter;
	double number;
	cdtime_t time;
};

struct mock_line {
	int level; /* LOG_... */
	char text[512];
};

struct mock_site {
	char name[DATA_MAX_NAME_LEN];
	double interval; /* seconds */
	int (*read)(user_data_t *user_data);
	user_data_t user_data;
};

struct mock {
	double now;        /* Unix seconds; what cdtime() says */
	double interval;   /* of the plugin, seconds */
	bool refuses_read; /* as collectd does it: what it was to keep is freed */
	int (*config)(oconfig_item_t *block);
	int (*shutdown)(void);
	struct mock_site site[MOCK_SITES_MAX];
	size_t site_len;
	struct mock_value value[MOCK_VALUES_MAX];
	size_t value_len;
	struct mock_line line[MOCK_LINES_MAX];
	size_t line_len;
	notification_t notification[MOCK_LINES_MAX];
	size_t notification_len;
};

/* The one that there is. */
struct mock *mocked(void);

/* Loads the plugin, with nothing heard so far; interval 10, the time is a good while ago. */
void mock_start(void);
/* Frees what was registered. */
void mock_stop(void);
/* Calls the read callback of a site at `now`, whose values then replace what was heard; fails the
 * test if it does not return 0. */
void mock_read(size_t site, double now);
/* Forgets lines and notifications. */
void mock_forget(void);

/* For mock_5.c and mock_6.c: adds a value whose name is to be filled in. */
struct mock_value *mock_add(void);

/* How a value is called: by this daemon's own rules. `host` "" is the daemon's. */
void mock_name(char ret[MOCK_NAME_MAX], const char *host, const char *plugin, const char *site,
	       const char *type, const char *type_instance);

#endif
