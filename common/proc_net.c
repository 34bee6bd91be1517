/* SPDX-License-Identifier: MIT */
/* proc_net.c - the lines of /proc/net; see proc_net.h. A busy host has 100,000 of them: one pass
 * over the characters, nothing looked at twice. */
#include "proc_net.h"

#include "sockets_filter.h"

enum {
	V4_DIGITS = 8,
	V6_DIGITS = 32,
	UNIX_ACCEPTS = 0x10000, /* __SO_ACCEPTCON */
	UNIX_STREAM = 1,        /* SOCK_STREAM */
	UNIX_CONNECTING = 2,    /* SS_CONNECTING: nobody has accepted it */
	UNIX_CONNECTED = 3,     /* SS_CONNECTED */
};

/* ---- pieces ---------------------------------------------------------------------------------- */

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Takes 1 to `max` (at most 16) hexadecimal digits, all that are there. */
static bool take_hex(struct str *s, size_t max, uint64_t *ret)
{
	uint64_t value = 0;
	size_t i = 0;

	while (i < s->len && digit_of(s->ptr[i]) >= 0) {
		if (i == max)
			return false;
		value = value << 4 | (uint64_t)digit_of(s->ptr[i++]);
	}
	if (i == 0)
		return false;
	s->ptr += i;
	s->len -= i;
	*ret = value;
	return true;
}

static bool take_char(struct str *s, char c)
{
	if (s->len == 0 || s->ptr[0] != c)
		return false;
	s->ptr++;
	s->len--;
	return true;
}

/* At least one blank. */
static bool take_blanks(struct str *s)
{
	size_t before = s->len;

	while (take_char(s, ' '))
		;
	return s->len < before;
}

/* Hexadecimal, with a blank before it. */
static bool take_hex_field(struct str *s, size_t max, uint64_t *ret)
{
	return take_blanks(s) && take_hex(s, max, ret);
}

static bool take_decimal_field(struct str *s, uint64_t *ret)
{
	return take_blanks(s) && str_take_u64(s, ret);
}

/* The address is printed as 32 bit words of this machine's own byte order. */
static bool take_endpoint(struct str *s, struct endpoint *ret)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	size_t digits = 0;
	size_t at = 0;
	uint64_t port;

	if (!take_blanks(s))
		return false;
	while (digits < s->len && s->ptr[digits] != ':')
		digits++;
	if (digits != V4_DIGITS && digits != V6_DIGITS)
		return false;
	if (digits == V4_DIGITS) {
		memcpy(ret->address, mapped, sizeof(mapped));
		at = sizeof(mapped);
	}
	for (; at < sizeof(ret->address); at += sizeof(uint32_t)) {
		struct str word = {s->ptr, V4_DIGITS};
		uint64_t value;
		uint32_t bytes;

		if (!take_hex(&word, V4_DIGITS, &value) || word.len != 0)
			return false;
		bytes = (uint32_t)value;
		memcpy(ret->address + at, &bytes, sizeof(bytes));
		s->ptr += V4_DIGITS;
		s->len -= V4_DIGITS;
	}
	if (!take_char(s, ':') || !take_hex(s, 4, &port))
		return false;
	ret->port = (uint16_t)port;
	return true;
}

/* ---- tcp, udp -------------------------------------------------------------------------------- */

/* The numbers after the addresses. */
struct columns {
	uint64_t state, wqueue, rqueue, timer, expires, retransmits, uid, probes, inode;
};

static bool take_columns(struct str *s, struct columns *ret)
{
	if (!take_hex_field(s, 2, &ret->state) || !take_hex_field(s, 8, &ret->wqueue) ||
	    !take_char(s, ':') || !take_hex(s, 8, &ret->rqueue) ||
	    !take_hex_field(s, 2, &ret->timer) || !take_char(s, ':') ||
	    !take_hex(s, 16, &ret->expires) || !take_hex_field(s, 8, &ret->retransmits))
		return false;
	return take_decimal_field(s, &ret->uid) && take_decimal_field(s, &ret->probes) &&
	       take_decimal_field(s, &ret->inode) && (s->len == 0 || s->ptr[0] == ' ');
}

/* What netlink calls retransmits: of the timer that runs. */
static uint64_t retransmits_of(const struct columns *column)
{
	switch (column->timer) {
	case SOCKET_TIMER_RETRANSMIT:
		return column->retransmits;
	case SOCKET_TIMER_KEEPALIVE:
	case SOCKET_TIMER_ZERO_WINDOW:
		return column->probes;
	default:
		return 0;
	}
}

bool proc_net_inet(struct str line, struct socket *ret)
{
	struct columns column;
	uint64_t retransmits;
	uint64_t number;

	line = str_trim(line);
	*ret = (struct socket){.state = 0};
	if (!str_take_u64(&line, &number) || !take_char(&line, ':') ||
	    !take_endpoint(&line, &ret->local) || !take_endpoint(&line, &ret->remote) ||
	    !take_columns(&line, &column) || column.uid > UINT32_MAX)
		return false;
	retransmits = retransmits_of(&column);
	ret->state = (uint8_t)column.state;
	ret->timer = (uint8_t)column.timer;
	ret->retransmits = (uint8_t)(retransmits > UINT8_MAX ? UINT8_MAX : retransmits);
	ret->rqueue = (uint32_t)column.rqueue;
	ret->wqueue = column.state == SOCKET_LISTEN ? 0 : (uint32_t)column.wqueue;
	ret->uid = (uint32_t)column.uid;
	/* Netlink gives the lower half too. */
	ret->inode = (uint32_t)column.inode;
	return true;
}

/* ---- unix ------------------------------------------------------------------------------------ */

static uint8_t unix_state(uint64_t flags, uint64_t state)
{
	if ((flags & UNIX_ACCEPTS) != 0)
		return SOCKET_LISTEN;
	return state == UNIX_CONNECTED || state == UNIX_CONNECTING ? SOCKET_ESTABLISHED
								   : SOCKET_CLOSE;
}

bool proc_net_unix(struct str line, struct unix_socket *ret)
{
	uint64_t address, references, protocol, flags, type, state, inode;

	*ret = (struct unix_socket){.state = 0};
	if (!take_hex(&line, 16, &address) || !take_char(&line, ':') ||
	    !take_hex_field(&line, 8, &references) || !take_hex_field(&line, 8, &protocol) ||
	    !take_hex_field(&line, 8, &flags) || !take_hex_field(&line, 4, &type) ||
	    !take_hex_field(&line, 2, &state) || !take_decimal_field(&line, &inode))
		return false;
	if (line.len > 0 && !take_char(&line, ' '))
		return false;
	if (type == UNIX_STREAM)
		ret->state = unix_state(flags, state);
	ret->inode = (uint32_t)inode;
	if (line.len > 0)
		unix_path_make(ret->path, line.ptr, line.len);
	return true;
}
