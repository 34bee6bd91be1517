/* SPDX-License-Identifier: MIT */
/* mock_6.c - a daemon that takes collectd 6's metric families; see mock.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mock.h"
#include "unit.h"

/* ---- labels, which are kept in the order of their names ---------------------------------------
 */

static char *copy(const char *text)
{
	char *ret = strdup(text);

	assert_non_null(ret);
	return ret;
}

static int set_pair(label_set_t *labels, const char *name, const char *value)
{
	size_t at = 0;

	if (name == NULL)
		return EINVAL;
	if (value == NULL || value[0] == '\0')
		return 0;
	while (at < labels->num && strcmp(labels->ptr[at].name, name) < 0)
		at++;
	assert_true(at == labels->num || strcmp(labels->ptr[at].name, name) != 0);
	labels->ptr = realloc(labels->ptr, (labels->num + 1) * sizeof(*labels->ptr));
	assert_non_null(labels->ptr);
	memmove(labels->ptr + at + 1, labels->ptr + at, (labels->num - at) * sizeof(*labels->ptr));
	labels->ptr[at] = (label_pair_t){.name = copy(name), .value = copy(value)};
	labels->num++;
	return 0;
}

void label_set_reset(label_set_t *labels)
{
	for (size_t i = 0; i < labels->num; i++) {
		free(labels->ptr[i].name);
		free(labels->ptr[i].value);
	}
	free(labels->ptr);
	*labels = (label_set_t){.num = 0};
}

int metric_label_set(metric_t *m, char const *name, char const *value)
{
	return set_pair(&m->label, name, value);
}

int metric_family_resource_attribute_update(metric_family_t *fam, char const *name,
					    char const *value)
{
	return set_pair(&fam->resource, name, value);
}

/* ---- metrics: a family has copies of its own --------------------------------------------------
 */

int metric_reset(metric_t *m)
{
	label_set_reset(&m->label);
	*m = (metric_t){.time = 0};
	return 0;
}

int metric_family_metric_append(metric_family_t *fam, metric_t m)
{
	metric_t *own;

	fam->metric.ptr = realloc(fam->metric.ptr, (fam->metric.num + 1) * sizeof(m));
	assert_non_null(fam->metric.ptr);
	own = &fam->metric.ptr[fam->metric.num++];
	*own = m;
	own->label = (label_set_t){.num = 0};
	for (size_t i = 0; i < m.label.num; i++)
		(void)set_pair(&own->label, m.label.ptr[i].name, m.label.ptr[i].value);
	return 0;
}

int metric_family_metric_reset(metric_family_t *fam)
{
	for (size_t i = 0; i < fam->metric.num; i++)
		(void)metric_reset(&fam->metric.ptr[i]);
	free(fam->metric.ptr);
	fam->metric = (metric_list_t){.num = 0};
	return 0;
}

/* ---- taking them ------------------------------------------------------------------------------
 */

static void add_labels(char *name, const label_set_t *labels)
{
	for (size_t i = 0; i < labels->num; i++) {
		size_t len = strlen(name);

		(void)snprintf(name + len, MOCK_NAME_MAX - len, "%s%s=\"%s\"", i == 0 ? "" : ",",
			       labels->ptr[i].name, labels->ptr[i].value);
	}
}

int plugin_dispatch_metric_family(metric_family_t const *fam)
{
	const metric_t *metric = fam->metric.ptr;
	struct mock_value *value = mock_add();
	char host[MOCK_NAME_MAX] = "";
	char labels[MOCK_NAME_MAX] = "";

	assert_int_equal(fam->metric.num, 1);
	assert_ptr_equal(metric->family, fam);
	add_labels(host, &fam->resource);
	add_labels(labels, &metric->label);
	(void)snprintf(value->name, sizeof(value->name), "[%.200s]%.100s{%.300s}", host, fam->name,
		       labels);
	value->counter = fam->type == METRIC_TYPE_COUNTER;
	assert_true(value->counter || fam->type == METRIC_TYPE_GAUGE);
	value->number = value->counter ? (double)metric->value.counter : metric->value.gauge;
	value->time = metric->time;
	return 0;
}

void mock_name(char ret[MOCK_NAME_MAX], const char *host, const char *plugin, const char *site,
	       const char *type, const char *type_instance)
{
	char resource[MOCK_NAME_MAX] = "";
	char instance[MOCK_NAME_MAX] = "";

	if (host[0] != '\0')
		(void)snprintf(resource, sizeof(resource), "host.name=\"%.100s\"", host);
	if (type_instance[0] != '\0')
		(void)snprintf(instance, sizeof(instance), ",type=\"%.100s\"", type_instance);
	/* "type" comes after "nginx" and "connledger", and before "uwsgi". */
	if (strcmp(plugin, "uwsgi") < 0 || instance[0] == '\0')
		(void)snprintf(ret, MOCK_NAME_MAX, "[%.100s]collectd.%s.%s{%s=\"%s\"%.100s}",
			       resource, plugin, type, plugin, site, instance);
	else
		(void)snprintf(ret, MOCK_NAME_MAX, "[%.100s]collectd.%s.%s{%.100s,%s=\"%s\"}",
			       resource, plugin, type, instance + 1, plugin, site);
}
