/* SPDX-License-Identifier: MIT */
/* page_ledger.c - the ledger as HTML, out of the metric table; see page_ledger.h. */
#include "page_ledger.h"

#include "html.h"

enum { DECIMALS = 3 };

/* A table whose head is written before its first row, so that there is no empty one. */
struct table {
	struct buf *out;
	const char *head;
	bool begun;
};

static void begin_row(struct table *table)
{
	if (!table->begun) {
		buf_add_text(table->out, "<table>\n");
		buf_add_text(table->out, table->head);
	}
	table->begun = true;
	buf_add_text(table->out, "<tr>");
}

static void end_table(const struct table *table)
{
	if (table->begun)
		buf_add_text(table->out, "</table>\n");
}

/* The lines of the ledger are the rows that share a name and differ in a word. */
static bool is_line(const struct metric *metric)
{
	return metric->prom.word != NULL;
}

/* As on Munin's graph, so that both pictures read alike. */
static const char *colour_of(const struct metric *metric)
{
	return metric->munin[0].colour != NULL ? metric->munin[0].colour : "888888";
}

static bool number_of(const struct metric *metric, const void *object, double *ret)
{
	struct value value;

	if (!metric_value(metric, object, &value))
		return false;
	*ret = metric_scaled(metric, value);
	return isfinite(*ret);
}

static void add_bar(struct buf *out, const struct place *place)
{
	buf_add_text(out, "<div class=\"bar\">");
	for (size_t i = 0; i < place->entity->metric_len; i++) {
		const struct metric *metric = &place->entity->metric[i];
		double number;

		if (!is_line(metric) || !number_of(metric, place->object, &number) || number <= 0)
			continue;
		buf_add_text(out, "<span style=\"flex-grow:");
		buf_add_decimal(out, number, DECIMALS);
		buf_addf(out, ";background:#%s\" title=\"", colour_of(metric));
		html_add(out, metric->prom.word);
		buf_add_text(out, "\"></span>");
	}
	buf_add_text(out, "</div>\n");
}

static void add_lines(struct buf *out, const struct place *place)
{
	struct table table = {.out = out,
			      .head = "<tr><th>Held by</th><th>Connections</th><th></th></tr>\n"};

	for (size_t i = 0; i < place->entity->metric_len; i++) {
		const struct metric *metric = &place->entity->metric[i];
		double number;

		if (!is_line(metric) || !number_of(metric, place->object, &number))
			continue;
		begin_row(&table);
		buf_addf(out, "<td><i style=\"background:#%s\"></i>", colour_of(metric));
		html_add(out, metric->prom.word);
		buf_addf(out, "</td><td class=\"number%s\">", number == 0 ? " none" : "");
		buf_add_decimal(out, number, DECIMALS);
		buf_add_text(out, "</td><td>");
		html_add(out, metric->help);
		buf_add_text(out, "</td></tr>\n");
	}
	end_table(&table);
}

static void add_confidence(struct buf *out, const struct ledger *ledger)
{
	buf_addf(out, "<p>The ledger is <b>%s</b>", confidence_name[ledger->confidence]);
	if (ledger->reason[0] != '\0') {
		buf_add_text(out, ": ");
		html_add(out, ledger->reason);
	}
	buf_add_text(out, ".</p>\n");
}

/* What is told beside the lines. */
static void add_rest(struct buf *out, const struct place *place)
{
	struct table table = {.out = out, .head = ""};

	buf_add_text(out, "<details><summary>More numbers</summary>\n");
	for (size_t i = 0; i < place->entity->metric_len; i++) {
		const struct metric *metric = &place->entity->metric[i];
		double number;

		if (is_line(metric) || metric->kind == METRIC_STATE ||
		    !number_of(metric, place->object, &number))
			continue;
		begin_row(&table);
		buf_add_text(out, "<td class=\"number\">");
		buf_add_decimal(out, number, DECIMALS);
		buf_add_text(out, "</td><td>");
		html_add(out, metric->unit);
		buf_add_text(out, "</td><td>");
		html_add(out, metric->help);
		buf_add_text(out, "</td></tr>\n");
	}
	end_table(&table);
	buf_add_text(out, "</details>\n");
}

static void add_ledger(void *ctx, const struct place *place)
{
	const struct ledger *ledger = place->object;
	struct buf *out = ctx;

	if (ledger->has_lines) {
		buf_add_text(out, "<p>Client connections: <b>");
		buf_add_decimal(out, ledger->total, DECIMALS);
		buf_add_text(out, "</b></p>\n");
		add_bar(out, place);
		add_lines(out, place);
		add_confidence(out, ledger);
	}
	add_rest(out, place);
}

/* An object of a list of the ledger: its labels, then its numbers. */
static void add_queue(void *ctx, const struct place *place)
{
	struct table *table = ctx;
	const struct backlog *backlog = place->object;

	begin_row(table);
	buf_add_text(table->out, "<td><code>");
	html_add(table->out, backlog->name);
	buf_add_text(table->out, "</code></td>");
	for (size_t i = 0; i < place->entity->metric_len; i++) {
		double number;

		buf_add_text(table->out, "<td class=\"number\">");
		if (number_of(&place->entity->metric[i], place->object, &number))
			buf_add_decimal(table->out, number, DECIMALS);
		else
			buf_add_text(table->out, "not known");
		buf_add_text(table->out, "</td>");
	}
	buf_add_text(table->out, "</tr>\n");
}

static void add_queues(struct buf *out, const struct scrape *scrape, const struct entity *entity)
{
	struct buf head;
	struct table table = {.out = out};

	buf_init(&head, 4096);
	buf_add_text(&head, "<caption>");
	html_add(&head, entity->title);
	buf_add_text(&head, "</caption>\n<tr><th></th>");
	for (size_t i = 0; i < entity->metric_len; i++) {
		buf_add_text(&head, "<th>");
		html_add(&head, entity->metric[i].key);
		buf_add_text(&head, "</th>");
	}
	buf_add_text(&head, "</tr>\n");
	table.head = buf_text(&head);
	scrape_each(scrape, entity, add_queue, &table);
	end_table(&table);
	buf_free(&head);
}

void page_add_ledger(struct buf *out, const struct scrape *scrape)
{
	for (size_t i = 0; i < entity_all_len; i++) {
		const struct entity *entity = entity_all[i];

		if (entity->root != ROOT_LEDGER)
			continue;
		if (entity->parent == NULL)
			scrape_each(scrape, entity, add_ledger, out);
		else
			add_queues(out, scrape, entity);
	}
}
