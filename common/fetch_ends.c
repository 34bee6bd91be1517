/* SPDX-License-Identifier: MIT */
/* fetch_ends.c - the two ends of a connection; see fetch_ends.h. */
#include "fetch_ends.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

static bool endpoint_of(struct endpoint *ret, const struct sockaddr_storage *addr)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	*ret = (struct endpoint){.port = 0};
	if (addr->ss_family == AF_INET) {
		const struct sockaddr_in *v4 = (const void *)addr;

		memcpy(ret->address, mapped, sizeof(mapped));
		memcpy(ret->address + sizeof(mapped), &v4->sin_addr, sizeof(v4->sin_addr));
		ret->port = ntohs(v4->sin_port);
	} else if (addr->ss_family == AF_INET6) {
		const struct sockaddr_in6 *v6 = (const void *)addr;

		memcpy(ret->address, &v6->sin6_addr, sizeof(v6->sin6_addr));
		ret->port = ntohs(v6->sin6_port);
	}
	return ret->port != 0;
}

void fetch_ends_read(struct fetch_ends *ends, int fd)
{
	struct sockaddr_storage ours = {0};
	struct sockaddr_storage theirs = {0};
	socklen_t ours_len = sizeof(ours);
	socklen_t theirs_len = sizeof(theirs);
	struct stat status;

	*ends = (struct fetch_ends){.is_tcp = false};
	if (getsockname(fd, (struct sockaddr *)&ours, &ours_len) != 0 ||
	    getpeername(fd, (struct sockaddr *)&theirs, &theirs_len) != 0 ||
	    fstat(fd, &status) != 0)
		return;
	ends->our_inode = (uint32_t)status.st_ino;
	ends->is_unix = ours.ss_family == AF_UNIX;
	ends->is_tcp = endpoint_of(&ends->ours, &ours) && endpoint_of(&ends->theirs, &theirs);
}
