/* SPDX-License-Identifier: MIT */
/* server.c - tiny servers for tests; see server.h. */
#include "server.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { ESTABLISHED = 1 }; /* in /proc/net/tcp */

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	abort();
}

static void remember(struct server *server, const char *bytes, size_t len)
{
	server->received += len;
	for (size_t i = 0; i < len && server->request_len < sizeof(server->request) - 1; i++)
		server->request[server->request_len++] = bytes[i];
	server->request[server->request_len] = '\0';
}

/* Reads until the client closes or, if `until` is not NULL, until that is in the request. */
static void receive(struct server *server, int fd, const char *until)
{
	char bytes[4096];

	while (until == NULL || strstr(server->request, until) == NULL) {
		ssize_t len = recv(fd, bytes, sizeof(bytes), 0);

		if (len <= 0)
			return;
		remember(server, bytes, (size_t)len);
	}
}

static bool say(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		bytes += sent;
		len -= (size_t)sent;
	}
	return true;
}

static void go_on(int fd, bool slowly)
{
	static const char zeros[65536];
	const struct timespec pause = {.tv_nsec = 5000000};

	while (say(fd, zeros, slowly ? 1 : sizeof(zeros))) {
		if (slowly)
			(void)nanosleep(&pause, NULL);
	}
}

static void cut(int fd)
{
	const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	must(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)) == 0, "SO_LINGER");
}

static void serve(struct server *server, int fd)
{
	const char *text = server->text;
	bool is_http = strncmp(text, "HTTP/", 5) == 0;
	bool goes_on = server->act == SERVER_DRIP || server->act == SERVER_FLOOD;

	server->request_len = 0;
	server->request[0] = '\0';
	if (server->act == SERVER_ANSWER || server->act == SERVER_ANSWER_RESET ||
	    (is_http && goes_on))
		receive(server, fd, "\r\n\r\n");
	if (!say(fd, text, strlen(text)))
		return;
	switch (server->act) {
	case SERVER_ANSWER:
	case SERVER_CLOSE:
		break;
	case SERVER_SEND:
		(void)shutdown(fd, SHUT_WR);
		receive(server, fd, NULL);
		break;
	case SERVER_HANG:
		receive(server, fd, NULL);
		break;
	case SERVER_DRIP:
	case SERVER_FLOOD:
		go_on(fd, server->act == SERVER_DRIP);
		break;
	case SERVER_RESET:
	case SERVER_ANSWER_RESET:
		cut(fd);
		break;
	}
}

static bool begin(struct server *server, int fd)
{
	bool goes_on;

	(void)pthread_mutex_lock(&server->lock);
	goes_on = !server->stopping;
	server->connection = fd;
	(void)pthread_mutex_unlock(&server->lock);
	return goes_on;
}

static void end(struct server *server, int fd)
{
	(void)pthread_mutex_lock(&server->lock);
	server->connection = -1;
	(void)pthread_mutex_unlock(&server->lock);
	(void)close(fd);
}

static void *run(void *arg)
{
	struct server *server = arg;

	for (;;) {
		int fd = accept(server->listener, NULL, NULL);

		if (fd < 0)
			return NULL;
		if (begin(server, fd))
			serve(server, fd);
		end(server, fd);
	}
}

static void listen_tcp(struct server *server, bool v6)
{
	struct sockaddr_in6 addr6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_in addr4 = {.sin_family = AF_INET};
	struct sockaddr *addr = v6 ? (void *)&addr6 : (void *)&addr4;
	socklen_t len = v6 ? sizeof(addr6) : sizeof(addr4);

	addr4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server->listener = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(server->listener >= 0, "socket");
	must(bind(server->listener, addr, len) == 0, "bind");
	must(getsockname(server->listener, addr, &len) == 0, "getsockname");
	server->port = ntohs(v6 ? addr6.sin6_port : addr4.sin_port);
}

static void listen_unix(struct server *server, bool abstract, bool with_nul)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	socklen_t len = sizeof(addr);
	char folder[] = "/tmp/connledger-test-XXXXXX";

	must(mkdtemp(folder) != NULL, "mkdtemp");
	(void)snprintf(server->path, sizeof(server->path), "%s%s", folder,
		       abstract ? "" : "/socket");
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", server->path);
	if (abstract) {
		must(rmdir(folder) == 0, "rmdir");
		addr.sun_path[0] = '\0';
		server->path[0] = '@';
		len = (socklen_t)(sizeof(addr.sun_family) + strlen(server->path) +
				  (with_nul ? 1 : 0));
	}
	server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(server->listener >= 0, "socket");
	must(bind(server->listener, (struct sockaddr *)(void *)&addr, len) == 0, "bind");
}

static void fill_queue(struct server *server)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	must(listen(server->listener, 0) == 0, "listen");
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", server->path);
	server->filler = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(server->filler >= 0, "socket");
	must(connect(server->filler, (struct sockaddr *)(void *)&addr, sizeof(addr)) == 0,
	     "connect");
}

void server_start(struct server *server, enum server_place place, enum server_act act,
		  const char *text)
{
	*server = (struct server){
		.act = act, .text = text, .listener = -1, .filler = -1, .connection = -1};
	must(pthread_mutex_init(&server->lock, NULL) == 0, "pthread_mutex_init");
	if (place == SERVER_V4 || place == SERVER_V6 || place == SERVER_DEAD)
		listen_tcp(server, place == SERVER_V6);
	else
		listen_unix(server, place == SERVER_ABSTRACT || place == SERVER_ABSTRACT_NUL,
			    place == SERVER_ABSTRACT_NUL);
	if (place == SERVER_FULL) {
		fill_queue(server);
		return;
	}
	if (place == SERVER_DEAD || place == SERVER_MISSING || place == SERVER_STALE) {
		(void)close(server->listener);
		server->listener = -1;
		if (place == SERVER_MISSING)
			must(unlink(server->path) == 0, "unlink");
		return;
	}
	must(listen(server->listener, 16) == 0, "listen");
	must(pthread_create(&server->thread, NULL, run, server) == 0, "pthread_create");
}

/* The server's ends of connections that are established. */
static size_t connections(const struct server *server)
{
	FILE *table = fopen("/proc/self/net/tcp", "re");
	char line[256];
	size_t count = 0;

	must(table != NULL, "/proc/self/net/tcp");
	/* "  0: 0100007F:1F90 0100007F:C350 01 ..." below a line of headings */
	while (fgets(line, sizeof(line), table) != NULL) {
		char *at = strchr(line, ':');

		at = at == NULL ? NULL : strchr(at + 1, ':');
		if (at == NULL || strtoul(at + 1, &at, 16) != server->port)
			continue;
		at = strchr(at + 1, ' ');
		count += at != NULL && strtoul(at, NULL, 16) == ESTABLISHED;
	}
	(void)fclose(table);
	return count;
}

void server_wait_connections(const struct server *server, size_t count)
{
	const struct timespec pause = {.tv_nsec = 2000000};

	while (connections(server) != count)
		(void)nanosleep(&pause, NULL);
}

void server_stop(struct server *server)
{
	char *slash = strrchr(server->path, '/');

	(void)pthread_mutex_lock(&server->lock);
	server->stopping = true;
	if (server->connection >= 0)
		(void)shutdown(server->connection, SHUT_RDWR);
	(void)pthread_mutex_unlock(&server->lock);
	if (server->listener >= 0 && server->filler < 0) {
		(void)shutdown(server->listener, SHUT_RDWR);
		(void)pthread_join(server->thread, NULL);
	}
	if (server->listener >= 0)
		(void)close(server->listener);
	if (server->filler >= 0)
		(void)close(server->filler);
	if (server->path[0] != '/' || slash == NULL)
		return;
	(void)unlink(server->path);
	*slash = '\0';
	(void)rmdir(server->path);
}
