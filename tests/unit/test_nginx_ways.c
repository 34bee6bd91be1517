/* SPDX-License-Identifier: MIT */
/* test_nginx_ways.c - when the configuration of a running nginx is believed. */
#include "unit.h"

#include <time.h>
#include <unistd.h>

#include "fake_proc.h"
#include "nginx_ways.h"

enum { MASTER = 100 };

struct scene {
	struct fake_proc proc; /* with the configuration in it */
	struct listener listener[2];
	struct nginx_host host;
	double changed;
};

static double now(void)
{
	struct timespec time;

	assert_int_equal(clock_gettime(CLOCK_REALTIME, &time), 0);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void set_command(struct scene *scene, const char *more)
{
	char text[600];

	(void)snprintf(text, sizeof(text), "nginx: master process nginx -c %s/nginx.conf%s",
		       scene->proc.dir, more);
	fake_proc_file(&scene->proc, "100/cmdline", text);
}

static void set_root(struct scene *scene, const char *target)
{
	char link[300];

	(void)snprintf(link, sizeof(link), "%s/100/root", scene->proc.dir);
	(void)unlink(link);
	if (target != NULL)
		assert_int_equal(symlink(target, link), 0);
}

static int setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	if (scene == NULL)
		return -1;
	*state = scene;
	fake_proc_make(&scene->proc);
	fake_proc_file(&scene->proc, "nginx.conf",
		       "events { } http { server { listen 443 ssl; mirror /m; listen unix:/s; } }");
	set_command(scene, "");
	set_root(scene, "/");
	scene->changed = now();
	scene->listener[0] = (struct listener){.kind = LISTENER_TCP, .at.port = 443};
	scene->listener[1] = (struct listener){.kind = LISTENER_UNIX, .path = "/s"};
	scene->host = (struct nginx_host){
		.processes_known = true,
		.master_pid = MASTER,
		.masters = 1,
		.workers = 1,
		.master_started = scene->changed + 1,
		.workers_started = scene->changed + 1,
		.worker_newest = scene->changed + 1,
		.listeners = {.item = scene->listener, .len = 2},
	};
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	fake_proc_remove(&scene->proc);
	free(scene);
	return 0;
}

/* NULL: it is believed. */
static void ask(struct scene *scene, const char *error)
{
	struct nginx_ways ways;
	struct err err = {0};
	bool ok;

	scene->listener[0].ways = scene->listener[1].ways = 0;
	ok = nginx_ways_find(&ways, &scene->host, scene->proc.dir, &err);
	if (ok != (error == NULL) || (!ok && strstr(err.text, error) == NULL))
		fail_msg("%s, not %s", ok ? "believed" : err.text,
			 error == NULL ? "believed" : error);
	assert_int_equal(ways.is_known, ok);
	assert_int_equal(ways.has_subrequests, ok);
	assert_false(ways.ignores_aborts);
	assert_int_equal(scene->listener[0].ways, ok ? NGINX_HTTP1 | NGINX_TLS : 0);
	assert_int_equal(scene->listener[1].ways, ok ? NGINX_HTTP1 : 0);
}

static void what_nginx_has_read(void **state)
{
	struct scene *scene = *state;
	struct nginx_host *host = &scene->host;

	ask(scene, NULL);
	/* Changed since, and a worker has died, which the master has started again. */
	host->master_started = scene->changed - 100;
	ask(scene, "has changed since");
	host->workers = 2;
	host->workers_started = scene->changed - 100;
	ask(scene, "has changed since");
	/* Reloaded: the workers began together. */
	host->workers_started = scene->changed + 0.8;
	ask(scene, NULL);
	host->workers_started = scene->changed - 0.1;
	host->worker_newest = scene->changed + 0.1;
	ask(scene, "has changed since");
	host->workers_started = scene->changed + 0.8;
	host->draining = 1;
	ask(scene, "draining");
	/* Nothing has changed since nginx was started: the old workers know the same. */
	host->master_started = scene->changed;
	ask(scene, NULL);
}

static void which_nginx(void **state)
{
	struct scene *scene = *state;
	struct nginx_host *host = &scene->host;

	host->masters = 2;
	ask(scene, "not known");
	host->masters = 1;
	host->net_pid = 5;
	ask(scene, "not known");
	host->net_pid = 0;
	host->processes_known = false;
	ask(scene, "not known");
}

static void whose_files(void **state)
{
	struct scene *scene = *state;

	/* In a container there is another file, or none, at that path. */
	set_root(scene, "/nowhere");
	fake_proc_file(&scene->proc, "self/mountinfo", "21 1 8:1 / / rw\n22 ");
	fake_proc_file(&scene->proc, "100/mountinfo", "98 1 8:1 / / rw\n22 ");
	ask(scene, "container");
	fake_proc_file(&scene->proc, "100/mountinfo", "");
	ask(scene, "container");
	set_root(scene, scene->proc.dir);
	ask(scene, "container");
	/* Without a look at its root, its mounts tell. */
	set_root(scene, NULL);
	fake_proc_file(&scene->proc, "100/mountinfo", "21 1 8:1 / / rw\n22 ");
	ask(scene, NULL);
}

static void which_file(void **state)
{
	struct scene *scene = *state;

	set_command(scene, " -g daemon off;");
	ask(scene, NULL);
	set_command(scene, " -g stream { }");
	ask(scene, "command line");
	set_command(scene, " -g include x;");
	ask(scene, "command line");
	set_command(scene, ".gone");
	ask(scene, "cannot read");
	set_command(scene, "");
	fake_proc_file(&scene->proc, "nginx.conf", "http {");
	ask(scene, "not closed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_nginx_has_read, setup, teardown),
		cmocka_unit_test_setup_teardown(which_nginx, setup, teardown),
		cmocka_unit_test_setup_teardown(whose_files, setup, teardown),
		cmocka_unit_test_setup_teardown(which_file, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
