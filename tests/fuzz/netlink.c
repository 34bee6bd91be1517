/* SPDX-License-Identifier: MIT */
/* Any bytes as an answer of NETLINK_SOCK_DIAG: read as each kind of socket, they must not be read
 * beyond their end, and what comes of them must be whole. */
#include "sockets_message.h"

static void check_path(const char path[UNIX_PATH_MAX_LEN + 1])
{
	if (memchr(path, '\0', UNIX_PATH_MAX_LEN + 1) == NULL)
		abort();
}

static void read_body(struct str body)
{
	struct socket socket;
	struct unix_socket local;
	struct listener listener;
	uint32_t inode;

	if (message_tcp(body, &socket) && !socket.has_info &&
	    (socket.sent_any || socket.received_any || socket.received_once ||
	     socket.last_sent_ms != 0))
		abort();
	if (message_unix(body, &local, NULL))
		check_path(local.path);
	for (size_t i = 0; message_unix_waiting(body, i, &inode); i++) {
	}
	for (int kind = LISTENER_TCP; kind <= LISTENER_UNIX; kind++) {
		if (!message_listener(body, (enum listener_kind)kind, &listener))
			continue;
		check_path(listener.path);
		if (kind == LISTENER_UNIX && listener.path[0] == '\0')
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { SEQUENCE_AT = 8 };
	struct message_walk walk = {.rest = {(const char *)data, size}};
	struct str body;

	/* The first message's: what was recorded is an answer to somebody else. */
	if (size >= SEQUENCE_AT + sizeof(walk.sequence))
		memcpy(&walk.sequence, data + SEQUENCE_AT, sizeof(walk.sequence));
	while (message_next(&walk, &body))
		read_body(body);
	/* Without the walk around it. */
	read_body((struct str){(const char *)data, size});
	return 0;
}
