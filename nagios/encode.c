/* SPDX-License-Identifier: MIT */
/* encode.c - a check's findings in Nagios' words; see encode.h. */
#include "encode.h"

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Whether "'s" stands at `at`, behind a word: "nginx's" would become "nginxs". */
static bool is_possessive(struct str text, size_t at)
{
	return at > 0 && at + 1 < text.len && is_letter(text.ptr[at - 1]) && text.ptr[at] == '\'' &&
	       text.ptr[at + 1] == 's' && (at + 2 == text.len || !is_letter(text.ptr[at + 2]));
}

void nagios_add_clean(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (is_possessive(text, i))
			i++;
		if (c == '"' || c == '\'' || c == '`')
			continue;
		if (c < ' ' || c > '~' || strchr("|~$&<>", c) != NULL)
			c = '?';
		buf_add_char(out, c);
	}
}

/* ---- text ------------------------------------------------------------------------------------ */

static bool is_rate(const struct nagios_item *item)
{
	return item->metric->kind == METRIC_COUNTER;
}

static bool has_unit(const struct nagios_item *item, const char *unit)
{
	return !is_rate(item) && str_equal(str_of(item->metric->unit), str_of(unit));
}

/* What an attentive reader needs of a number: microseconds of a time, thousandths of the rest. */
static unsigned decimals(const struct nagios_item *item)
{
	return has_unit(item, "seconds") ? 6 : 3;
}

void nagios_add_rate(struct nagios_items *items, enum entity_root root, size_t offset,
		     const char *what, bool even_zero, struct buf *out)
{
	const struct nagios_item *item = nagios_items_at(items, root, offset);
	size_t len = strlen(what);
	struct buf number;

	if (item == NULL || !item->known || (!even_zero && !(item->value > 0)))
		return;
	buf_init(&number, 64);
	buf_add_decimal(&number, item->value, item->value < 10 ? 2 : item->value < 100 ? 1 : 0);
	if (str_equal(buf_str(&number), STR("1")) && what[len - 1] == 's')
		len--;
	buf_addf(out, ", %s %.*s/s", buf_text(&number), (int)len, what);
	buf_free(&number);
}

static const char *why_missing(const struct nagios_item *item, const struct nagios_missing *missing)
{
	if (item->counted)
		return missing->rate;
	return missing->value == NULL ? "" : missing->value(missing->ctx, item);
}

static void add_offence(const struct nagios_item *item, const struct nagios_missing *missing,
			struct buf *out)
{
	buf_add_text(out, item->metric->nagios.name);
	if (!item->known) {
		const char *why = why_missing(item, missing);

		buf_addf(out, " not known%s%s, ", *why != '\0' ? ": " : "", why);
		return;
	}
	buf_add_char(out, ' ');
	buf_add_decimal(out, item->value, decimals(item));
	buf_add_char(out, ' ');
	threshold_describe(item->state == NAGIOS_CRITICAL ? &item->critical : &item->warning,
			   item->value, out);
	buf_add_text(out, ", ");
}

void nagios_encode_offences(const struct nagios_items *items, const struct nagios_missing *missing,
			    struct buf *out)
{
	static const enum nagios_state order[] = {NAGIOS_CRITICAL, NAGIOS_WARNING, NAGIOS_UNKNOWN};

	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		for (size_t k = 0; k < items->len; k++) {
			if (items->item[k].state == order[i])
				add_offence(&items->item[k], missing, out);
		}
	}
}

void nagios_add_wrapped(struct buf *out, size_t column, struct str text)
{
	size_t at = column;

	while (text.ptr != NULL) {
		struct str word = str_cut(&text, ' ');

		if (at > column && at + 1 + word.len > NAGIOS_WIDTH) {
			buf_addf(out, "\n%*s", (int)column, "");
			at = column;
		} else if (at > column) {
			buf_add_char(out, ' ');
			at++;
		}
		nagios_add_clean(out, word);
		at += word.len;
	}
	buf_add_char(out, '\n');
}

void nagios_encode_line(const char *service, enum nagios_state state, struct str text,
			struct str perfdata, struct buf *out)
{
	static const char bar[] = " | ";
	size_t from = out->len;
	size_t room = NAGIOS_LINE_MAX;
	size_t rest;

	buf_addf(out, "%s %s: ", service, nagios_state_name(state));
	rest = out->len - from + strlen(bar) + perfdata.len + strlen("\n");
	room = room > rest + NAGIOS_TEXT_MIN ? room - rest : NAGIOS_TEXT_MIN;
	room = room < NAGIOS_TEXT_MAX ? room : NAGIOS_TEXT_MAX;
	if (text.len > room) {
		nagios_add_clean(out, (struct str){text.ptr, room - 3});
		buf_add_text(out, "...");
	} else {
		nagios_add_clean(out, text);
	}
	if (perfdata.len > 0) {
		buf_add_text(out, bar);
		buf_add_str(out, perfdata);
	}
	buf_add_char(out, '\n');
}

/* ---- performance data ------------------------------------------------------------------------ */

/* Nagios knows these units only; Icinga drops any other. */
static const char *unit_of(const struct nagios_item *item)
{
	if (has_unit(item, "seconds"))
		return "s";
	if (has_unit(item, "percent"))
		return "%";
	return has_unit(item, "bytes") ? "B" : "";
}

static void add_value(const struct nagios_item *item, struct buf *out)
{
	const char *unit = unit_of(item);

	buf_addf(out, "%s=", item->metric->nagios.name);
	buf_add_decimal(out, item->value, decimals(item));
	buf_addf(out, "%s;", unit);
	buf_add_str(out, item->warning.text);
	buf_add_char(out, ';');
	buf_add_str(out, item->critical.text);
	if (!item->metric->below_zero)
		buf_addf(out, ";0%s", *unit == '%' ? ";100" : "");
}

void nagios_encode_perfdata(const struct nagios_items *items, bool counters, struct buf *out)
{
	size_t from = out->len;

	for (size_t i = 0; i < items->len; i++) {
		if (!items->item[i].known)
			continue;
		if (out->len > from)
			buf_add_char(out, ' ');
		add_value(&items->item[i], out);
	}
	for (size_t i = 0; counters && i < items->len; i++) {
		const struct nagios_item *item = &items->item[i];

		if (!item->counted)
			continue;
		if (out->len > from)
			buf_add_char(out, ' ');
		buf_addf(out, "%s=", item->metric->key);
		value_print(item->count, out);
		buf_add_char(out, 'c');
	}
}
