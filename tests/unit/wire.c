/* SPDX-License-Identifier: MIT */
/* wire.c - bytes as netlink would send them; see wire.h. */
#include "wire.h"

#include "unit.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

void wire_add(struct wire *wire, const void *bytes, size_t len)
{
	assert_true(wire->len + len + 4 <= sizeof(wire->bytes));
	if (len > 0)
		memcpy(wire->bytes + wire->len, bytes, len);
	wire->len += len;
	while (wire->len % 4 != 0)
		wire->bytes[wire->len++] = 0;
}

void wire_attribute(struct wire *wire, unsigned type, const void *bytes, size_t len)
{
	struct rtattr head = {.rta_type = (unsigned short)type,
			      .rta_len = (unsigned short)(sizeof(head) + len)};

	wire_add(wire, &head, sizeof(head));
	wire_add(wire, bytes, len);
}

void wire_message(struct wire *wire, unsigned type, unsigned flags, uint32_t sequence,
		  const struct wire *body)
{
	struct nlmsghdr head = {.nlmsg_len = (uint32_t)(sizeof(head) + body->len),
				.nlmsg_type = (uint16_t)type,
				.nlmsg_flags = (uint16_t)flags,
				.nlmsg_seq = sequence};

	wire_add(wire, &head, sizeof(head));
	wire_add(wire, body->bytes, body->len);
}

struct str wire_str(const struct wire *wire)
{
	return (struct str){(const char *)wire->bytes, wire->len};
}
