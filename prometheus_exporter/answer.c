/* SPDX-License-Identifier: MIT */
/* answer.c - one collection from the sites to the text; see answer.h. */
#include "answer.h"

#include "collect.h"
#include "text.h"

bool exporter_answer(const struct exporter_config *config, struct exporter_report *report,
		     unsigned timeout_ms, struct buf *out, struct err *err)
{
	struct exporter_collection collection;
	size_t len;
	const struct site *site = exporter_config_sites(config, &len);
	bool ok = exporter_collection_run(&collection, site, len, timeout_ms, err);

	if (ok) {
		exporter_report(report, collection.scrape, collection.len);
		prom_text_encode(out, collection.scrape, collection.len, &config->prom);
		ok = buf_ok(out) ||
		     err_set(err, ERR_TOO_LARGE,
			     "the metrics are longer than %zu bytes, or memory is out",
			     out->ceiling);
	}
	exporter_collection_free(&collection);
	return ok;
}

bool exporter_once(const struct exporter_config *config, const struct exporter_log *log,
		   struct buf *out, struct err *err)
{
	struct exporter_report report;
	bool ok = exporter_report_init(&report, log, config, err) &&
		  exporter_answer(config, &report, config->timeout_ms, out, err);

	exporter_report_free(&report);
	return ok;
}
