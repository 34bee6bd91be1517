/* SPDX-License-Identifier: MIT */
/* listen.c - listening sockets on TCP; see listen.h. */
#include "listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "listen_unix.h"

enum {
	HOST_MAX = 256,
	PORT_MAX = 65535,
	UNSENT_MAX = 128 * 1024, /* bytes of an answer that the kernel keeps for a slow client */
	UNACKNOWLEDGED_MS = 60 * 1000, /* after which a client that has vanished is given up */
};

static bool refuse(const char *address, struct err *err)
{
	return err_set(err, ERR_USAGE,
		       "listen address \"%.80s\": expected host:port, such as :9113, "
		       "127.0.0.1:9113 or [::1]:9113, or unix:/path",
		       address);
}

bool exporter_address_parse(const char *address, char host[EXPORTER_ADDRESS_MAX],
			    char port[sizeof("65535")], struct err *err)
{
	const char *colon = strrchr(address, ':');
	struct str part;
	uint64_t number;

	if (colon == NULL || !str_to_u64(str_of(colon + 1), &number) || number > PORT_MAX)
		return refuse(address, err);
	part = (struct str){address, (size_t)(colon - address)};
	if (str_starts(part, STR("[")) && str_ends(part, STR("]")) && part.len > 2)
		part = (struct str){part.ptr + 1, part.len - 2};
	else if (str_find(part, ':') < part.len)
		return refuse(address, err);
	if (part.len >= HOST_MAX || str_find(part, '[') < part.len ||
	    str_find(part, '/') < part.len)
		return refuse(address, err);
	memcpy(host, part.ptr, part.len);
	host[part.len] = '\0';
	(void)snprintf(port, sizeof("65535"), "%u", (unsigned)number);
	return true;
}

bool exporter_address_check(const char *address, struct err *err)
{
	char host[EXPORTER_ADDRESS_MAX];
	char port[sizeof("65535")];

	if (str_starts(str_of(address), STR(LISTEN_UNIX_PREFIX)))
		return listen_unix_check(address, err);
	return exporter_address_parse(address, host, port, err);
}

/* Connections inherit these from their listening socket. Without the first the kernel may keep
 * megabytes for each client that does not read, without the second for minutes after its end. A
 * kernel that knows neither serves as well. */
static void bound_memory(int fd)
{
	int unsent = UNSENT_MAX;
	unsigned unacknowledged_ms = UNACKNOWLEDGED_MS;

#ifdef TCP_NOTSENT_LOWAT
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
#endif
#ifdef TCP_USER_TIMEOUT
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms,
			 sizeof(unacknowledged_ms));
#endif
}

/* A socket that listens there, or -1 with errno. */
static int listen_at(const struct addrinfo *info)
{
	int on = 1;
	int off = 0;
	int saved;
	int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    (info->ai_family != AF_INET6 ||
	     setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) == 0) &&
	    bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0) {
		bound_memory(fd);
		return fd;
	}
	saved = errno;
	(void)close(fd);
	errno = saved;
	return -1;
}

/* Tries the addresses of one family; 0 is any. */
static int listen_family(const struct addrinfo *list, int family)
{
	int fd = -1;

	errno = EAFNOSUPPORT;
	for (const struct addrinfo *info = list; info != NULL && fd < 0; info = info->ai_next) {
		if (family == 0 || info->ai_family == family)
			fd = listen_at(info);
	}
	return fd;
}

static void describe(struct exporter_listener *listener)
{
	struct sockaddr_storage addr = {0};
	socklen_t len = sizeof(addr);
	char host[HOST_MAX] = "?";
	char port[sizeof("65535")] = "?";
	bool is_v6;

	(void)getsockname(listener->fd, (struct sockaddr *)&addr, &len);
	if (addr.ss_family == AF_UNIX) {
		listen_unix_describe(listener->address, &addr, len);
		return;
	}
	(void)getnameinfo((const struct sockaddr *)&addr, len, host, sizeof(host), port,
			  sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
	is_v6 = strchr(host, ':') != NULL;
	(void)snprintf(listener->address, EXPORTER_ADDRESS_MAX, "%s%s%s:%s", is_v6 ? "[" : "", host,
		       is_v6 ? "]" : "", port);
}

static bool listen_tcp(struct exporter_listener *ret, const char *address, struct err *err)
{
	struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
				 .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	char host[EXPORTER_ADDRESS_MAX] = "";
	char port[sizeof("65535")] = "";
	int status;

	if (!exporter_address_parse(address, host, port, err))
		return false;
	status = getaddrinfo(host[0] == '\0' ? NULL : host, port, &hints, &list);
	if (status != 0)
		return err_set(err, ERR_RESOLVE, "listen address \"%.80s\": %s", address,
			       gai_strerror(status));
	/* An IPv6 socket without a host takes IPv4 too; without IPv6 in the kernel there is none.
	 */
	ret->fd = listen_family(list, host[0] == '\0' ? AF_INET6 : 0);
	if (ret->fd < 0 && host[0] == '\0' && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
		ret->fd = listen_family(list, AF_INET);
	if (ret->fd < 0)
		err_set_errno(err, errno, "cannot listen at \"%.80s\"", address);
	freeaddrinfo(list);
	return ret->fd >= 0;
}

bool exporter_listen(struct exporter_listener *ret, const char *address, mode_t mode,
		     struct err *err)
{
	*ret = (struct exporter_listener){.fd = -1};
	if (str_starts(str_of(address), STR(LISTEN_UNIX_PREFIX))
		    ? !listen_unix(ret, address, mode, err)
		    : !listen_tcp(ret, address, err))
		return false;
	describe(ret);
	return true;
}

bool exporter_listen_given(struct exporter_listener *ret, int fd, struct err *err)
{
	int type = 0;
	int listening = 0;
	socklen_t len = sizeof(type);
	int flags = fcntl(fd, F_GETFL);

	*ret = (struct exporter_listener){.fd = fd, .is_given = true};
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0 || type != SOCK_STREAM ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) != 0 || listening == 0)
		return err_set(err, ERR_USAGE,
			       "descriptor %d from systemd is not a listening stream socket", fd);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
		return err_set_errno(err, errno, "cannot use descriptor %d from systemd", fd);
	bound_memory(fd);
	describe(ret);
	return true;
}

void exporter_listener_end(struct exporter_listener *listener)
{
	if (listener->is_given)
		return;
	if (listener->is_file)
		listen_unix_remove(listener);
	(void)shutdown(listener->fd, SHUT_RDWR);
}
