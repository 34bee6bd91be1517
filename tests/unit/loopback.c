/* SPDX-License-Identifier: MIT */
/* loopback.c - real sockets for tests; see loopback.h. */
#include "loopback.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_MS = 10, WAIT_TRIES = 3000 };

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	abort();
}

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un local;
};

static socklen_t make_address(union address *ret, const char *text, uint16_t port)
{
	memset(ret, 0, sizeof(*ret));
	if (strchr(text, ':') == NULL) {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons(port);
		must(inet_pton(AF_INET, text, &ret->v4.sin_addr) == 1, text);
		return sizeof(ret->v4);
	}
	ret->v6.sin6_family = AF_INET6;
	ret->v6.sin6_port = htons(port);
	must(inet_pton(AF_INET6, text, &ret->v6.sin6_addr) == 1, text);
	return sizeof(ret->v6);
}

static socklen_t make_path(union address *ret, const char *path, bool with_nul)
{
	size_t len = strlen(path);

	memset(ret, 0, sizeof(*ret));
	must(len < sizeof(ret->local.sun_path), path);
	ret->local.sun_family = AF_UNIX;
	memcpy(ret->local.sun_path, path, len);
	if (path[0] != '@')
		return sizeof(ret->local);
	ret->local.sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (with_nul ? 1 : 0));
}

static int bind_new(int type, const union address *address, socklen_t len, int v6_only)
{
	int fd = socket(address->any.sa_family, type | SOCK_CLOEXEC, 0);

	must(fd >= 0, "socket");
	if (address->any.sa_family == AF_INET6)
		must(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof(v6_only)) == 0,
		     "v6only");
	must(bind(fd, &address->any, len) == 0, "bind");
	return fd;
}

int loopback_listen(const char *address, int backlog)
{
	union address at;
	socklen_t len = make_address(&at, address, 0);
	int fd = bind_new(SOCK_STREAM, &at, len, 0);

	must(listen(fd, backlog) == 0, "listen");
	return fd;
}

int loopback_listen_v6_only(int backlog)
{
	union address at;
	socklen_t len = make_address(&at, "::", 0);
	int fd = bind_new(SOCK_STREAM, &at, len, 1);

	must(listen(fd, backlog) == 0, "listen");
	return fd;
}

int loopback_udp(const char *address)
{
	union address at;
	socklen_t len = make_address(&at, address, 0);

	return bind_new(SOCK_DGRAM, &at, len, 0);
}

void loopback_connect_udp(int client, int server)
{
	union address at;
	socklen_t len = sizeof(at);

	must(getsockname(server, &at.any, &len) == 0, "getsockname");
	must(connect(client, &at.any, len) == 0, "connect");
}

int loopback_listen_unix(const char *path, bool with_nul, int backlog)
{
	union address at;
	socklen_t len = make_path(&at, path, with_nul);
	int fd = bind_new(SOCK_STREAM, &at, len, 0);

	must(listen(fd, backlog) == 0, "listen");
	return fd;
}

static int connect_new(const union address *address, socklen_t len)
{
	int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(fd >= 0, "socket");
	must(connect(fd, &address->any, len) == 0, "connect");
	return fd;
}

int loopback_connect(const char *address, uint16_t port)
{
	union address at;
	socklen_t len = make_address(&at, address, port);

	return connect_new(&at, len);
}

int loopback_connect_unix(const char *path, bool with_nul)
{
	union address at;
	socklen_t len = make_path(&at, path, with_nul);

	return connect_new(&at, len);
}

int loopback_accept(int listener)
{
	int fd = accept(listener, NULL, NULL);

	must(fd >= 0, "accept");
	return fd;
}

static struct endpoint endpoint_of(const union address *address)
{
	struct endpoint ret = {.port = 0};
	char text[INET6_ADDRSTRLEN];

	if (address->any.sa_family == AF_INET) {
		must(inet_ntop(AF_INET, &address->v4.sin_addr, text, sizeof(text)) != NULL, "ntop");
		must(endpoint_parse_address(&ret, str_of(text)), text);
		ret.port = ntohs(address->v4.sin_port);
	} else {
		memcpy(ret.address, &address->v6.sin6_addr, sizeof(ret.address));
		ret.port = ntohs(address->v6.sin6_port);
	}
	return ret;
}

struct endpoint loopback_local(int fd)
{
	union address at;
	socklen_t len = sizeof(at);

	must(getsockname(fd, &at.any, &len) == 0, "getsockname");
	return endpoint_of(&at);
}

struct endpoint loopback_remote(int fd)
{
	union address at;
	socklen_t len = sizeof(at);

	must(getpeername(fd, &at.any, &len) == 0, "getpeername");
	return endpoint_of(&at);
}

uint32_t loopback_inode(int fd)
{
	struct stat info;

	must(fstat(fd, &info) == 0, "fstat");
	return (uint32_t)info.st_ino;
}

struct loopback_pair loopback_pair(int listener, const char *address)
{
	struct loopback_pair pair;

	pair.client = loopback_connect(address, loopback_local(listener).port);
	pair.server = loopback_accept(listener);
	return pair;
}

void loopback_say(int fd, const char *text)
{
	must(send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text), "send");
}

void loopback_flood(int fd)
{
	static const char zeros[65536];
	ssize_t sent;

	do {
		sent = send(fd, zeros, sizeof(zeros), MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (sent > 0);
}

void loopback_path(char *ret, size_t size, const char *name)
{
	const char *dir = getenv("TMPDIR");

	(void)snprintf(ret, size, "%s/connledger-%ld-%s", dir == NULL ? "/tmp" : dir,
		       (long)getpid(), name);
}

bool loopback_wait(unsigned *tries)
{
	const struct timespec pause = {.tv_nsec = WAIT_MS * 1000000L};

	(void)nanosleep(&pause, NULL);
	return ++*tries < WAIT_TRIES;
}
