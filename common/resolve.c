/* SPDX-License-Identifier: MIT */
/* resolve.c - getaddrinfo() in a detached thread; see resolve.h. */
#include "resolve.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <strings.h>
#include <sys/un.h>
#include <unistd.h>

/* Whatever the limit of the process is: modules of the name service have buffers of their own. */
enum { STACK_BYTES = 512 * 1024 };

struct resolve {
	atomic_int owners; /* the callers and the thread; the last one frees */
	atomic_bool ready; /* `list` and `error` are final */
	int fd[2];         /* [0] is the callers'; closing [1] makes it readable */
	enum fetch_ip ip;
	bool has_thread; /* `thread` is to be joined or detached */
	pthread_t thread;
	struct addrinfo *list;
	int error; /* an EAI_ code */
	int own;   /* ENOMEM, EMFILE or ENFILE when this process is why; else 0 */
	char host[];
};

static void release(struct resolve *resolve)
{
	if (atomic_fetch_sub(&resolve->owners, 1) > 1)
		return;
	if (resolve->fd[0] >= 0)
		(void)close(resolve->fd[0]);
	if (resolve->list != NULL)
		freeaddrinfo(resolve->list);
	free(resolve);
}

/* These names are always this host's own, in both families, whatever /etc/hosts or a name server
 * say (RFC 6761, 6.3). */
bool resolve_is_localhost(const char *host)
{
	static const char name[] = "localhost";
	size_t len = strlen(host);
	size_t begin = len < sizeof(name) - 1 ? len : len - (sizeof(name) - 1);

	return strcasecmp(host + begin, name) == 0 && (begin == 0 || host[begin - 1] == '.');
}

/* Without a name, getaddrinfo() gives the loopback addresses. */
static void look_up(struct resolve *resolve, int flags)
{
	static const int family[] = {
		[FETCH_IP_ANY] = AF_UNSPEC,
		[FETCH_IP_V4] = AF_INET,
		[FETCH_IP_V6] = AF_INET6,
	};
	const struct addrinfo hints = {
		.ai_family = family[resolve->ip],
		.ai_socktype = SOCK_STREAM,
		.ai_flags = flags | AI_NUMERICSERV,
	};
	bool is_own = resolve_is_localhost(resolve->host);

	/* Either name or port must be there. */
	resolve->error = getaddrinfo(is_own ? NULL : resolve->host, is_own ? "0" : NULL, &hints,
				     &resolve->list);
	if (resolve->error == 0)
		return;
	resolve->list = NULL;
	if (resolve->error == EAI_MEMORY)
		resolve->own = ENOMEM;
	else if (resolve->error == EAI_SYSTEM && (errno == EMFILE || errno == ENFILE))
		resolve->own = errno;
}

static void announce(struct resolve *resolve)
{
	int fd = resolve->fd[1];

	atomic_store(&resolve->ready, true);
	(void)close(fd);
}

static void *work(void *arg)
{
	struct resolve *resolve = arg;

	look_up(resolve, 0);
	announce(resolve);
	release(resolve);
	return NULL;
}

/* The program's signals are not this thread's business: it starts with all of them blocked. */
static int start_thread(struct resolve *resolve)
{
	sigset_t all;
	sigset_t before;
	pthread_attr_t attr;
	int error = pthread_attr_init(&attr);

	if (error != 0)
		return error;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	atomic_fetch_add(&resolve->owners, 1);
	error = pthread_attr_setstacksize(&attr, STACK_BYTES);
	if (error == 0)
		error = pthread_create(&resolve->thread, &attr, work, resolve);
	resolve->has_thread = error == 0;
	if (error != 0)
		atomic_fetch_sub(&resolve->owners, 1);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attr);
	return error;
}

bool resolve_begin(struct resolve *resolve, struct err *err)
{
	int error;

	/* A socket pair and no pipe: only this is close-on-exec from its first moment. */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, resolve->fd) != 0) {
		resolve->fd[0] = -1;
		return err_set_errno(err, errno, "cannot make a socket pair");
	}
	error = start_thread(resolve);
	if (error == 0)
		return true;
	(void)close(resolve->fd[1]);
	return err_set_errno(err, error, "cannot start a thread to resolve %.80s", resolve->host);
}

struct resolve *resolve_new(const char *host, enum fetch_ip ip, struct err *err)
{
	size_t host_size = strlen(host) + 1;
	struct resolve *resolve = calloc(1, sizeof(*resolve) + host_size);

	if (resolve == NULL) {
		err_set(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	memcpy(resolve->host, host, host_size);
	resolve->ip = ip;
	atomic_init(&resolve->owners, 1);
	atomic_init(&resolve->ready, false);
	resolve->fd[0] = -1;
	look_up(resolve, AI_NUMERICHOST);
	if (resolve->error != EAI_NONAME)
		atomic_store(&resolve->ready, true);
	return resolve;
}

int resolve_fd(const struct resolve *resolve)
{
	return resolve->fd[0];
}

bool resolve_ready(const struct resolve *resolve)
{
	return atomic_load(&resolve->ready);
}

void resolve_set_port(struct resolve_address *address, uint16_t port)
{
	struct sockaddr_in6 *v6 = (void *)&address->addr;
	struct sockaddr_in *v4 = (void *)&address->addr;

	if (address->addr.ss_family == AF_INET6)
		v6->sin6_port = htons(port);
	else if (address->addr.ss_family == AF_INET)
		v4->sin_port = htons(port);
}

size_t resolve_answer(const struct resolve *resolve, uint16_t port, struct resolve_address *ret,
		      size_t max, struct err *err)
{
	size_t len = 0;

	for (const struct addrinfo *i = resolve->list; i != NULL && len < max; i = i->ai_next) {
		if (i->ai_addrlen > sizeof(ret[len].addr))
			continue;
		memcpy(&ret[len].addr, i->ai_addr, i->ai_addrlen);
		resolve_set_port(&ret[len], port);
		ret[len++].len = i->ai_addrlen;
	}
	if (len == 0 && resolve->own != 0)
		err_set_errno(err, resolve->own, "cannot resolve %.80s", resolve->host);
	else if (len == 0)
		err_set(err, ERR_RESOLVE, "cannot resolve %.80s%s: %s", resolve->host,
			resolve->ip == FETCH_IP_V4   ? " to an IPv4 address"
			: resolve->ip == FETCH_IP_V6 ? " to an IPv6 address"
						     : "",
			resolve->error != 0 ? gai_strerror(resolve->error) : "no address");
	return len;
}

const char *resolve_host(const struct resolve *resolve)
{
	return resolve->host;
}

enum fetch_ip resolve_ip(const struct resolve *resolve)
{
	return resolve->ip;
}

bool resolve_is_for(const struct resolve *resolve, const char *host, enum fetch_ip ip)
{
	return resolve->ip == ip && strcmp(resolve->host, host) == 0;
}

uint32_t resolve_hash(const struct resolve *resolve)
{
	uint32_t sum = 2166136261u + (uint32_t)resolve->ip; /* FNV-1a */

	for (const char *at = resolve->host; *at != '\0'; at++)
		sum = (sum ^ (unsigned char)*at) * 16777619u;
	return sum;
}

struct resolve *resolve_share(struct resolve *resolve)
{
	atomic_fetch_add(&resolve->owners, 1);
	return resolve;
}

void resolve_end(struct resolve *resolve)
{
	if (resolve->has_thread && resolve_ready(resolve))
		(void)pthread_join(resolve->thread, NULL);
	else if (resolve->has_thread)
		(void)pthread_detach(resolve->thread);
	resolve->has_thread = false;
}

void resolve_free(struct resolve *resolve)
{
	if (resolve != NULL)
		release(resolve);
}

static_assert((size_t)TARGET_SOCKET_PATH_MAX < sizeof(((struct sockaddr_un *)0)->sun_path),
	      "a path and its NUL fit into an address");

static void set_unix(struct resolve_address *address, const char *name, size_t len, size_t at)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	memcpy(addr.sun_path + at, name, len);
	memcpy(&address->addr, &addr, sizeof(addr));
	address->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + at + len);
}

size_t resolve_unix(const char *path, struct resolve_address *ret)
{
	size_t len = strlen(path);

	if (path[0] != '@') {
		set_unix(&ret[0], path, len + 1, 0);
		return 1;
	}
	set_unix(&ret[0], path + 1, len, 1);
	set_unix(&ret[1], path + 1, len - 1, 1);
	return 2;
}
