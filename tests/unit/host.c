/* SPDX-License-Identifier: MIT */
/* host.c - a host for tests; see host.h. */
#include "host.h"

#include <unistd.h>

#include "unit.h"

int host_setup(void **state)
{
	struct host *host = calloc(1, sizeof(*host));
	struct err err = {0};

	if (host == NULL)
		return -1;
	*state = host;
	fake_proc_make(&host->proc);
	fake_proc_file(&host->proc, "self/net/tcp", "");
	host->status = loopback_listen("127.0.0.1", 8);
	host->other = loopback_listen("127.0.0.1", 8);
	host->udp = loopback_udp("127.0.0.1");
	loopback_path(host->path, sizeof(host->path), "nginx");
	host->local = loopback_listen_unix(host->path, false, 8);
	host->pair = loopback_pair(host->status, "127.0.0.1");
	host->question = (struct listeners_question){
		.has_connection = true,
		.ours = loopback_local(host->pair.client),
		.theirs = loopback_remote(host->pair.client),
	};
	return sockets_open(&host->reader, 0, false, &err) ? 0 : -1;
}

int host_teardown(void **state)
{
	struct host *host = *state;

	(void)close(host->status);
	(void)close(host->other);
	(void)close(host->udp);
	(void)close(host->local);
	(void)close(host->pair.client);
	(void)close(host->pair.server);
	(void)unlink(host->path);
	nginx_host_free(&host->found);
	sockets_close(&host->reader);
	fake_proc_remove(&host->proc);
	free(host);
	return 0;
}

void host_add_nginx(struct host *host, unsigned master, unsigned parent, uint64_t ticks)
{
	char name[64];

	fake_proc_process(&host->proc, master, parent, "nginx", "nginx: master process nginx",
			  ticks);
	fake_proc_process(&host->proc, master + 1, master, "nginx", "nginx: worker process",
			  ticks + 100);
	(void)snprintf(name, sizeof(name), "%u/net/tcp", master);
	fake_proc_link(&host->proc, "self/net/tcp", name);
	(void)snprintf(name, sizeof(name), "%u/limits", master + 1);
	fake_proc_file(&host->proc, name, "Max open files            4096      4096      files\n");
}

void host_ask(struct host *host)
{
	struct err err = {0};

	nginx_host_free(&host->found);
	assert_true(
		listeners_find(&host->found, &host->reader, host->proc.dir, &host->question, &err));
	assert_int_equal(err.kind, ERR_NONE);
	assert_int_equal(host->found.complete, host->found.reason[0] == '\0');
	if (host->found.source == LISTENERS_NONE)
		assert_int_equal(host->found.listeners.len, 0);
}

bool host_has(const struct host *host, int fd)
{
	for (size_t i = 0; i < host->found.listeners.len; i++) {
		if (host->found.listeners.item[i].inode == loopback_inode(fd))
			return true;
	}
	return false;
}

void host_check(const struct host *host, enum listeners_source source, bool complete)
{
	if (host->found.source != source || host->found.complete != complete)
		print_error("source %d complete %d: %s\n", (int)host->found.source,
			    host->found.complete, host->found.reason);
	assert_int_equal(host->found.source, source);
	assert_int_equal(host->found.complete, complete);
}

void host_reopen(struct host *host)
{
	struct err err = {0};

	sockets_close(&host->reader);
	assert_true(sockets_open(&host->reader, 0, false, &err));
}
