/* SPDX-License-Identifier: MIT */
/* observe_unlisted.c - see observe_unlisted.h. Who may not see nginx's descriptors has to be told
 * its ports, and may forget one. */
#include "observe_unlisted.h"

#include "model.h"
#include "sockets_filter.h"

enum { PORTS = 65536, BITS = 8 };

struct ports {
	uint8_t bits[PORTS / BITS];
};

static void add_port(struct ports *ports, uint16_t port)
{
	ports->bits[port / BITS] |= (uint8_t)(1U << port % BITS);
}

static bool has_port(const struct ports *ports, uint16_t port)
{
	return (ports->bits[port / BITS] & 1U << port % BITS) != 0;
}

/* The ports at which somebody listens, less those that were asked for. */
static void find_ports(struct ports *ret, const struct sockets *all,
		       const struct sockets_filter *asked)
{
	*ret = (struct ports){{0}};
	for (size_t i = 0; i < all->tcp_len; i++) {
		if (all->tcp[i].state == SOCKET_LISTEN)
			add_port(ret, all->tcp[i].local.port);
	}
	for (size_t i = 0; i < asked->local_port_len; i++)
		ret->bits[asked->local_port[i] / BITS] &=
			(uint8_t) ~(1U << asked->local_port[i] % BITS);
}

static double count(const struct sockets *all, const struct sockets_filter *asked, uint32_t uid)
{
	struct ports other;
	double len = 0;

	find_ports(&other, all, asked);
	for (size_t i = 0; i < all->tcp_len; i++) {
		const struct socket *socket = &all->tcp[i];

		len += socket->state != SOCKET_LISTEN && socket->inode != 0 && socket->uid == uid &&
		       has_port(&other, socket->local.port);
	}
	for (size_t i = 0; i < all->local_len; i++) {
		const struct unix_socket *socket = &all->local[i];
		bool is_his = !socket->has_uid || socket->uid == uid;

		len += socket->state == SOCKET_ESTABLISHED && socket->path[0] != '\0' && is_his &&
		       !sockets_filter_takes_unix(asked, socket);
	}
	return len;
}

double observe_unlisted(struct observe_every *every, const struct sockets_filter *asked,
			const struct tally *tally)
{
	const struct sockets *all = tally->has_worker_uid ? observe_every(every) : NULL;

	return all == NULL ? NOT_KNOWN : count(all, asked, tally->worker_uid);
}
