/* SPDX-License-Identifier: MIT */
/* A web configuration that changes while it is in force. */
#include "unit.h"

#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "prometheus_exporter/web.h"
#include "web_folder.h"

#define TLS "tls_server_config: {cert_file: cert.pem, key_file: cert.key}\n"

enum { WAIT_SECONDS = 30 };

struct scene {
	struct web_folder folder;
	struct exporter_self self;
	struct exporter_log log;
	struct web *web;
	int pipe[2];
	struct buf said; /* to the log */
};

static void scene_begin(struct scene *scene, const char *text)
{
	struct err err = {0};

	*scene = (struct scene){0};
	exporter_self_init(&scene->self);
	assert_int_equal(pipe(scene->pipe), 0);
	scene->log.fd = scene->pipe[1];
	buf_init(&scene->said, 100000);
	web_folder_make(&scene->folder);
	web_folder_write(&scene->folder, "web.yml", text);
	scene->web = web_new(scene->folder.config, &scene->log, &scene->self, &err);
	assert_non_null(scene->web);
}

static void scene_end(struct scene *scene)
{
	assert_true(web_stop(scene->web, 10));
	web_free(scene->web);
	web_folder_remove(&scene->folder);
	(void)close(scene->pipe[0]);
	buf_free(&scene->said);
}

/* Ends the log: nothing can be said after it. */
static const char *scene_log(struct scene *scene)
{
	char bytes[1000];
	ssize_t len;

	(void)close(scene->pipe[1]);
	while ((len = read(scene->pipe[0], bytes, sizeof(bytes))) > 0)
		buf_add(&scene->said, bytes, (size_t)len);
	return buf_text(&scene->said);
}

static void sleep_ms(long ms)
{
	const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	(void)nanosleep(&time, NULL);
}

static size_t users(struct web *web)
{
	struct web_config *config = web_now(web);
	size_t len = config->user.len;

	web_config_release(config);
	return len;
}

/* Asks until what is in force has so many users, and the last reading was good or not. */
static bool wait_for(struct scene *scene, size_t len, bool ok)
{
	double until = clock_now(CLOCK_MONOTONIC) + WAIT_SECONDS;

	while (clock_now(CLOCK_MONOTONIC) < until) {
		if (users(scene->web) == len && atomic_load(&scene->self.web_config_ok) == ok)
			return true;
		sleep_ms(20);
	}
	return false;
}

static size_t count(const char *text, const char *part)
{
	size_t len = 0;

	for (text = strstr(text, part); text != NULL; text = strstr(text + 1, part))
		len++;
	return len;
}

static void test_reload(void **state)
{
	struct web_config *old;
	struct scene scene;
	const char *said;

	(void)state;
	scene_begin(&scene, "basic_auth_users:\n  alice: " WEB_HASH_SECRET "\n");
	assert_false(web_has_tls(scene.web));
	assert_true(atomic_load(&scene.self.web_config_time) > 1700000000);
	old = web_now(scene.web);
	web_folder_write(&scene.folder, "web.yml",
			 "basic_auth_users:\n  alice: " WEB_HASH_SECRET "\n  bob: " WEB_HASH_GEHEIM
			 "\n");
	assert_true(wait_for(&scene, 2, true));
	assert_int_equal(old->user.len, 1);
	web_config_release(old);
	/* Bad: the one before stays, and is told of once. */
	atomic_store(&scene.self.web_config_time, 5);
	web_folder_write(&scene.folder, "web.yml", "basic_auth_users:\n  alice: secret\n");
	assert_true(wait_for(&scene, 2, false));
	assert_int_equal(atomic_load(&scene.self.web_config_time), 5);
	for (unsigned i = 0; i < 3; i++) {
		sleep_ms((long)(WEB_LOOK_SECONDS * 1200));
		assert_int_equal(users(scene.web), 2);
	}
	/* TLS cannot come. */
	atomic_store(&scene.self.web_config_ok, true);
	web_folder_write(&scene.folder, "web.yml", TLS);
	assert_true(wait_for(&scene, 2, false));
	/* Nothing is no configuration, but what a full disk leaves of one. */
	atomic_store(&scene.self.web_config_ok, true);
	web_folder_write(&scene.folder, "web.yml", "");
	assert_true(wait_for(&scene, 2, false));
	web_folder_write(&scene.folder, "web.yml", "http_server_config: {http2: true}\n");
	assert_true(wait_for(&scene, 0, true));
	assert_true(atomic_load(&scene.self.web_config_time) > 1700000000);
	said = scene_log(&scene);
	assert_int_equal(count(said, "msg=\"web configuration is read\""), 1);
	assert_int_equal(count(said, "msg=\"web configuration is read again\""), 2);
	assert_int_equal(count(said, "level=error"), 3);
	assert_int_equal(count(said, "web.yml is empty"), 1);
	assert_int_equal(count(said, "line 2: basic_auth_users: expected a bcrypt hash"), 1);
	assert_int_equal(count(said, "tls_server_config has come: that needs a restart"), 1);
	assert_int_equal(count(said, "http2 is asked for, HTTP/1.1 is served"), 1);
	assert_null(strstr(said, "secret"));
	scene_end(&scene);
}

/* A certificate without its key for a while is a bad configuration for that while. */
static void test_certificate(void **state)
{
	struct web_config *config;
	const struct tls *first;
	struct scene scene;

	(void)state;
	scene_begin(&scene, TLS);
	assert_true(web_has_tls(scene.web));
	config = web_now(scene.web);
	first = config->tls;
	assert_non_null(first);
	web_folder_copy(&scene.folder, "rsa.pem", "cert.pem");
	assert_true(wait_for(&scene, 0, false));
	web_config_release(config);
	config = web_now(scene.web);
	assert_ptr_equal(config->tls, first);
	web_folder_copy(&scene.folder, "rsa.key", "cert.key");
	assert_true(wait_for(&scene, 0, true));
	web_config_release(config);
	config = web_now(scene.web);
	assert_ptr_not_equal(config->tls, NULL);
	web_config_release(config);
	web_folder_write(&scene.folder, "web.yml", "{}\n");
	assert_true(wait_for(&scene, 0, false));
	assert_int_equal(
		count(scene_log(&scene), "tls_server_config has gone: that needs a restart"), 1);
	scene_end(&scene);
}

static void test_first_bad(void **state)
{
	struct exporter_log log = {.level = EXPORTER_ERROR, .fd = -1};
	struct exporter_self self;
	struct web_folder folder;
	struct err err = {0};

	(void)state;
	exporter_self_init(&self);
	web_folder_make(&folder);
	assert_null(web_new(folder.config, &log, &self, &err));
	assert_int_equal(err.kind, ERR_USAGE);
	assert_non_null(strstr(err.text, "web.yml"));
	err_clear(&err);
	assert_false(web_check(folder.config, &err));
	assert_int_equal(err.kind, ERR_USAGE);
	assert_non_null(strstr(err.text, "web.yml"));
	err_clear(&err);
	web_folder_write(&folder, "web.yml", TLS);
	assert_true(web_check(folder.config, &err));
	web_folder_write(&folder, "web.yml", "a: b\n");
	err_clear(&err);
	assert_null(web_new(folder.config, &log, &self, &err));
	assert_int_equal(err.kind, ERR_USAGE);
	web_folder_remove(&folder);
	web_free(NULL);
}

static void on_done(void *ctx, struct auth_job *job)
{
	(void)job;
	atomic_store((atomic_bool *)ctx, true);
}

/* What was known of a password is forgotten with the configuration. */
static void test_forget(void **state)
{
	atomic_bool done = false;
	const struct auth_client client = {.done = on_done, .ctx = &done};
	struct auth_job job = {.cost = 4, .asker = 1, .hash = WEB_HASH_SECRET};
	struct auth_basic basic;
	struct web_config *config;
	struct scene scene;
	struct err err = {0};

	(void)state;
	scene_begin(&scene, "basic_auth_users: {alice: " WEB_HASH_SECRET "}\n"
			    "rate_limit: {interval: 1h, burst: 1}\n");
	assert_true(web_start(scene.web, &client, &err));
	assert_true(auth_basic_parse(&basic, str_of("Basic YWxpY2U6c2VjcmV0")));
	auth_basic_copy(&job.basic, &basic);
	config = web_now(scene.web);
	assert_int_equal(web_known(scene.web, config, &basic), AUTH_UNKNOWN);
	assert_null(web_submit(scene.web, &job));
	while (!atomic_load(&done))
		sleep_ms(1);
	assert_int_equal(web_known(scene.web, config, &basic), AUTH_RIGHT);
	assert_true(web_take(scene.web) <= 0);
	assert_true(web_take(scene.web) > 3590);
	web_folder_write(&scene.folder, "web.yml",
			 "basic_auth_users: {alice: " WEB_HASH_SECRET ", b: " WEB_HASH_GEHEIM "}\n"
			 "rate_limit: {interval: 1h, burst: 1}\n");
	assert_true(wait_for(&scene, 2, true));
	assert_int_equal(web_known(scene.web, config, &basic), AUTH_UNKNOWN);
	assert_true(web_take(scene.web) > 3500);
	web_config_release(config);
	scene_end(&scene);
	(void)close(scene.pipe[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_certificate),
		cmocka_unit_test(test_first_bad),
		cmocka_unit_test(test_forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
