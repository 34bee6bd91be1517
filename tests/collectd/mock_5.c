/* SPDX-License-Identifier: MIT */
/* mock_5.c - a daemon that takes collectd 5's value lists; see mock.h. */
#include <string.h>

#include "mock.h"
#include "unit.h"

static bool is_counter(const char *type)
{
	static const char *const counters[] = {"connections",     "nginx_requests", "http_requests",
					       "errors",          "total_events",   "total_bytes",
					       "total_time_in_ms"};

	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		if (strcmp(counters[i], type) == 0)
			return true;
	}
	return false;
}

int plugin_dispatch_values(value_list_t const *list)
{
	struct mock_value *value = mock_add();

	assert_int_equal(list->values_len, 1);
	mock_name(value->name, list->host, list->plugin, list->plugin_instance, list->type,
		  list->type_instance);
	value->counter = is_counter(list->type);
	value->number = value->counter ? (double)list->values[0].derive : list->values[0].gauge;
	value->time = list->time;
	return 0;
}

void mock_name(char ret[MOCK_NAME_MAX], const char *host, const char *plugin, const char *site,
	       const char *type, const char *type_instance)
{
	(void)snprintf(ret, MOCK_NAME_MAX, "%s/%s-%s/%s%s%s", host[0] != '\0' ? host : hostname_g,
		       plugin, site, type, type_instance[0] == '\0' ? "" : "-", type_instance);
}
