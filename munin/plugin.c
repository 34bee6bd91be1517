/* SPDX-License-Identifier: MIT */
/* plugin.c - one run of the Munin plugin; see plugin.h. */
#include "plugin.h"

#include "probe.h"
#include "setup.h"
#include "store.h"

static const char usage[] =
	"connledger %s - Munin plugin for nginx and uWSGI\n"
	"\n"
	"Usage: connledger [fetch | config [cap] | autoconf | suggest | --help]\n"
	"\n"
	"It is configured in Munin's plugin-conf.d:\n"
	"\n"
	"    [connledger]\n"
	"    env.nginx http://127.0.0.1/nginx_status\n"
	"    env.uwsgi unix:/run/uwsgi/blog.stats 127.0.0.1:1717\n"
	"\n"
	"  env.nginx TARGET     nginx' stub_status page (env.url means the same):\n"
	"                       http://HOST[:PORT]/PATH, https://..., unix:SOCKET:/PATH\n"
	"                       [" MUNIN_DEFAULT_NGINX "]\n"
	"  env.uwsgi TARGETS    uWSGI stats servers, with blanks between them:\n"
	"                       HOST:PORT, unix:SOCKET, unix:@NAME, http://HOST:PORT\n"
	"  env.ports PORTS      the ports nginx listens on, when the plugin's user cannot\n"
	"                       see them all: \"80 443\"\n"
	"  env.upstreams ADDRESSES\n"
	"                       other application servers behind nginx than uWSGI, with\n"
	"                       blanks between them: HOST:PORT, unix:SOCKET\n"
	"  env.worker_connections N\n"
	"                       nginx' directive, to tell when a leak will use them up\n"
	"  env.timeout SECONDS  how long to wait for an answer [5]\n"
	"  env.http_username, env.http_password\n"
	"                       for pages that ask for them\n"
	"  env.category NAME    the category of all graphs [webserver, appserver]\n"
	"  env.FIELD_warning, env.FIELD_critical\n"
	"                       thresholds in Munin's form: MAX, MIN:, :MAX, MIN:MAX\n"
	"\n"
	"Several sites: link the plugin connledger_ once for each, as connledger_NAME,\n"
	"with a section [connledger_NAME] for each. A NAME such as 127.0.0.1:8080 or\n"
	"uwsgi:127.0.0.1:1717 needs no section.\n"
	"Linked as nginx_status or nginx_request it takes the place of Munin's own\n"
	"plugin of that name: same fields, so the history goes on.\n";

/* ---- graphs ---------------------------------------------------------------------------------- */

struct part {
	bool config;
	bool values;
};

/* Two sites on one page must not look the same, however their links are called. */
static const char *title_of(const struct munin_setup *setup)
{
	if (setup->instance != NULL)
		return setup->instance;
	return setup->stock != NULL || str_equal(str_of(setup->file), STR("connledger")) ||
			       setup->wildcard
		       ? NULL
		       : setup->file;
}

static struct munin_encoder encoder_of(const struct munin_setup *setup, const struct munin_env *env,
				       const struct munin_memory *memory, struct buf *out,
				       struct buf *log)
{
	return (struct munin_encoder){
		.name = setup->name,
		.instance = title_of(setup),
		.category = setup->category,
		.env = env,
		.memory = memory,
		.out = out,
		.log = log,
	};
}

static bool is_empty(const struct munin_encoder *encoder, const struct munin_graph *graph)
{
	struct munin_field field[MUNIN_SHOWN_MAX];

	return munin_shown_fields(encoder, graph, field) == 0;
}

/* Each graph once, with all that is to be said about it: a master of Munin 3 passes over a graph
 * that it sees a second time. One without a field could not be drawn. */
static void encode_graphs(const struct munin_setup *setup, const struct munin_encoder *encoder,
			  struct part part)
{
	for (size_t i = 0; i < munin_graph_all_len; i++) {
		const struct munin_graph *graph = &munin_graph_all[i];

		if (!munin_setup_shows(setup, graph) ||
		    ((part.config || part.values) && is_empty(encoder, graph)))
			continue;
		munin_encode_opening(encoder, graph);
		if (part.config)
			munin_encode_config(encoder, graph);
		if (part.values)
			munin_encode_values(encoder, graph);
	}
}

/* ---- actions --------------------------------------------------------------------------------- */

static void out_of_memory(const struct munin_setup *setup, struct buf *log)
{
	buf_addf(log, "%s: out of memory\n", setup->file);
}

static void run_config(const struct munin_setup *setup, const struct munin_env *env,
		       struct buf *out, struct buf *log)
{
	struct munin_memory *memory = malloc(sizeof(*memory));
	struct munin_encoder encoder = encoder_of(setup, env, memory, out, log);

	if (memory == NULL) {
		out_of_memory(setup, log);
		out->failed = true;
		return;
	}
	munin_memory_init(memory);
	if (setup->site.want_ledger && !munin_store_read(setup, memory, log))
		out->failed = true;
	encode_graphs(setup, &encoder, (struct part){.config = true});
	free(memory);
}

/* munin-node of Munin 3 only wants to know the graphs' names. A stock plugin has none: it says what
 * it always says. */
static void run_cap(const struct munin_setup *setup, const struct munin_env *env, struct buf *out,
		    struct buf *log)
{
	struct munin_encoder encoder = encoder_of(setup, env, NULL, out, log);

	encode_graphs(setup, &encoder, (struct part){.config = setup->stock != NULL});
}

static void run_values(const struct munin_setup *setup, const struct munin_env *env,
		       struct part part, struct buf *out, struct buf *log)
{
	struct munin_memory *memory = malloc(sizeof(*memory));
	struct munin_encoder encoder = encoder_of(setup, env, memory, out, log);
	struct scrape scrape = {0};

	if (memory == NULL) {
		out_of_memory(setup, log);
		out->failed = true;
		return;
	}
	munin_memory_init(memory);
	if (munin_probe(setup, &scrape, log))
		encoder.scrape = &scrape;
	if (setup->site.want_ledger && encoder.scrape != NULL)
		out->failed = !munin_store_take(setup, &scrape, memory, log);
	else if (setup->site.want_ledger)
		out->failed = !munin_store_read(setup, memory, log);
	encode_graphs(setup, &encoder, part);
	scrape_free(&scrape);
	free(memory);
}

static void run_unknown(const struct munin_setup *setup, const struct munin_env *env,
			const char *word, struct buf *out, struct buf *log)
{
	struct err line = {0};
	struct munin_encoder encoder = encoder_of(setup, env, NULL, out, log);

	(void)err_set(&line, ERR_USAGE,
		      "%s: unknown argument \"%.60s\": fetch, config, autoconf or suggest expected",
		      setup->file, word);
	buf_addf(log, "%s\n", line.text);
	encode_graphs(setup, &encoder, (struct part){.values = true});
}

static bool is_word(const char *text, const char *word)
{
	return str_equal(str_of(text), str_of(word));
}

/* What memory or descriptors were short for may be missing from what looks whole: better nothing,
 * and the reason. autoconf has a place for it. */
static void fall_short(const struct munin_setup *setup, const char *word, struct buf *out,
		       struct buf *log)
{
	const char *why = err_own_text(err_own_seen());

	if (is_word(word, "autoconf")) {
		buf_clear(out);
		buf_addf(out, "no (%s)\n", why);
		return;
	}
	buf_clear(log);
	buf_addf(log, "%s: %s\n", setup->file, why);
	out->failed = true;
}

void munin_run(int argc, char *const argv[], const struct munin_env *env, struct buf *out,
	       struct buf *log)
{
	const char *word = argc > 1 ? argv[1] : "fetch";
	struct munin_setup setup;

	munin_setup_init(&setup, argc > 0 ? argv[0] : "connledger", env);
	if (is_word(word, "fetch") || is_word(word, ""))
		run_values(&setup, env, (struct part){.values = true}, out, log);
	else if (is_word(word, "config") && argc > 2 && is_word(argv[2], "cap"))
		run_cap(&setup, env, out, log);
	else if (is_word(word, "config") && setup.dirty)
		run_values(&setup, env, (struct part){.config = true, .values = true}, out, log);
	else if (is_word(word, "config"))
		run_config(&setup, env, out, log);
	else if (is_word(word, "autoconf"))
		munin_autoconf(&setup, out);
	else if (is_word(word, "suggest"))
		munin_suggest(&setup, out);
	else if (is_word(word, "--help") || is_word(word, "-h"))
		buf_addf(out, usage, CONNLEDGER_VERSION);
	else if (is_word(word, "--version"))
		buf_addf(out, "connledger %s\n", CONNLEDGER_VERSION);
	else
		run_unknown(&setup, env, word, out, log);
	if (err_own_seen() != ERR_NONE)
		fall_short(&setup, word, out, log);
	munin_setup_free(&setup);
}
