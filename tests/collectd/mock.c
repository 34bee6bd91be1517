/* SPDX-License-Identifier: MIT */
/* mock.c - what both daemons of the tests have in common; see mock.h. */
#include "mock.h"

#include <stdarg.h>
#include <string.h>

#include "unit.h"

static char own_name[] = "daemon.example.org";
char *hostname_g = own_name;

struct mock *mocked(void)
{
	static struct mock mocked;

	return &mocked;
}

void mock_start(void)
{
	*mocked() = (struct mock){.now = 1700000000, .interval = 10};
	module_register();
	assert_non_null(mocked()->config);
}

void mock_stop(void)
{
	for (size_t i = 0; i < mocked()->site_len; i++)
		mocked()->site[i].user_data.free_func(mocked()->site[i].user_data.data);
	mocked()->site_len = 0;
	assert_int_equal(mocked()->shutdown(), 0);
}

void mock_read(size_t site, double now)
{
	assert_in_range(site, 0, mocked()->site_len - 1);
	mocked()->value_len = 0;
	mocked()->now = now;
	assert_int_equal(mocked()->site[site].read(&mocked()->site[site].user_data), 0);
}

void mock_forget(void)
{
	mocked()->line_len = 0;
	mocked()->notification_len = 0;
}

struct mock_value *mock_add(void)
{
	assert_in_range(mocked()->value_len, 0, MOCK_VALUES_MAX - 1);
	return &mocked()->value[mocked()->value_len++];
}

/* ---- what the plugin calls ------------------------------------------------------------------ */

cdtime_t cdtime(void)
{
	return DOUBLE_TO_CDTIME_T(mocked()->now);
}

cdtime_t plugin_get_interval(void)
{
	return DOUBLE_TO_CDTIME_T(mocked()->interval);
}

int plugin_register_complex_config(const char *type, int (*callback)(oconfig_item_t *))
{
	assert_string_equal(type, "connledger");
	mocked()->config = callback;
	return 0;
}

int plugin_register_shutdown(const char *name, int (*callback)(void))
{
	assert_string_equal(name, "connledger");
	mocked()->shutdown = callback;
	return 0;
}

int plugin_register_complex_read(const char *group, const char *name,
				 int (*callback)(user_data_t *), cdtime_t interval,
				 user_data_t const *user_data)
{
	struct mock_site *site = &mocked()->site[mocked()->site_len];

	assert_string_equal(group, "connledger");
	if (mocked()->refuses_read) {
		user_data->free_func(user_data->data);
		return 22;
	}
	assert_in_range(mocked()->site_len, 0, MOCK_SITES_MAX - 1);
	(void)snprintf(site->name, sizeof(site->name), "%s", name);
	site->interval = CDTIME_T_TO_DOUBLE(interval);
	site->read = callback;
	site->user_data = *user_data;
	mocked()->site_len++;
	return 0;
}

void plugin_log(int level, const char *format, ...)
{
	struct mock_line *line = &mocked()->line[mocked()->line_len];
	va_list args;

	assert_in_range(mocked()->line_len, 0, MOCK_LINES_MAX - 1);
	line->level = level;
	va_start(args, format);
	(void)vsnprintf(line->text, sizeof(line->text), format, args);
	va_end(args);
	mocked()->line_len++;
}

int plugin_dispatch_notification(const notification_t *notification)
{
	assert_in_range(mocked()->notification_len, 0, MOCK_LINES_MAX - 1);
	mocked()->notification[mocked()->notification_len++] = *notification;
	return 0;
}
