/* SPDX-License-Identifier: MIT */
/* listen.c - listening sockets; see listen.h. */
#include "listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HOST_MAX = 256, PORT_MAX = 65535 };

static bool refuse(const char *address, struct err *err)
{
	return err_set(err, ERR_USAGE,
		       "listen address \"%.80s\": expected host:port, such as :9113, "
		       "127.0.0.1:9113 or [::1]:9113",
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
	    bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
		return fd;
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

static void describe(int fd, char bound[EXPORTER_ADDRESS_MAX])
{
	struct sockaddr_storage addr = {0};
	socklen_t len = sizeof(addr);
	char host[HOST_MAX] = "?";
	char port[sizeof("65535")] = "?";
	bool is_v6;

	(void)getsockname(fd, (struct sockaddr *)&addr, &len);
	(void)getnameinfo((const struct sockaddr *)&addr, len, host, sizeof(host), port,
			  sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
	is_v6 = strchr(host, ':') != NULL;
	(void)snprintf(bound, EXPORTER_ADDRESS_MAX, "%s%s%s:%s", is_v6 ? "[" : "", host,
		       is_v6 ? "]" : "", port);
}

int exporter_listen(const char *address, char bound[EXPORTER_ADDRESS_MAX], struct err *err)
{
	struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
				 .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	char host[EXPORTER_ADDRESS_MAX] = "";
	char port[sizeof("65535")] = "";
	int status;
	int fd;

	if (!exporter_address_parse(address, host, port, err))
		return -1;
	status = getaddrinfo(host[0] == '\0' ? NULL : host, port, &hints, &list);
	if (status != 0) {
		err_set(err, ERR_RESOLVE, "listen address \"%.80s\": %s", address,
			gai_strerror(status));
		return -1;
	}
	/* An IPv6 socket without a host takes IPv4 too; without IPv6 in the kernel there is none.
	 */
	fd = listen_family(list, host[0] == '\0' ? AF_INET6 : 0);
	if (fd < 0 && host[0] == '\0' && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
		fd = listen_family(list, AF_INET);
	if (fd < 0)
		err_set_errno(err, errno, "cannot listen at \"%.80s\"", address);
	else
		describe(fd, bound);
	freeaddrinfo(list);
	return fd;
}
