/* SPDX-License-Identifier: MIT */
/* answer.c - one collection from the sites to the text; see answer.h. */
#include "answer.h"

#include "page.h"
#include "text.h"

size_t exporter_answer_max(enum exporter_form form)
{
	return form == EXPORTER_PAGE ? EXPORTER_PAGE_BYTES_MAX : PROM_TEXT_BYTES_MAX;
}

static void encode(const struct exporter_config *config, enum exporter_form form,
		   const struct exporter_collection *collection, struct buf *out)
{
	switch (form) {
	case EXPORTER_METRICS:
		prom_text_encode(out, collection->scrape, collection->len, &config->prom);
		break;
	case EXPORTER_PAGE:
		exporter_page(out, config, collection->scrape, collection->len);
		break;
	}
}

bool exporter_answer(const struct exporter_config *config, struct exporter_memory *memory,
		     enum exporter_form form, unsigned timeout_ms, struct buf *out, struct err *err)
{
	struct exporter_collection collection;
	size_t len;
	const struct site *site = exporter_config_sites(config, &len);
	bool ok = exporter_collection_init(&collection, site, len, err);

	if (ok) {
		exporter_memory_recall(memory, &collection);
		ok = exporter_collection_run(&collection, timeout_ms, err) &&
		     exporter_memory_take(memory, &collection, err);
	}

	if (ok) {
		encode(config, form, &collection, out);
		ok = buf_ok(out) ||
		     err_set(err, ERR_TOO_LARGE,
			     "the answer is longer than %zu bytes, or memory is out", out->ceiling);
	}
	exporter_collection_free(&collection);
	return ok;
}

bool exporter_once(const struct exporter_config *config, const struct exporter_log *log,
		   struct buf *out, struct err *err)
{
	struct exporter_memory memory;
	bool ok;

	if (!exporter_memory_init(&memory, log, config, false, err))
		return false;
	ok = exporter_answer(config, &memory, EXPORTER_METRICS, config->timeout_ms, out, err);
	exporter_memory_free(&memory);
	return ok;
}
