/* SPDX-License-Identifier: MIT */
/*
 * bench_bare.c - the least that a program can do that reads a status page: connect, write a
 * request, read to the end. What check_nginx and the Munin plugin take beyond it is theirs to
 * explain.
 *
 *     bench_bare PORT PATH          exit status 0 when the page came
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "str.h"

enum { REQUEST_MAX = 512, ANSWER_MAX = 16 * 1024 };

static int connect_to(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

/* How many bytes came; 0 when something failed. */
static size_t ask(int fd, const char *path, char *answer, size_t cap)
{
	char request[REQUEST_MAX];
	int len = snprintf(request, sizeof(request),
			   "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", path);
	size_t got = 0;
	ssize_t more = 1;

	if (len < 0 || (size_t)len >= sizeof(request) ||
	    write(fd, request, (size_t)len) != (ssize_t)len)
		return 0;
	while (more > 0 && got < cap) {
		more = read(fd, answer + got, cap - got);
		if (more > 0)
			got += (size_t)more;
	}
	return more == 0 ? got : 0;
}

int main(int argc, char *argv[])
{
	char answer[ANSWER_MAX];
	uint64_t port;
	size_t len;
	int fd;

	if (argc != 3 || !str_to_u64(str_of(argv[1]), &port) || port > UINT16_MAX)
		return EXIT_FAILURE;
	fd = connect_to((uint16_t)port);
	if (fd < 0)
		return EXIT_FAILURE;
	len = ask(fd, argv[2], answer, sizeof(answer));
	(void)close(fd);
	return str_starts((struct str){answer, len}, STR("HTTP/1.1 200 ")) ? EXIT_SUCCESS
									   : EXIT_FAILURE;
}
