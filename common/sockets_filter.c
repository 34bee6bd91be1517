/* SPDX-License-Identifier: MIT */
/* sockets_filter.c - which sockets are wanted; see sockets_filter.h. */
#include "sockets_filter.h"

#include <linux/inet_diag.h>

static int by_port(const void *a, const void *b)
{
	const uint16_t *left = a;
	const uint16_t *right = b;

	return (int)*left - (int)*right;
}

void port_set_make(struct port_set *ret, const uint16_t *port, size_t len)
{
	uint16_t sorted[SOCKETS_PORTS_MAX];

	ret->len = 0;
	if (len > SOCKETS_PORTS_MAX)
		len = SOCKETS_PORTS_MAX;
	if (len == 0)
		return;
	memcpy(sorted, port, len * sizeof(sorted[0]));
	qsort(sorted, len, sizeof(sorted[0]), by_port);
	for (size_t i = 0; i < len; i++) {
		struct port_range *last = &ret->range[ret->len == 0 ? 0 : ret->len - 1];

		if (ret->len > 0 && sorted[i] - last->last <= 1)
			last->last = sorted[i];
		else
			ret->range[ret->len++] = (struct port_range){sorted[i], sorted[i]};
	}
}

void sockets_filter_ports(const struct sockets_filter *filter, struct port_set *local,
			  struct port_set *remote)
{
	port_set_make(local, filter->local_port, filter->local_port_len);
	port_set_make(remote, filter->remote_port, filter->remote_port_len);
	if (filter->every)
		*local = (struct port_set){.range = {{0, UINT16_MAX}}, .len = 1};
}

bool port_set_has(const struct port_set *set, uint16_t port)
{
	for (size_t i = 0; i < set->len; i++) {
		if (port >= set->range[i].first && port <= set->range[i].last)
			return true;
	}
	return false;
}

/* ---- the kernel's filter --------------------------------------------------------------------- */

static unsigned char *add_op(unsigned char *at, unsigned char code, unsigned char yes, size_t no)
{
	struct inet_diag_bc_op op = {.code = code, .yes = yes, .no = (unsigned short)no};

	memcpy(at, &op, sizeof(op));
	return at + sizeof(op);
}

/* A comparison takes two words: the second holds the port in its `no`. */
static unsigned char *add_comparison(unsigned char *at, unsigned char code, uint16_t port,
				     size_t no)
{
	return add_op(add_op(at, code, 2 * sizeof(struct inet_diag_bc_op), no), 0, 0, port);
}

enum {
	WORD = sizeof(struct inet_diag_bc_op),
	JUMP_AT = 4 * WORD, /* in a range */
};

/*
 * The kernel walks the program with "bytes left" as its counter: to end it with 0 left takes the
 * socket, to jump one word past the end leaves it. One range is
 *
 *     port >= first, else to the next range
 *     port <= last,  else to the next range
 *     jump to the end (the last range is there already)
 *
 * where the "next range" of the last one is the word past the end.
 */
static unsigned char *add_range(unsigned char *at, const struct port_range *range, bool is_local,
				size_t left)
{
	bool is_last = left < BYTECODE_RANGE_BYTES;

	at = add_comparison(at, is_local ? INET_DIAG_BC_S_GE : INET_DIAG_BC_D_GE, range->first,
			    (size_t)BYTECODE_RANGE_BYTES);
	at = add_comparison(at, is_local ? INET_DIAG_BC_S_LE : INET_DIAG_BC_D_LE, range->last,
			    (size_t)(BYTECODE_RANGE_BYTES - 2 * WORD));
	return is_last ? at : add_op(at, INET_DIAG_BC_JMP, WORD, left - JUMP_AT);
}

size_t sockets_bytecode(const struct port_set *local, const struct port_set *remote,
			unsigned char *ret)
{
	size_t ranges = local->len + remote->len;
	size_t total = ranges * BYTECODE_RANGE_BYTES - WORD;
	unsigned char *at = ret;

	if (ranges == 0)
		return 0;
	for (size_t i = 0; i < local->len; i++)
		at = add_range(at, &local->range[i], true, total - (size_t)(at - ret));
	for (size_t i = 0; i < remote->len; i++)
		at = add_range(at, &remote->range[i], false, total - (size_t)(at - ret));
	return total;
}

/* ---- unix paths ------------------------------------------------------------------------------ */

void unix_path_make(char ret[UNIX_PATH_MAX_LEN + 1], const char *name, size_t len)
{
	bool is_abstract = len > 0 && (name[0] == '\0' || name[0] == '@');

	if (len > UNIX_PATH_MAX_LEN)
		len = UNIX_PATH_MAX_LEN;
	for (size_t i = 0; i < len; i++)
		ret[i] = (char)(is_abstract && name[i] == '\0' ? '@' : name[i]);
	while (is_abstract && len > 1 && ret[len - 1] == '@')
		len--;
	ret[len] = '\0';
}

static bool has_path(const struct sockets_filter *filter, const char *path)
{
	char wanted[UNIX_PATH_MAX_LEN + 1];

	for (size_t i = 0; i < filter->path_len; i++) {
		const char *name = filter->path[i];

		if (name[0] != path[0])
			continue;
		if (strcmp(name, path) == 0)
			return true;
		if (name[0] != '@')
			continue;
		unix_path_make(wanted, name, strlen(name));
		if (strcmp(wanted, path) == 0)
			return true;
	}
	return false;
}

bool sockets_filter_takes_unix(const struct sockets_filter *filter,
			       const struct unix_socket *socket)
{
	if (filter->every)
		return true;
	return (socket->state == SOCKET_ESTABLISHED || socket->state == SOCKET_LISTEN) &&
	       socket->path[0] != '\0' && has_path(filter, socket->path);
}
