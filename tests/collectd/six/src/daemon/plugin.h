/* SPDX-License-Identifier: MIT */
/*
 * plugin.h - of collectd 6's src/daemon/plugin.h, and of what that includes, the names that
 * connledger uses; see metric.h beside it.
 */
#ifndef CONNLEDGER_TESTS_SIX_PLUGIN_H
#define CONNLEDGER_TESTS_SIX_PLUGIN_H

#include <stdbool.h>

#include "metric.h"

#define LOG_ERR     3
#define LOG_WARNING 4
#define LOG_NOTICE  5
#define LOG_INFO    6

#define NOTIF_FAILURE 1
#define NOTIF_WARNING 2
#define NOTIF_OKAY    4

#define DATA_MAX_NAME_LEN 128
#define NOTIF_MAX_MSG_LEN 256

/* Time is counted in parts of 2^30 to the second. */
#define CDTIME_T_TO_DOUBLE(t) ((double)(t) / 1073741824.0)
#define DOUBLE_TO_CDTIME_T(d) ((cdtime_t)((d)*1073741824.0))

#define OCONFIG_TYPE_STRING  0
#define OCONFIG_TYPE_NUMBER  1
#define OCONFIG_TYPE_BOOLEAN 2

typedef struct oconfig_value_s {
	union {
		char *string;
		double number;
		int boolean;
	} value;
	int type;
} oconfig_value_t;

typedef struct oconfig_item_s oconfig_item_t;
struct oconfig_item_s {
	char *key;
	oconfig_value_t *values;
	int values_num;
	oconfig_item_t *parent;
	oconfig_item_t *children;
	int children_num;
};

typedef struct notification_s {
	int severity;
	cdtime_t time;
	char message[NOTIF_MAX_MSG_LEN];
	char host[DATA_MAX_NAME_LEN];
	char plugin[DATA_MAX_NAME_LEN];
	char plugin_instance[DATA_MAX_NAME_LEN];
	char type[DATA_MAX_NAME_LEN];
	char type_instance[DATA_MAX_NAME_LEN];
	void *meta;
} notification_t;

typedef struct user_data_s {
	void *data;
	void (*free_func)(void *);
} user_data_t;

extern char *hostname_g;

void module_register(void);

cdtime_t cdtime(void);
cdtime_t plugin_get_interval(void);
int plugin_register_complex_config(const char *type, int (*callback)(oconfig_item_t *));
int plugin_register_shutdown(const char *name, int (*callback)(void));
int plugin_register_complex_read(const char *group, const char *name,
				 int (*callback)(user_data_t *), cdtime_t interval,
				 user_data_t const *user_data);
int plugin_dispatch_metric_family(metric_family_t const *fam);
int plugin_dispatch_notification(const notification_t *notif);
void plugin_log(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define ERROR(...)   plugin_log(LOG_ERR, __VA_ARGS__)
#define WARNING(...) plugin_log(LOG_WARNING, __VA_ARGS__)
#define NOTICE(...)  plugin_log(LOG_NOTICE, __VA_ARGS__)

#endif
