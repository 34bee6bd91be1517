/* SPDX-License-Identifier: MIT */
/* dialects.c - what each front end makes of a scrape; see dialects.h. */
#include "dialects.h"

#include "../../collectd/encode.h"
#include "../../munin/encode.h"
#include "../../nagios/check.h"
#include "../../nagios/encode.h"
#include "../../nagios/story.h"
#include "../../nagios/verdict.h"
#include "../../prometheus_exporter/expose.h"
#include "protobuf_dump.h"

static const char *no_variable(const void *ctx, const char *name)
{
	(void)ctx;
	(void)name;
	return NULL;
}

/* A dirty config: attributes and values of each graph of the site. */
static void encode_munin(const struct scrape *scrape, struct buf *out)
{
	static const struct munin_env env = {.get = no_variable, .ctx = NULL};
	struct munin_field field[MUNIN_SHOWN_MAX];
	struct munin_memory memory;
	struct munin_encoder encoder = {.name = "connledger",
					.env = &env,
					.scrape = scrape,
					.memory = &memory,
					.out = out,
					.log = out};

	munin_memory_init(&memory);
	munin_memory_take(&memory, scrape);
	for (size_t i = 0; i < munin_graph_all_len; i++) {
		const struct munin_graph *graph = &munin_graph_all[i];
		bool ledger = graph->root == ROOT_LEDGER;
		bool nginx = graph->root == ROOT_NGINX;

		if (ledger ? !scrape->ledger.asked : nginx != scrape->nginx_probe.asked)
			continue;
		if (munin_shown_fields(&encoder, graph, field) == 0)
			continue;
		munin_encode_opening(&encoder, graph);
		munin_encode_config(&encoder, graph);
		munin_encode_values(&encoder, graph);
	}
}

/* As check_connections -v prints it. */
static void encode_connections(const struct scrape *scrape, struct buf *out)
{
	const struct nagios_program *program = &nagios_program_connections;
	struct nagios_settings settings = {.site = *scrape->site};
	struct nagios_items *items = &settings.items;
	struct buf text;
	struct buf perfdata;

	buf_init(&text, NAGIOS_OUTPUT_MAX);
	buf_init(&perfdata, NAGIOS_OUTPUT_MAX);
	nagios_items_init(items, program->root, program->root_len);
	nagios_items_fill(items, scrape);
	if (!nagios_headline(scrape, &text))
		program->describe(items, scrape, &text);
	nagios_encode_perfdata(items, true, &perfdata);
	nagios_encode_line(program->service, nagios_verdict(scrape), buf_str(&text),
			   buf_str(&perfdata), out);
	nagios_story(&settings, scrape, out);
	buf_free(&perfdata);
	buf_free(&text);
}

static void encode_nagios(const struct scrape *scrape, struct buf *out)
{
	const struct nagios_program *program =
		scrape->nginx_probe.asked ? &nagios_program_nginx : &nagios_program_uwsgi;
	struct nagios_items items;
	struct buf text;
	struct buf perfdata;
	enum nagios_state state;

	if (scrape->ledger.asked) {
		encode_connections(scrape, out);
		return;
	}
	buf_init(&text, NAGIOS_OUTPUT_MAX);
	buf_init(&perfdata, NAGIOS_OUTPUT_MAX);
	nagios_items_init(&items, program->root, program->root_len);
	nagios_items_fill(&items, scrape);
	state = nagios_items_judge(&items, true);
	program->describe(&items, scrape, &text);
	nagios_encode_perfdata(&items, true, &perfdata);
	nagios_encode_line(program->service, state, buf_str(&text), buf_str(&perfdata), out);
	buf_free(&perfdata);
	buf_free(&text);
}

static void expose(const struct scrape *scrape, enum prom_format format, struct buf *out)
{
	const struct prom_scene scene = {
		.scrape = scrape,
		.scrape_len = 1,
		.options = &(struct prom_options){.cores = true},
	};

	prom_expose(out, format, &scene);
}

static void encode_prometheus(const struct scrape *scrape, struct buf *out)
{
	expose(scrape, PROM_TEXT, out);
}

static void encode_openmetrics(const struct scrape *scrape, struct buf *out)
{
	expose(scrape, PROM_OPENMETRICS, out);
}

static void encode_protobuf(const struct scrape *scrape, struct buf *out)
{
	struct buf bytes;

	buf_init(&bytes, PROM_BYTES_MAX);
	expose(scrape, PROM_PROTOBUF, &bytes);
	protobuf_dump(buf_str(&bytes), out);
	out->failed = out->failed || !buf_ok(&bytes);
	buf_free(&bytes);
}

/* As in collectd's own logs: plugin/type-instance value. */
static void add_value(void *ctx, const struct collectd_value *value)
{
	struct buf *out = ctx;

	buf_addf(out, "%s/%s%s%s ", value->plugin, value->type,
		 value->type_instance[0] == '\0' ? "" : "-", value->type_instance);
	if (value->counter)
		buf_add_i64(out, value->derive);
	else
		buf_add_double(out, value->gauge);
	buf_add_text(out, value->counter ? " DERIVE\n" : " GAUGE\n");
}

static void encode_collectd(const struct scrape *scrape, struct buf *out)
{
	collectd_encode(scrape, false, add_value, out);
}

const struct dialect dialect_all[] = {
	{"munin", encode_munin},           {"nagios", encode_nagios},
	{"prometheus", encode_prometheus}, {"openmetrics", encode_openmetrics},
	{"protobuf", encode_protobuf},     {"collectd", encode_collectd},
};

const size_t dialect_all_len = ARRAY_LEN(dialect_all);
