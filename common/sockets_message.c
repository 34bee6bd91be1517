/* SPDX-License-Identifier: MIT */
/* sockets_message.c - what NETLINK_SOCK_DIAG sends; see sockets_message.h. All is copied out of the
 * bytes by memcpy(): their alignment is nobody's promise. */
#include "sockets_message.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>

#include "sockets_filter.h"

/* ---- messages -------------------------------------------------------------------------------- */

/* What both NLMSG_ERROR and NLMSG_DONE begin with: 0 or a negative errno. */
static int error_of(struct str body)
{
	int32_t error = 0;

	if (body.len >= sizeof(error))
		memcpy(&error, body.ptr, sizeof(error));
	return error < 0 && error > INT32_MIN ? -error : 0;
}

static void skip(struct str *rest, size_t len)
{
	size_t padded = (len + NLMSG_ALIGNTO - 1) & ~(size_t)(NLMSG_ALIGNTO - 1);

	if (padded > rest->len)
		padded = rest->len;
	rest->ptr += padded;
	rest->len -= padded;
}

static bool stop(struct message_walk *walk, enum walk_state state)
{
	walk->state = state;
	walk->rest.len = 0;
	return false;
}

bool message_next(struct message_walk *walk, struct str *ret)
{
	while (walk->rest.len > 0) {
		struct nlmsghdr head;
		struct str body;

		if (walk->rest.len < sizeof(head))
			return stop(walk, WALK_BAD);
		memcpy(&head, walk->rest.ptr, sizeof(head));
		if (head.nlmsg_len < sizeof(head) || head.nlmsg_len > walk->rest.len)
			return stop(walk, WALK_BAD);
		body = (struct str){walk->rest.ptr + sizeof(head), head.nlmsg_len - sizeof(head)};
		skip(&walk->rest, head.nlmsg_len);
		if (head.nlmsg_seq != walk->sequence)
			continue;
		if ((head.nlmsg_flags & NLM_F_DUMP_INTR) != 0)
			walk->interrupted = true;
		if (head.nlmsg_type == NLMSG_DONE || head.nlmsg_type == NLMSG_ERROR) {
			walk->error = error_of(body);
			return stop(walk, WALK_DONE);
		}
		if (head.nlmsg_type == SOCK_DIAG_BY_FAMILY) {
			*ret = body;
			return true;
		}
	}
	return false;
}

/* ---- attributes ------------------------------------------------------------------------------ */

/* Takes the next attribute off `*rest`. False at the end, and for one that is cut short. */
static bool attribute_next(struct str *rest, unsigned *type, struct str *value)
{
	struct rtattr head;

	if (rest->len < sizeof(head))
		return false;
	memcpy(&head, rest->ptr, sizeof(head));
	if (head.rta_len < sizeof(head) || head.rta_len > rest->len)
		return false;
	*type = head.rta_type & (unsigned)NLA_TYPE_MASK;
	*value = (struct str){rest->ptr + sizeof(head), head.rta_len - sizeof(head)};
	skip(rest, head.rta_len);
	return true;
}

/* The number at `offset` of an attribute; false when it is too short to have it. */
static bool take_u32(struct str value, size_t offset, uint32_t *ret)
{
	if (value.len < offset + sizeof(*ret))
		return false;
	memcpy(ret, value.ptr + offset, sizeof(*ret));
	return true;
}

static bool take_u64(struct str value, size_t offset, uint64_t *ret)
{
	if (value.len < offset + sizeof(*ret))
		return false;
	memcpy(ret, value.ptr + offset, sizeof(*ret));
	return true;
}

/* ---- TCP and UDP ----------------------------------------------------------------------------- */

static void set_endpoint(struct endpoint *ret, uint8_t family, const void *address, uint16_t port)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (family == AF_INET) {
		memcpy(ret->address, mapped, sizeof(mapped));
		memcpy(ret->address + sizeof(mapped), address, 4);
	} else {
		memcpy(ret->address, address, sizeof(ret->address));
	}
	ret->port = ntohs(port);
}

/* The fixed part of the body; `*body` is left with the attributes. */
static bool take_inet(struct str *body, struct inet_diag_msg *ret)
{
	if (body->len < sizeof(*ret))
		return false;
	memcpy(ret, body->ptr, sizeof(*ret));
	skip(body, sizeof(*ret));
	return ret->idiag_family == AF_INET || ret->idiag_family == AF_INET6;
}

/* struct tcp_info grows with the kernel, at its end: each field counts if the attribute reaches it.
 */
static void take_info(struct socket *ret, struct str info)
{
	uint64_t sent = 0;
	uint64_t received = 0;
	uint32_t segments = 0;

	ret->has_info = take_u32(info, offsetof(struct tcp_info, tcpi_last_data_sent),
				 &ret->last_sent_ms) &&
			take_u32(info, offsetof(struct tcp_info, tcpi_last_data_recv),
				 &ret->last_received_ms) &&
			take_u64(info, offsetof(struct tcp_info, tcpi_bytes_received), &received) &&
			take_u64(info, offsetof(struct tcp_info, tcpi_bytes_sent), &sent);
	if (!ret->has_info) {
		ret->last_sent_ms = 0;
		ret->last_received_ms = 0;
		return;
	}
	ret->sent_any = sent > 0;
	ret->received_any = received > 0;
	ret->received_once =
		take_u32(info, offsetof(struct tcp_info, tcpi_data_segs_in), &segments) &&
		segments == 1;
}

/* Whether something came from the peer, if only the same acknowledgement again, after the last
 * attempts but two. They are apart by a time that doubles up to two minutes: what was sent last but
 * two is three quarters of the present one before the last. `left_ms` is until the next. (When
 * something was sent last does not tell: an attempt may have failed on this host.) */
static bool is_answering(uint32_t left_ms, struct str info)
{
	enum { LONGEST_MS = 120000 };
	uint32_t timeout_us = 0;
	uint32_t heard_ms = 0;
	uint64_t timeout_ms, tried_ms, since_ms;

	if (!take_u32(info, offsetof(struct tcp_info, tcpi_rto), &timeout_us) ||
	    !take_u32(info, offsetof(struct tcp_info, tcpi_last_ack_recv), &heard_ms))
		return false;
	timeout_ms = timeout_us / 1000;
	tried_ms = timeout_ms > left_ms ? timeout_ms - left_ms : 0;
	since_ms = heard_ms > tried_ms ? heard_ms - tried_ms : 0;
	if (timeout_ms >= LONGEST_MS)
		return since_ms < 2 * LONGEST_MS;
	return since_ms * 4 < timeout_ms * 3;
}

/* Who has taken his window back below what is on its way is sent it again and again, which the
 * kernel does not count if the window is 0; but it waits longer each time. */
static void take_retransmits(struct socket *socket, uint32_t left_ms, struct str info)
{
	size_t at = offsetof(struct tcp_info, tcpi_backoff);

	if (socket->timer == SOCKET_TIMER_RETRANSMIT && at < info.len &&
	    (uint8_t)info.ptr[at] > socket->retransmits)
		socket->retransmits = (uint8_t)info.ptr[at];
	socket->is_answering = socket->has_info && is_answering(left_ms, info);
}

/* The timer of a zero window also runs when a segment could not leave this host, its link being
 * down say. Then the peer's window is open. */
static void correct_timer(struct socket *socket, struct str info)
{
	uint32_t window = 0;
	uint32_t segment = 0;

	if (socket->timer == SOCKET_TIMER_ZERO_WINDOW &&
	    take_u32(info, offsetof(struct tcp_info, tcpi_snd_wnd), &window) &&
	    take_u32(info, offsetof(struct tcp_info, tcpi_snd_mss), &segment) && segment > 0 &&
	    window >= segment)
		socket->timer = SOCKET_TIMER_RETRANSMIT;
}

bool message_tcp(struct str body, struct socket *ret)
{
	struct inet_diag_msg msg;
	struct str value;
	unsigned type;

	if (!take_inet(&body, &msg))
		return false;
	*ret = (struct socket){
		.state = msg.idiag_state,
		.timer = msg.idiag_timer,
		.retransmits = msg.idiag_retrans,
		.rqueue = msg.idiag_rqueue,
		.wqueue = msg.idiag_wqueue,
		.inode = msg.idiag_inode,
		.uid = msg.idiag_uid,
	};
	set_endpoint(&ret->local, msg.idiag_family, msg.id.idiag_src, msg.id.idiag_sport);
	set_endpoint(&ret->remote, msg.idiag_family, msg.id.idiag_dst, msg.id.idiag_dport);
	while (attribute_next(&body, &type, &value)) {
		if (type == INET_DIAG_INFO) {
			take_info(ret, value);
			correct_timer(ret, value);
			take_retransmits(ret, msg.idiag_expires, value);
			break;
		}
	}
	return true;
}

static bool inet_listener(struct str body, enum listener_kind kind, struct listener *ret)
{
	struct inet_diag_msg msg;
	struct str value;
	unsigned type;

	if (!take_inet(&body, &msg))
		return false;
	*ret = (struct listener){
		.kind = kind,
		.inode = msg.idiag_inode,
		.has_uid = true,
		.uid = msg.idiag_uid,
		.queue = kind == LISTENER_TCP ? msg.idiag_rqueue : 0,
		.limit = kind == LISTENER_TCP ? msg.idiag_wqueue : 0,
	};
	set_endpoint(&ret->at, msg.idiag_family, msg.id.idiag_src, msg.id.idiag_sport);
	while (attribute_next(&body, &type, &value)) {
		if (type == INET_DIAG_CGROUP_ID && !take_u64(value, 0, &ret->cgroup))
			ret->cgroup = 0;
		if (type == INET_DIAG_SKV6ONLY && value.len > 0)
			ret->v6_only = value.ptr[0] != 0;
	}
	return true;
}

/* ---- unix ------------------------------------------------------------------------------------ */

/* The inodes of the clients that wait to be accepted; one that has left has none. */
static uint32_t count_left(struct str inodes)
{
	uint32_t left = 0;
	uint32_t inode;

	for (size_t at = 0; take_u32(inodes, at, &inode); at += sizeof(inode))
		left += inode == 0;
	return left;
}

/* RCV_SHUTDOWN of the kernel's sk_shutdown, which no header of it names for others. */
enum { RECEIVES_NO_MORE = 1 };

static void take_unix_attribute(struct unix_socket *ret, struct listener *listener, unsigned type,
				struct str value)
{
	if (type == UNIX_DIAG_NAME) {
		unix_path_make(ret->path, value.ptr, value.len);
	} else if (type == UNIX_DIAG_PEER) {
		ret->has_peer = take_u32(value, 0, &ret->peer);
	} else if (type == UNIX_DIAG_ICONS) {
		ret->abandoned = count_left(value);
	} else if (type == UNIX_DIAG_RQLEN) {
		if (!take_u32(value, offsetof(struct unix_diag_rqlen, udiag_rqueue),
			      &ret->rqueue) ||
		    !take_u32(value, offsetof(struct unix_diag_rqlen, udiag_wqueue), &ret->wqueue))
			ret->rqueue = 0;
	} else if (type == UNIX_DIAG_SHUTDOWN) {
		ret->has_heard_all = value.len > 0 && (value.ptr[0] & RECEIVES_NO_MORE) != 0;
	} else if (type == UNIX_DIAG_UID) {
		ret->has_uid = take_u32(value, 0, &ret->uid);
		if (listener != NULL) {
			listener->has_uid = ret->has_uid;
			listener->uid = ret->uid;
		}
	}
}

bool message_unix(struct str body, struct unix_socket *ret, struct listener *listener)
{
	struct unix_diag_msg msg;
	struct str value;
	unsigned type;

	ret->path[0] = '\0';
	if (body.len < sizeof(msg))
		return false;
	memcpy(&msg, body.ptr, sizeof(msg));
	skip(&body, sizeof(msg));
	if (msg.udiag_family != AF_UNIX)
		return false;
	*ret = (struct unix_socket){.inode = msg.udiag_ino};
	if (msg.udiag_type == SOCK_STREAM)
		ret->state = msg.udiag_state;
	while (attribute_next(&body, &type, &value))
		take_unix_attribute(ret, listener, type, value);
	return true;
}

bool message_unix_waiting(struct str body, size_t i, uint32_t *inode)
{
	struct str value;
	unsigned type;

	if (body.len < sizeof(struct unix_diag_msg))
		return false;
	skip(&body, sizeof(struct unix_diag_msg));
	while (attribute_next(&body, &type, &value)) {
		if (type == UNIX_DIAG_ICONS)
			return take_u32(value, i * sizeof(*inode), inode);
	}
	return false;
}

bool message_listener(struct str body, enum listener_kind kind, struct listener *ret)
{
	struct unix_socket local;

	if (kind != LISTENER_UNIX)
		return inet_listener(body, kind, ret);
	*ret = (struct listener){.kind = kind};
	if (!message_unix(body, &local, ret) || local.state != SOCKET_LISTEN ||
	    local.path[0] == '\0')
		return false;
	memcpy(ret->path, local.path, sizeof(ret->path));
	ret->inode = local.inode;
	ret->queue = local.rqueue;
	ret->limit = local.wqueue;
	return true;
}
