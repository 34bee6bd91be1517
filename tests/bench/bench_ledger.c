/* SPDX-License-Identifier: MIT */
/*
 * bench_ledger.c - the ledger beside the least that a program can do that has the kernel list the
 * same sockets.
 *
 *     bench_ledger speed ROUNDS PORT
 *         prints a line for each round: wall-clock and CPU nanoseconds of "bare" (question and
 *         answer, nothing is read of it), of "dump" (sockets_dump(), which makes structs of it) and
 *         of "ledger" (dump, tally and lines). All want the IPv4 sockets whose own port is PORT.
 *     bench_ledger memory PORT
 *         two ledgers of the sockets that have PORT at either end.
 *
 * "bare" shares no code with common/. Both modes end with a line "sockets N
 * first N second N hwm_kb N": how many were found, how often memory was asked for during the first
 * and during the second dump, and the peak of the process's resident memory.
 */
#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "bench_self.h"
#include "ledger.h"
#include "observe_parts.h"
#include "sockets.h"

enum { ANSWER_BYTES = 64 * 1024 };

/* ---- how often memory is asked for ---------------------------------------------------------- */

/* The linker lets these stand for the functions that they are named after (--wrap). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t number, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t number, size_t size);
void *__wrap_realloc(void *old, size_t size);

static uint64_t allocations; /* the wrappers have no other place to count in */

void *__wrap_malloc(size_t size)
{
	allocations++;
	return __real_malloc(size);
}

void *__wrap_calloc(size_t number, size_t size)
{
	allocations++;
	return __real_calloc(number, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	allocations++;
	return __real_realloc(old, size);
}

static bool complain(const char *what)
{
	(void)fprintf(stderr, "bench_ledger: %s\n", what);
	return false;
}

/* ---- bare ----------------------------------------------------------------------------------- */

struct question {
	struct nlmsghdr head;
	struct inet_diag_req_v2 body;
	struct rtattr attribute;
	struct inet_diag_bc_op filter[4]; /* own port >= PORT, own port <= PORT */
};

static struct question question_of(uint16_t port)
{
	enum { WORD = sizeof(struct inet_diag_bc_op) };

	return (struct question){
		.head = {.nlmsg_len = sizeof(struct question),
			 .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.body = {.sdiag_family = AF_INET,
			 .sdiag_protocol = IPPROTO_TCP,
			 .idiag_ext = 1 << (INET_DIAG_INFO - 1),
			 .idiag_states = 0xffe & ~(1U << SOCKET_TIME_WAIT)},
		.attribute = {.rta_type = INET_DIAG_REQ_BYTECODE,
			      .rta_len = sizeof(struct rtattr) + 4 * WORD},
		.filter = {{.code = INET_DIAG_BC_S_GE, .yes = 2 * WORD, .no = 5 * WORD},
			   {.no = port},
			   {.code = INET_DIAG_BC_S_LE, .yes = 2 * WORD, .no = 3 * WORD},
			   {.no = port}},
	};
}

/* Whether the last message says that this was all: it has a number and nothing else. */
static bool is_end(const char *answer, size_t len)
{
	struct nlmsghdr head;

	if (len < NLMSG_LENGTH(sizeof(int32_t)))
		return false;
	memcpy(&head, answer + len - NLMSG_LENGTH(sizeof(int32_t)), sizeof(head));
	return head.nlmsg_type == NLMSG_DONE && head.nlmsg_len == NLMSG_LENGTH(sizeof(int32_t));
}

static bool receive_all(int fd, uint16_t port, char *answer)
{
	struct question question = question_of(port);
	ssize_t len = send(fd, &question, sizeof(question), 0);

	while (len > 0) {
		len = recv(fd, answer, ANSWER_BYTES, 0);
		if (len > 0 && is_end(answer, (size_t)len))
			return true;
	}
	return false;
}

static bool bare(uint16_t port)
{
	char answer[ANSWER_BYTES];
	const struct timeval wait = {.tv_sec = 5};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	bool ok = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) == 0 &&
		  receive_all(fd, port, answer);

	if (fd >= 0)
		(void)close(fd);
	return ok || complain("the kernel does not answer the bare question");
}

/* ---- the ledger ----------------------------------------------------------------------------- */

/* What a scrape has of one nginx that listens at `port` on all IPv4 addresses. */
struct scene {
	struct sockets_reader reader;
	struct sockets_filter filter;
	struct sockets sockets;
	struct listener listener;
	struct ledger ledger;
};

static bool scene_open(struct scene *scene, uint16_t port)
{
	struct nginx_host host = {.listeners = {.item = &scene->listener, .len = 1}};
	struct err err = {0};

	*scene = (struct scene){.reader = {.netlink_fd = -1}, .listener = {.kind = LISTENER_TCP}};
	if (!endpoint_parse_address(&scene->listener.at, STR("0.0.0.0")))
		return complain("0.0.0.0 is no address");
	scene->listener.at.port = port;
	if (!observe_filter(&scene->filter, &host))
		return complain("one port is too many");
	if (!sockets_open(&scene->reader, 0, false, &err))
		return complain(err.text);
	return scene->reader.netlink_fd >= 0 || complain("this kernel has no netlink");
}

static void scene_close(struct scene *scene)
{
	sockets_free(&scene->sockets);
	sockets_close(&scene->reader);
}

static bool scene_dump(struct scene *scene)
{
	struct err err = {0};

	return sockets_dump(&scene->reader, &scene->filter, &scene->sockets, &err) ||
	       complain(err.text);
}

/* As nginx would have it: it counts what the kernel has, and the page itself. */
static void scene_count(struct scene *scene)
{
	struct tally_question question = {.listener = &scene->listener, .listener_len = 1};
	struct ledger_input input = {.has_info = scene->sockets.has_info,
				     .listeners_complete = true,
				     .incomplete = "",
				     .masters = 1,
				     .in_request = NOT_KNOWN};
	struct ledger_look look = {.before = {.requests = 1}};
	struct ledger_looks looks = {0};
	struct phantoms_memory memory = {0};

	tally_make(&look.tally, &scene->sockets, &question);
	look.tally.own_is_found = true;
	look.before.active = (int64_t)look.tally.count[TALLY_CLIENTS] + 1;
	look.before.writing = 1;
	look.before.waiting = look.before.active - 1;
	look.after = look.before;
	look.after.requests++;
	ledger_add(&looks, &look);
	ledger_clear(&scene->ledger);
	ledger_find_phantoms(&memory, &looks, &input);
	ledger_make(&scene->ledger, &looks, &input, &memory);
}

static bool dump_once(uint16_t port)
{
	struct scene scene;
	bool ok = scene_open(&scene, port) && scene_dump(&scene);

	scene_close(&scene);
	return ok;
}

/* `*sockets`: how many the ledger was made of. */
static bool ledger_once(uint16_t port, size_t *sockets)
{
	struct scene scene;
	bool ok = scene_open(&scene, port) && scene_dump(&scene);

	if (ok)
		scene_count(&scene);
	*sockets = scene.sockets.tcp_len;
	scene_close(&scene);
	return ok;
}

/* ---- modes ---------------------------------------------------------------------------------- */

static bool print_found(size_t sockets, uint64_t first, uint64_t second)
{
	return printf("sockets %zu first %llu second %llu hwm_kb %llu\n", sockets,
		      (unsigned long long)first, (unsigned long long)second,
		      (unsigned long long)peak_kb()) > 0;
}

/* The ways that are compared. */
enum { BARE, DUMP, LEDGER, WAYS };

static bool go(unsigned way, uint16_t port, size_t *sockets)
{
	if (way == BARE)
		return bare(port);
	return way == DUMP ? dump_once(port) : ledger_once(port, sockets);
}

/* Each round another way is the first. */
static bool run_round(uint64_t number, uint16_t port, size_t *sockets)
{
	int64_t wall[WAYS];
	int64_t cpu[WAYS];

	for (uint64_t i = 0; i < WAYS; i++) {
		unsigned way = (unsigned)((number + i) % WAYS);

		cpu[way] = clock_ns(CLOCK_THREAD_CPUTIME_ID);
		wall[way] = clock_ns(CLOCK_MONOTONIC);
		if (!go(way, port, sockets))
			return false;
		wall[way] = clock_ns(CLOCK_MONOTONIC) - wall[way];
		cpu[way] = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu[way];
	}
	for (unsigned way = 0; way < WAYS; way++)
		(void)printf("%lld %lld%c", (long long)wall[way], (long long)cpu[way],
			     way + 1 < WAYS ? ' ' : '\n');
	return true;
}

static bool run_speed(uint64_t rounds, uint16_t port)
{
	size_t sockets = 0;

	for (uint64_t i = 0; i < rounds; i++) {
		if (!run_round(i, port, &sockets))
			return false;
	}
	return print_found(sockets, 0, 0);
}

static bool run_memory(uint16_t port)
{
	struct scene scene;
	uint64_t count[2] = {0};
	bool ok = scene_open(&scene, port);

	scene.filter.remote_port[0] = port;
	scene.filter.remote_port_len = 1;
	for (size_t i = 0; ok && i < ARRAY_LEN(count); i++) {
		allocations = 0;
		ok = scene_dump(&scene);
		if (ok)
			scene_count(&scene);
		count[i] = allocations;
	}
	ok = ok && print_found(scene.sockets.tcp_len, count[0], count[1]);
	scene_close(&scene);
	return ok;
}

static bool parse_port(const char *text, uint16_t *ret)
{
	uint64_t port;

	if (!str_to_u64(str_of(text), &port) || port == 0 || port > UINT16_MAX)
		return complain("PORT is no port");
	*ret = (uint16_t)port;
	return true;
}

int main(int argc, char *argv[])
{
	bool ok = false;
	uint64_t rounds;
	uint16_t port;

	if (argc == 4 && strcmp(argv[1], "speed") == 0)
		ok = (str_to_u64(str_of(argv[2]), &rounds) || complain("ROUNDS is no number")) &&
		     parse_port(argv[3], &port) && run_speed(rounds, port);
	else if (argc == 3 && strcmp(argv[1], "memory") == 0)
		ok = parse_port(argv[2], &port) && run_memory(port);
	else
		(void)complain("usage: bench_ledger speed ROUNDS PORT, or memory PORT");
	return ok && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
