/* SPDX-License-Identifier: MIT */
/*
 * metric.h - of collectd 6's src/daemon/metric.h, the names that connledger uses: enough to compile
 * collectd/emit_6.c, and to see what it does, on a host that has no collectd 6.
 */
#ifndef CONNLEDGER_TESTS_SIX_METRIC_H
#define CONNLEDGER_TESTS_SIX_METRIC_H

#include <stddef.h>
#include <stdint.h>

typedef uint64_t cdtime_t;

typedef enum {
	METRIC_TYPE_UNTYPED = 0,
	METRIC_TYPE_GAUGE = 1,
	METRIC_TYPE_COUNTER = 2,
} metric_type_t;

typedef union {
	double gauge;
	uint64_t counter;
} value_t;

typedef struct {
	char *name;
	char *value;
} label_pair_t;

typedef struct {
	label_pair_t *ptr;
	size_t num;
} label_set_t;

typedef struct metric_family_s metric_family_t;

typedef struct {
	metric_family_t *family;
	label_set_t label;
	value_t value;
	cdtime_t time;
	cdtime_t interval;
} metric_t;

typedef struct {
	metric_t *ptr;
	size_t num;
} metric_list_t;

struct metric_family_s {
	char *name;
	char *help;
	char *unit;
	metric_type_t type;
	label_set_t resource;
	metric_list_t metric;
};

void label_set_reset(label_set_t *labels);
int metric_label_set(metric_t *m, char const *name, char const *value);
int metric_reset(metric_t *m);
int metric_family_resource_attribute_update(metric_family_t *fam, char const *name,
					    char const *value);
int metric_family_metric_append(metric_family_t *fam, metric_t m);
int metric_family_metric_reset(metric_family_t *fam);

#endif
