/* SPDX-License-Identifier: MIT */
/* answer.c - one collection from the sites to the bytes; see answer.h. */
#include "answer.h"

#include "api.h"
#include "expose.h"
#include "page.h"
#include "probe.h"

static const char *const content_type[EXPORTER_FORM_MAX] = {
	[EXPORTER_TEXT] = "text/plain; version=0.0.4; charset=utf-8",
	[EXPORTER_TEXT_1_0] = "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
	[EXPORTER_OPENMETRICS] = "application/openmetrics-text; version=1.0.0; charset=utf-8",
	[EXPORTER_PROTOBUF] = ("application/vnd.google.protobuf; "
			       "proto=io.prometheus.client.MetricFamily; encoding=delimited"),
	[EXPORTER_PAGE] = EXPORTER_PAGE_TYPE,
	[EXPORTER_API] = EXPORTER_API_TYPE,
};

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

bool exporter_question_equal(const struct exporter_question *a, const struct exporter_question *b)
{
	return a->form == b->form && a->gzip == b->gzip && a->reload == b->reload &&
	       same_text(a->target, b->target) && same_text(a->module, b->module);
}

const char *exporter_content_type(enum exporter_form form)
{
	return content_type[form];
}

size_t exporter_answer_max(enum exporter_form form)
{
	return form == EXPORTER_PAGE || form == EXPORTER_API ? EXPORTER_PAGE_BYTES_MAX
							     : PROM_BYTES_MAX;
}

static void show(struct buf *out, struct exporter_state *state, enum exporter_form form,
		 const struct exporter_collection *collection)
{
	struct exporter_view view = {
		.config = &state->config,
		.scrape = collection->scrape,
		.scrape_len = collection->len,
	};
	const struct view_whole whole = view_whole(&view);
	struct course *course = exporter_memory_courses(&state->memory, whole.site, whole.len);

	view.course = course;
	if (form == EXPORTER_PAGE)
		exporter_page(out, &view);
	else
		exporter_api(out, &view);
	exporter_courses_free(course, state->memory.len);
}

/* `self` and `site_label` are NULL for a probe. */
static void expose(struct buf *out, const struct exporter_state *state, enum exporter_form form,
		   const struct exporter_collection *collection, bool is_probe)
{
	const struct prom_scene scene = {
		.scrape = collection->scrape,
		.scrape_len = collection->len,
		.site_label = is_probe ? NULL : exporter_config_site_labels(&state->config),
		.options = &state->config.prom,
		.self = is_probe || state->config.no_self ? NULL : state->self,
	};

	prom_expose(out,
		    form == EXPORTER_PROTOBUF      ? PROM_PROTOBUF
		    : form == EXPORTER_OPENMETRICS ? PROM_OPENMETRICS
						   : PROM_TEXT,
		    &scene);
}

static bool answer_sites(struct exporter_state *state, enum exporter_form form, unsigned timeout_ms,
			 struct buf *out, struct err *err)
{
	struct exporter_collection collection;
	size_t len;
	const struct site *site = exporter_config_sites(&state->config, &len);
	bool ok = exporter_collection_init(&collection, site, len, err);

	if (ok) {
		exporter_memory_recall(&state->memory, &collection);
		ok = exporter_collection_run(&collection, timeout_ms, err) &&
		     exporter_memory_take(&state->memory, &collection, err);
	}
	if (ok) {
		exporter_self_count(state->self, collection.scrape, collection.len);
		if (form == EXPORTER_PAGE || form == EXPORTER_API)
			show(out, state, form, &collection);
		else
			expose(out, state, form, &collection, false);
	}
	exporter_collection_free(&collection);
	return ok;
}

static bool answer_probe(struct exporter_state *state,
			 const struct exporter_question *question, unsigned timeout_ms,
			 struct buf *out, struct err *err)
{
	struct exporter_probe probe;
	bool ok = exporter_probe_init(&probe, &state->config, question->target, question->module,
				      err);

	probe.site.own = &state->self->own;
	ok = ok && exporter_probe_run(&probe, timeout_ms, err);
	if (ok) {
		exporter_probe_log(&probe, state->log);
		expose(out, state, question->form, &probe.collection, true);
	}
	exporter_probe_free(&probe);
	return ok;
}

unsigned exporter_answer_timeout_ms(const struct exporter_state *state,
				    const struct exporter_question *question)
{
	const struct exporter_module *module = NULL;
	size_t len;
	const struct site *site = exporter_config_sites(&state->config, &len);
	unsigned longest = 1;

	if (question->target != NULL) {
		const char *name = question->module;

		module = exporter_config_module(&state->config, name == NULL || name[0] == '\0'
									? EXPORTER_MODULE_DEFAULT
									: name);
		return module == NULL ? state->config.timeout_ms : module->timeout_ms;
	}
	for (size_t i = 0; i < len; i++) {
		if (site[i].timeout_ms > longest)
			longest = site[i].timeout_ms;
	}
	return longest;
}

bool exporter_answer(struct exporter_state *state, const struct exporter_question *question,
		     unsigned timeout_ms, struct buf *out, struct err *err)
{
	enum err_kind before = err_own_take();
	enum err_kind own;
	bool ok = question->target != NULL
			  ? answer_probe(state, question, timeout_ms, out, err)
			  : answer_sites(state, question->form, timeout_ms, out, err);

	own = err_own_seen();
	err_own_note(before);
	if (!ok || buf_ok(out))
		return ok;
	if (own != ERR_NONE)
		return err_set(err, own, "%s", err_own_text(own));
	return err_set(err, ERR_TOO_LARGE, "the answer is longer than %zu bytes", out->ceiling);
}
