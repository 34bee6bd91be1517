/* SPDX-License-Identifier: MIT */
/* Any bytes as the lines of a file of /proc/net: taken or refused, and nothing else. */
#include "proc_net.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = {(const char *)data, size};

	while (rest.ptr != NULL) {
		struct str line = str_cut(&rest, '\n');
		struct socket socket;
		struct unix_socket local;

		if (proc_net_inet(line, &socket) && socket.has_info)
			abort();
		if (proc_net_unix(line, &local) && local.has_peer)
			abort();
		if (memchr(local.path, '\0', sizeof(local.path)) == NULL)
			abort();
	}
	return 0;
}
