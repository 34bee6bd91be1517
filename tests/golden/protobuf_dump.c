/* SPDX-License-Identifier: MIT */
/* protobuf_dump.c - reads the wire format; see protobuf_dump.h. */
#include "protobuf_dump.h"

#include <string.h>

enum wire { WIRE_VARINT = 0, WIRE_EIGHT = 1, WIRE_BYTES = 2 };

/* One field of a message. */
struct field {
	unsigned number;
	enum wire wire;
	uint64_t varint;
	double real;
	struct str bytes;
};

static bool take_varint(struct str *rest, uint64_t *ret)
{
	*ret = 0;
	for (unsigned shift = 0; shift < 64 && rest->len > 0; shift += 7) {
		unsigned char byte = (unsigned char)rest->ptr[0];

		*ret |= (uint64_t)(byte & 0x7f) << shift;
		rest->ptr++;
		rest->len--;
		if (byte < 0x80)
			return true;
	}
	return false;
}

static bool take_bytes(struct str *rest, struct str *ret)
{
	uint64_t len;

	if (!take_varint(rest, &len) || len > rest->len)
		return false;
	*ret = (struct str){rest->ptr, (size_t)len};
	rest->ptr += len;
	rest->len -= (size_t)len;
	return true;
}

static bool take_field(struct str *rest, struct field *ret)
{
	uint64_t tag;

	*ret = (struct field){0};
	if (!take_varint(rest, &tag))
		return false;
	ret->number = (unsigned)(tag >> 3);
	ret->wire = (enum wire)(tag & 7);
	switch (ret->wire) {
	case WIRE_VARINT:
		return take_varint(rest, &ret->varint);
	case WIRE_BYTES:
		return take_bytes(rest, &ret->bytes);
	case WIRE_EIGHT:
		if (rest->len < sizeof(ret->real))
			return false;
		memcpy(&ret->real, rest->ptr, sizeof(ret->real));
		rest->ptr += sizeof(ret->real);
		rest->len -= sizeof(ret->real);
		return true;
	}
	return false;
}

static bool dump_label(struct str message, bool first, struct buf *out)
{
	struct field name;
	struct field value;

	if (!take_field(&message, &name) || !take_field(&message, &value) || message.len > 0 ||
	    name.number != 1 || value.number != 2)
		return false;
	buf_add_text(out, first ? "{" : ",");
	buf_add_str(out, name.bytes);
	buf_addf(out, "=\"%.*s\"", (int)value.bytes.len, value.bytes.ptr);
	return true;
}

static bool dump_time(struct str message, struct buf *out)
{
	struct field field;

	buf_add_text(out, " since");
	while (message.len > 0) {
		if (!take_field(&message, &field) || field.wire != WIRE_VARINT || field.number > 2)
			return false;
		buf_addf(out, field.number == 1 ? " %llu" : " + %llu ns",
			 (unsigned long long)field.varint);
	}
	return true;
}

/* Gauge or Counter. */
static bool dump_value(struct str message, struct buf *out)
{
	struct field value;
	struct field since;

	if (!take_field(&message, &value) || value.number != 1 || value.wire != WIRE_EIGHT)
		return false;
	buf_add_char(out, ' ');
	buf_add_double(out, value.real);
	if (message.len == 0)
		return true;
	return take_field(&message, &since) && since.number == 3 && message.len == 0 &&
	       dump_time(since.bytes, out);
}

/* Metric of a family of this type: 0 counter, 1 gauge. */
static bool dump_metric(struct str message, uint64_t type, struct buf *out)
{
	bool labels = false;
	bool value = false;

	buf_add_text(out, "  ");
	while (message.len > 0) {
		struct field field;
		bool ok;

		if (!take_field(&message, &field) || field.wire != WIRE_BYTES || value)
			return false;
		value = field.number == (type == 0 ? 3 : 2);
		if (value && labels)
			buf_add_char(out, '}');
		ok = value ? dump_value(field.bytes, out)
			   : field.number == 1 && dump_label(field.bytes, !labels, out);
		if (!ok)
			return false;
		labels = true;
	}
	buf_add_char(out, '\n');
	return value;
}

static bool dump_family(struct str message, struct buf *out)
{
	struct field head[6] = {0};
	struct str rest = message;
	struct field field;

	while (rest.len > 0) {
		if (!take_field(&rest, &field) || field.number == 0 ||
		    field.number >= ARRAY_LEN(head))
			return false;
		head[field.number] = field;
	}
	if (head[1].bytes.len == 0 || head[3].number == 0 || head[3].varint > 1 ||
	    head[4].number == 0)
		return false;
	buf_addf(out, "%s %.*s", head[3].varint == 0 ? "counter" : "gauge", (int)head[1].bytes.len,
		 head[1].bytes.ptr);
	if (head[5].number != 0)
		buf_addf(out, " [%.*s]", (int)head[5].bytes.len, head[5].bytes.ptr);
	buf_addf(out, " %.*s\n", (int)head[2].bytes.len, head[2].bytes.ptr);
	while (message.len > 0) {
		if (!take_field(&message, &field) ||
		    (field.number == 4 && !dump_metric(field.bytes, head[3].varint, out)))
			return false;
	}
	return true;
}

void protobuf_dump(struct str bytes, struct buf *out)
{
	const char *begin = bytes.ptr;

	while (bytes.len > 0) {
		size_t offset = (size_t)(bytes.ptr - begin);
		struct str family;

		if (!take_bytes(&bytes, &family) || !dump_family(family, out)) {
			buf_addf(out, "broken in the family at %zu\n", offset);
			return;
		}
	}
}
