/* SPDX-License-Identifier: MIT */
/*
 * sockets.h - reads the sockets of this host from the kernel: NETLINK_SOCK_DIAG, filtered in the
 * kernel by port, or /proc/PID/net/{tcp,tcp6,udp,udp6,unix} where netlink is refused or nginx lives
 * in another network namespace. Needs no privilege. Knows nothing of nginx.
 */
#ifndef CONNLEDGER_SOCKETS_H
#define CONNLEDGER_SOCKETS_H

#include "err.h"
#include "socket.h"

enum {
	SOCKETS_PORTS_MAX = 128, /* in one filter */
	SOCKETS_PATHS_MAX = 64,
	SOCKETS_MAX = 1000000,        /* TCP, or unix, sockets in one dump: more is an error */
	LISTENERS_MAX = 65536,        /* the same for sockets_listening() */
	SOCKETS_BUFFER_BYTES = 65536, /* more than the kernel puts into one answer (32 KiB) */
};

/* Where to read. */
struct sockets_reader {
	int netlink_fd;    /* -1: read /proc */
	uint32_t pid;      /* /proc/PID/net; 0: our own */
	const char *proc;  /* "/proc"; tests have their own. Borrowed */
	char *buffer;      /* of the answers */
	uint32_t sequence; /* of the last question to netlink */
	double deadline;   /* CLOCK_MONOTONIC seconds; 0: none, as sockets_open() leaves it */
};

/* Which sockets: TCP (v4 and v6) whose local port is in `local_port` or whose remote port is in
 * `remote_port`, in any state but TIME_WAIT; unix stream sockets bound to one of `path`. An empty
 * filter means none. */
struct sockets_filter {
	uint16_t local_port[SOCKETS_PORTS_MAX];
	size_t local_port_len;
	uint16_t remote_port[SOCKETS_PORTS_MAX];
	size_t remote_port_len;
	const char *path[SOCKETS_PATHS_MAX]; /* borrowed; "@name" for abstract ones */
	size_t path_len;
	bool every; /* instead: all TCP sockets, and all unix sockets in any state */
	bool no_v4; /* none of them is an IPv4 socket: that half of the walk is left out */
	bool no_v6; /* the same for IPv6 sockets, which IPv4 clients of an IPv6 listener have too */
};

/* A socket that somebody listens on. */
enum listener_kind { LISTENER_TCP, LISTENER_UDP, LISTENER_UNIX };
struct listener {
	enum listener_kind kind;
	struct endpoint at; /* TCP, UDP */
	bool v6_only;       /* bound to an IPv6 address, and takes no IPv4; false: not known, too */
	/* LISTENER_UNIX: as in struct unix_socket; "" otherwise */
	char path[UNIX_PATH_MAX_LEN + 1];
	uint32_t inode;
	bool has_uid; /* false: a unix socket where the kernel does not tell */
	uint32_t uid;
	uint64_t cgroup; /* its id (INET_DIAG_CGROUP_ID); 0: not known, as for unix sockets */
	uint32_t queue;  /* connections not accepted; 0 for a unix socket read from /proc */
	uint32_t limit;  /* the backlog; 0: not known */
	unsigned ways;   /* what its connections carry, as in nginx_conf.h; 0: not known */
};
struct listeners {
	struct listener *item;
	size_t len;
	size_t cap;
};

/* The first listener that takes what comes in over TCP at `at`, or over the unix socket `path`;
 * NULL if there is none. Belongs to `item`, which may be NULL if `len` is 0. */
const struct listener *listeners_at(const struct listener *item, size_t len,
				    const struct endpoint *at) MUST_CHECK;
const struct listener *listeners_at_path(const struct listener *item, size_t len,
					 const char *path) MUST_CHECK;

/* Ready to read. `pid` 0: this process's network namespace, by netlink if it is to be had, else by
 * /proc/self/net. Otherwise /proc/PID/net, which has no tcp_info. False with ERR_ACCESS or
 * ERR_SYSTEM when neither works. `no_netlink` is for tests: as if netlink were refused. */
bool sockets_open(struct sockets_reader *reader, uint32_t pid, bool no_netlink,
		  struct err *err) MUST_CHECK NONNULL;
/* The same for `proc`/PID/net (0: `proc`/self/net), never by netlink. `proc` is borrowed. */
bool sockets_open_proc(struct sockets_reader *reader, const char *proc, uint32_t pid,
		       struct err *err) MUST_CHECK NONNULL;
/* Accepts one whose sockets_open() failed. */
void sockets_close(struct sockets_reader *reader) NONNULL;

/* Replaces what is in `sockets` by what the kernel has now. LISTEN sockets are among them. Where
 * the kernel turns out to lack netlink for these sockets, the reader goes over to /proc. False for
 * what the kernel refuses, ERR_PARSE for what is not understood, ERR_TOO_LARGE above SOCKETS_MAX,
 * ERR_TIMEOUT when it is not over at the reader's deadline. */
bool sockets_dump(struct sockets_reader *reader, const struct sockets_filter *filter,
		  struct sockets *sockets, struct err *err) MUST_CHECK NONNULL;

/* The one TCP connection between these two ends, as seen from `local`'s side. `ret->state` is 0
 * when there is none (TIME_WAIT is none). The kernel finds it without a walk over all sockets;
 * /proc does not. */
bool sockets_find(struct sockets_reader *reader, const struct endpoint *local,
		  const struct endpoint *remote, struct socket *ret,
		  struct err *err) MUST_CHECK NONNULL;

/* Replaces what is in `listeners` by all TCP and unix stream sockets in LISTEN, and all UDP sockets
 * that are not connected. */
bool sockets_listening(struct sockets_reader *reader, struct listeners *listeners,
		       struct err *err) MUST_CHECK NONNULL;

/* Frees; accept a zeroed one. */
void sockets_free(struct sockets *sockets) NONNULL;
void listeners_free(struct listeners *listeners) NONNULL;

#endif
