/* SPDX-License-Identifier: MIT */
/* note.c - the ledger's confidence and the findings as one line of text; see memory.h. */
#include "memory.h"

enum { MORE_MAX = 40 }; /* room for "... and 12 more." */

void munin_add_clean(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == '"' || c == '`')
			c = '\'';
		else if (c < ' ' || c > '~' || strchr("#\\<>&", c) != NULL)
			c = '?';
		buf_add_char(out, c);
	}
}

/* A sentence, with the full stop that it may lack and a blank before it. */
static void add_sentence(struct buf *out, const char *text)
{
	struct str sentence = str_trim(str_of(text));

	if (sentence.len == 0)
		return;
	buf_add_char(out, ' ');
	munin_add_clean(out, sentence);
	if (!str_ends(sentence, STR(".")))
		buf_add_char(out, '.');
}

static void add_confidence(const struct ledger *ledger, struct buf *out)
{
	buf_addf(out, "Confidence: %s", confidence_name[ledger->confidence]);
	if (ledger->reason[0] == '\0') {
		buf_add_char(out, '.');
		return;
	}
	buf_add_char(out, ',');
	add_sentence(out, ledger->reason);
}

/* Adds one finding if there is room for it. */
static bool add_finding(const struct finding *finding, struct buf *out)
{
	struct buf text;
	bool fits;

	buf_init(&text, MUNIN_NOTE_MAX);
	buf_addf(&text, " %s (%s):", finding->severity_name, finding->name);
	add_sentence(&text, finding->what);
	add_sentence(&text, finding->advice);
	fits = buf_ok(&text) && out->len + text.len + MORE_MAX < MUNIN_NOTE_MAX;
	if (fits)
		buf_add_str(out, buf_str(&text));
	buf_free(&text);
	return fits;
}

void munin_note_add(const struct scrape *scrape, struct buf *out)
{
	static const enum finding_severity order[] = {SEVERITY_CRITICAL, SEVERITY_WARNING,
						      SEVERITY_INFO};
	const struct finding *finding = scrape->findings.item;
	size_t left_out = 0;

	if (scrape->ledger.asked && scrape->ledger.has_lines)
		add_confidence(&scrape->ledger, out);
	if (scrape->ledger.asked && scrape->findings.len == 0)
		add_sentence(out, "No findings");
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		for (size_t k = 0; k < scrape->findings.len; k++) {
			if (finding[k].severity == order[i] &&
			    (left_out > 0 || !add_finding(&finding[k], out)))
				left_out++;
		}
	}
	if (left_out > 0)
		buf_addf(out, " And %zu more.", left_out);
}
