/* SPDX-License-Identifier: MIT */
/* sockets_ask.c - one question to the kernel and its answer; see sockets_ask.h. */
#include "sockets_ask.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "sockets_message.h"
#include "sockets_store.h"

enum {
	WAIT_SECONDS = 5, /* the kernel answers at once: this is for a kernel that does not */
	TRIES = 4,        /* of a dump that the kernel says has holes */
};

int netlink_open(void)
{
	const struct timeval wait = {.tv_sec = WAIT_SECONDS};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	if (fd < 0)
		err_own_note_errno(errno);
	else
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	return fd;
}

struct nlmsghdr netlink_head(struct sockets_reader *reader, size_t len, bool is_dump)
{
	return (struct nlmsghdr){
		.nlmsg_len = (uint32_t)len,
		.nlmsg_type = SOCK_DIAG_BY_FAMILY,
		.nlmsg_flags = (uint16_t)(is_dump ? NLM_F_REQUEST | NLM_F_DUMP : NLM_F_REQUEST),
		.nlmsg_seq = ++reader->sequence,
	};
}

static bool send_question(int fd, const struct netlink_question *question)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	ssize_t sent;

	do {
		sent = sendto(fd, question->bytes, question->len, 0,
			      (const struct sockaddr *)&kernel, sizeof(kernel));
	} while (sent < 0 && errno == EINTR);
	return sent == (ssize_t)question->len;
}

/* One chunk of the answer. Only the kernel (port 0) is listened to. */
static bool receive(const struct sockets_reader *reader, struct str *ret, struct err *err)
{
	struct sockaddr_nl from = {.nl_pid = 0};
	struct iovec room = {.iov_base = reader->buffer, .iov_len = SOCKETS_BUFFER_BYTES};
	ssize_t len;

	for (;;) {
		struct msghdr msg = {
			.msg_name = &from,
			.msg_namelen = sizeof(from),
			.msg_iov = &room,
			.msg_iovlen = 1,
		};

		len = recvmsg(reader->netlink_fd, &msg, 0);
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return err_set_errno(err, errno, "netlink does not answer");
		if (len == 0 || (msg.msg_flags & MSG_TRUNC) != 0)
			return err_set(err, ERR_PARSE, "an answer of netlink was cut short");
		if (from.nl_pid != 0)
			continue;
		*ret = (struct str){reader->buffer, (size_t)len};
		return true;
	}
}

/* What netlink says where the kernel was built without, or a module cannot be loaded. */
static bool is_absent(int error)
{
	return error == ENOENT || error == EOPNOTSUPP || error == EPROTONOSUPPORT ||
	       error == EAFNOSUPPORT || error == EPERM || error == EACCES || error == ENOSYS;
}

static enum netlink_result result_of(const struct netlink_question *question, int error,
				     struct err *err)
{
	if (error == 0 || (error == ENOENT && !question->is_dump))
		return NETLINK_OK;
	if (is_absent(error))
		return NETLINK_ABSENT;
	(void)err_set_errno(err, error, "netlink refuses a list of sockets");
	return NETLINK_FAILED;
}

/* Reads the whole answer. `*interrupted` tells that it has holes. */
static enum netlink_result read_answer(struct sockets_reader *reader,
				       const struct netlink_question *question, bool *interrupted,
				       struct err *err)
{
	struct message_walk walk = {.sequence = reader->sequence};
	struct str body;

	while (walk.state == WALK_MORE) {
		if (!sockets_have_time(reader, err) || !receive(reader, &walk.rest, err))
			return NETLINK_FAILED;
		while (message_next(&walk, &body)) {
			if (!question->take(question->ctx, body, err))
				return NETLINK_FAILED;
			if (!question->is_dump)
				return NETLINK_OK;
		}
	}
	*interrupted = walk.interrupted;
	if (walk.state == WALK_DONE)
		return result_of(question, walk.error, err);
	(void)err_set(err, ERR_PARSE, "an answer of netlink is not understood");
	return NETLINK_FAILED;
}

/* A socket in the middle of a dump takes no other question: it is replaced. */
static void replace_socket(struct sockets_reader *reader)
{
	(void)close(reader->netlink_fd);
	reader->netlink_fd = netlink_open();
}

enum netlink_result netlink_ask(struct sockets_reader *reader,
				const struct netlink_question *question, struct err *err)
{
	for (unsigned i = 0; i < TRIES; i++) {
		bool interrupted = false;
		enum netlink_result result = NETLINK_FAILED;

		if (reader->netlink_fd < 0)
			return NETLINK_ABSENT;
		if (send_question(reader->netlink_fd, question))
			result = read_answer(reader, question, &interrupted, err);
		else if (is_absent(errno))
			result = NETLINK_ABSENT;
		else
			(void)err_set_errno(err, errno, "cannot ask netlink");
		if (result == NETLINK_FAILED)
			replace_socket(reader);
		if (result != NETLINK_OK || !interrupted)
			return result;
		question->restart(question->ctx);
	}
	(void)err_set(err, ERR_SYSTEM,
		      "the kernel's list of sockets changed %d times while it was read", TRIES);
	return NETLINK_FAILED;
}
