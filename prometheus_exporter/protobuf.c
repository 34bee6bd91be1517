/* SPDX-License-Identifier: MIT */
/* protobuf.c - families as protobuf messages; see protobuf.h. */
#include "protobuf.h"

#include <math.h>

#include "prometheus_exporter/metrics.pb-c.h"

#define MESSAGE(name) struct Io__Prometheus__Client__##name

enum {
	/* Field 4 of MetricFamily, as a message with its length in front. */
	METRIC_TAG = 4 << 3 | 2,
	/* A value, a time and one label of ours. */
	VALUE_BYTES_MAX = 1024,
	MICROS = 1000000,
};

/* A buffer that protobuf-c writes to. */
struct sink {
	ProtobufCBuffer base;
	struct buf *out;
};

static void append(ProtobufCBuffer *base, size_t len, const uint8_t *bytes)
{
	buf_add(((struct sink *)base)->out, (const char *)bytes, len);
}

static void pack(struct buf *out, const ProtobufCMessage *message)
{
	struct sink sink = {.base = {.append = append}, .out = out};

	(void)protobuf_c_message_pack_to_buffer(message, &sink.base);
}

static void add_varint(struct buf *out, size_t number)
{
	while (number >= 0x80) {
		buf_add_char(out, (char)(number | 0x80));
		number >>= 7;
	}
	buf_add_char(out, (char)number);
}

void prom_protobuf_init(struct prom_protobuf *protobuf, struct buf *out)
{
	*protobuf = (struct prom_protobuf){.out = out};
	buf_init(&protobuf->family, PROM_BYTES_MAX);
	buf_init(&protobuf->value, VALUE_BYTES_MAX);
}

void prom_protobuf_free(struct prom_protobuf *protobuf)
{
	buf_free(&protobuf->family);
	buf_free(&protobuf->value);
}

/* protobuf-c's texts are not const, since it can also read messages. */
static char *unconst(const char *text)
{
	char *ret;

	memcpy(&ret, &text, sizeof(ret));
	return ret;
}

/* As a Metric with this label and nothing else: what follows is added to it. */
static void pack_label(struct buf *out, const char *name, const char *value)
{
	MESSAGE(LabelPair) pair = IO__PROMETHEUS__CLIENT__LABEL_PAIR__INIT;
	MESSAGE(LabelPair) * label[] = {&pair};
	MESSAGE(Metric) metric = IO__PROMETHEUS__CLIENT__METRIC__INIT;

	pair.name = unconst(name);
	pair.value = unconst(value);
	metric.n_label = 1;
	metric.label = label;
	pack(out, &metric.base);
}

static void add_label(struct buf *labels, size_t start, const char *name, struct str value)
{
	struct buf repaired;

	(void)start;
	buf_init(&repaired, labels->ceiling);
	prom_add_repaired(&repaired, value);
	if (buf_ok(&repaired))
		pack_label(labels, name, buf_text(&repaired));
	else
		labels->failed = true;
	buf_free(&repaired);
}

static void begin(void *ctx, const struct prom_family *family)
{
	struct prom_protobuf *protobuf = ctx;
	MESSAGE(MetricFamily) message = IO__PROMETHEUS__CLIENT__METRIC_FAMILY__INIT;

	message.name = unconst(family->name);
	message.help = unconst(family->help);
	message.has_type = 1;
	message.type = family->type == PROM_COUNTER ? IO__PROMETHEUS__CLIENT__METRIC_TYPE__COUNTER
						    : IO__PROMETHEUS__CLIENT__METRIC_TYPE__GAUGE;
	message.unit = unconst(family->unit);
	buf_clear(&protobuf->family);
	pack(&protobuf->family, &message.base);
}

static void pack_value(struct buf *out, enum prom_type type, const struct prom_sample *sample)
{
	MESSAGE(Timestamp) time = IO__PROMETHEUS__CLIENT__TIMESTAMP__INIT;
	MESSAGE(Counter) counter = IO__PROMETHEUS__CLIENT__COUNTER__INIT;
	MESSAGE(Gauge) gauge = IO__PROMETHEUS__CLIENT__GAUGE__INIT;
	MESSAGE(Metric) metric = IO__PROMETHEUS__CLIENT__METRIC__INIT;

	/* Always there, 0 too: a reader may keep the last value where there is none. */
	counter.has_value = gauge.has_value = 1;
	counter.value = gauge.value = value_double(sample->value);
	if (sample->since > 0) {
		long long micros = llround(sample->since * MICROS);

		time.has_seconds = 1;
		time.seconds = micros / MICROS;
		time.nanos = (int32_t)(micros % MICROS) * 1000;
		time.has_nanos = time.nanos > 0;
		counter.created_timestamp = &time;
	}
	if (type == PROM_COUNTER)
		metric.counter = &counter;
	else
		metric.gauge = &gauge;
	pack(out, &metric.base);
}

static void add_sample(void *ctx, const struct prom_family *family,
		       const struct prom_sample *sample)
{
	struct prom_protobuf *protobuf = ctx;
	struct buf *value = &protobuf->value;

	buf_clear(value);
	if (sample->label != NULL)
		pack_label(value, sample->label, sample->word);
	pack_value(value, family->type, sample);
	protobuf->family.failed = protobuf->family.failed || !buf_ok(value);
	buf_add_char(&protobuf->family, METRIC_TAG);
	add_varint(&protobuf->family, sample->labels.len + value->len);
	buf_add_str(&protobuf->family, sample->labels);
	buf_add_str(&protobuf->family, buf_str(value));
}

static void end(void *ctx, const struct prom_family *family)
{
	struct prom_protobuf *protobuf = ctx;

	(void)family;
	protobuf->out->failed = protobuf->out->failed || !buf_ok(&protobuf->family);
	add_varint(protobuf->out, protobuf->family.len);
	buf_add_str(protobuf->out, buf_str(&protobuf->family));
}

const struct prom_printer prom_protobuf_printer = {
	.label = add_label,
	.begin = begin,
	.sample = add_sample,
	.end = end,
};
