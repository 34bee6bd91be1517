/* SPDX-License-Identifier: MIT */
/* Cgroups of processes, in trees like /proc and /sys/fs/cgroup. */
#include "unit.h"

#include "cgroup.h"
#include "fake_proc.h"

static int setup(void **state)
{
	static struct fake_proc proc;

	fake_proc_make(&proc);
	*state = &proc;
	return 0;
}

static int teardown(void **state)
{
	fake_proc_remove(*state);
	return 0;
}

static void mount_cgroups(const struct fake_proc *proc)
{
	char text[500];

	(void)snprintf(text, sizeof(text),
		       "proc /proc proc rw 0 0\n"
		       "cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n"
		       "cgroup2 %s/cg cgroup2 rw,nosuid 0 0\n"
		       "cgroup2 /elsewhere cgroup2 rw 0 0\n",
		       proc->dir);
	fake_proc_file(proc, "self/mounts", text);
}

static void test_cgroup(void **state)
{
	static const struct {
		const char *text;
		bool ok;
	} cgroup_case[] = {
		{"0::/system.slice/nginx.service\n", true},
		{"9:name=systemd:/x\n1:cpu:/\n0::/system.slice/nginx.service\n", true},
		{"0::/system.slice/nginx.service", true},
		{"9:name=systemd:/system.slice/nginx.service\n", false},
		{"0::/../nginx.service\n", false},
		{"0::/gone\n", false},
		{"0::\n", false},
		{"", false},
	};
	const struct fake_proc *proc = *state;
	uint64_t id = fake_proc_folder(proc, "cg/system.slice/nginx.service");
	struct cgroup got;

	(void)fake_proc_folder(proc, "nginx.service");
	cgroup_of(&got, proc->dir, 100);
	assert_true(got.id == 0);
	mount_cgroups(proc);
	for (size_t i = 0; i < ARRAY_LEN(cgroup_case); i++) {
		fake_proc_file(proc, "100/cgroup", cgroup_case[i].text);
		cgroup_of(&got, proc->dir, 100);
		assert_true(got.id == (cgroup_case[i].ok ? id : 0));
	}
}

static void test_own_cgroup(void **state)
{
	static const struct {
		const char *pids;
		bool is_own;
	} own_case[] = {
		{"100\n101\n", true},
		{"100\n101\n600\n", true}, /* a worker that has just begun */
		{"100\n101\n601\n", false},
		{"100\n999\n", false}, /* gone, or hidden */
		{"0\n100\n", false},   /* of another namespace */
		{"100\n101", false},
		{"\n", false},
		{"", false},
	};
	const struct fake_proc *proc = *state;
	struct processes nginx;
	struct err err = {0};
	struct cgroup cgroup;

	fake_proc_process(proc, 100, 1, "nginx", "nginx: master process nginx", 5);
	fake_proc_process(proc, 101, 100, "nginx", "nginx: worker process", 5);
	assert_true(processes_find(&nginx, proc->dir, PROCESS_EVERYWHERE, 0, &err));
	fake_proc_process(proc, 600, 100, "nginx", "nginx: worker process", 5);
	fake_proc_process(proc, 601, 1, "uwsgi", "uwsgi", 5);
	fake_proc_file(proc, "self/comm", "nginx\n");
	(void)fake_proc_folder(proc, "cg/n");
	mount_cgroups(proc);
	fake_proc_file(proc, "100/cgroup", "0::/n\n");
	cgroup_of(&cgroup, proc->dir, 100);
	assert_true(cgroup.id != 0);
	assert_false(cgroup_is_own(&cgroup, proc->dir, &nginx));
	for (size_t i = 0; i < ARRAY_LEN(own_case); i++) {
		fake_proc_file(proc, "cg/n/cgroup.procs", own_case[i].pids);
		assert_int_equal(cgroup_is_own(&cgroup, proc->dir, &nginx), own_case[i].is_own);
	}
	cgroup.id = 0;
	fake_proc_file(proc, "cg/n/cgroup.procs", own_case[0].pids);
	assert_false(cgroup_is_own(&cgroup, proc->dir, &nginx));
	processes_free(&nginx);
}

/* More processes than one read takes. */
static void test_crowded_cgroup(void **state)
{
	enum { CROWD = 3000 };
	static char pids[CROWD * 5 + 16];
	const struct fake_proc *proc = *state;
	struct processes nginx;
	struct err err = {0};
	struct cgroup cgroup;
	size_t len = 0;

	fake_proc_process(proc, 100, 1, "nginx", "nginx: master process nginx", 5);
	assert_true(processes_find(&nginx, proc->dir, PROCESS_EVERYWHERE, 0, &err));
	mount_cgroups(proc);
	fake_proc_file(proc, "100/cgroup", "0::/n\n");
	(void)fake_proc_folder(proc, "cg/n");
	for (unsigned i = 0; i < CROWD; i++)
		len += (size_t)snprintf(pids + len, sizeof(pids) - len, "100\n");
	fake_proc_file(proc, "cg/n/cgroup.procs", pids);
	cgroup_of(&cgroup, proc->dir, 100);
	assert_true(cgroup_is_own(&cgroup, proc->dir, &nginx));
	(void)snprintf(pids + len, sizeof(pids) - len, "7\n");
	fake_proc_file(proc, "cg/n/cgroup.procs", pids);
	assert_false(cgroup_is_own(&cgroup, proc->dir, &nginx));
	processes_free(&nginx);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_cgroup),
		CASE(test_own_cgroup),
		CASE(test_crowded_cgroup),
	};

	return cmocka_run_group_tests_name("cgroup", tests, NULL, NULL);
}
