/* SPDX-License-Identifier: MIT */
/* process_title.c - the titles of nginx's processes; see process_title.h. */
#include "process_title.h"

enum { COMM_MAX = 15 }; /* what the kernel keeps of a name */

/* Titles begin with one of these. Angie adds its version and the number of the configuration. */
static const char *const title_prefix[] = {"nginx: ", "angie: "};

static const char *const program[] = {
	"nginx", "nginx-debug", "angie", "angie-debug", "openresty", "tengine", "freenginx",
};

bool process_is_candidate(struct str comm)
{
	for (size_t i = 0; i < ARRAY_LEN(program); i++) {
		if (str_starts(comm, str_of(program[i])))
			return true;
	}
	return false;
}

static void role_of_title(struct str title, struct process *ret)
{
	ret->is_single = str_starts(title, STR("single process"));
	if (ret->is_single || str_starts(title, STR("master process")))
		ret->role = PROCESS_MASTER;
	else if (str_starts(title, STR("worker process is shutting down")))
		ret->role = PROCESS_DRAINING;
	else if (str_starts(title, STR("worker process")))
		ret->role = PROCESS_WORKER;
	else
		ret->role = PROCESS_HELPER;
}

static bool is_program(struct str comm)
{
	for (size_t i = 0; i < ARRAY_LEN(program); i++) {
		if (str_equal(comm, str_of(program[i])))
			return true;
	}
	return false;
}

static struct str base_name(struct str path)
{
	for (size_t i = path.len; i > 0; i--) {
		if (path.ptr[i - 1] == '/')
			return (struct str){path.ptr + i, path.len - i};
	}
	return path;
}

/* Whether nginx, called with these arguments, goes on running: all options but -q and those with a
 * value make it say something and end. */
static bool is_server(struct str rest)
{
	while (rest.len > 0) {
		struct str option = str_cut(&rest, '\0');

		if (option.len == 0)
			continue;
		if (!str_take(&option, STR("-")))
			return false;
		while (option.len > 0 && option.ptr[0] == 'q')
			(void)str_take(&option, STR("q"));
		if (option.len == 0)
			continue;
		if (strchr("pecg", option.ptr[0]) == NULL)
			return false;
		if (option.len == 1)
			(void)str_cut(&rest, '\0');
	}
	return true;
}

bool process_role_of(struct str cmdline, struct str comm, struct process *ret)
{
	struct str name;

	comm = str_trim(comm);
	for (size_t i = 0; i < ARRAY_LEN(title_prefix); i++) {
		struct str title = cmdline;

		if (str_take(&title, str_of(title_prefix[i]))) {
			role_of_title(title, ret);
			return true;
		}
	}
	/* Without a master process there is no title. */
	if (!is_program(comm))
		return false;
	name = base_name(str_cut(&cmdline, '\0'));
	if (name.len > COMM_MAX)
		name.len = COMM_MAX;
	if (!str_equal(name, comm) || !is_server(cmdline))
		return false;
	ret->role = PROCESS_MASTER;
	ret->is_single = true;
	return true;
}
