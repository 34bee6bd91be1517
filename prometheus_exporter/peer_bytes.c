/* SPDX-License-Identifier: MIT */
/* peer_bytes.c - asks the kernel; see peer_bytes.h. The kernel's own header has the field. */
#include "peer_bytes.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

uint64_t exporter_peer_bytes(int fd)
{
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
		return 0;
	return info.tcpi_bytes_acked;
}
