/* SPDX-License-Identifier: MIT */
/* negotiate.c - reads Accept and Accept-Encoding; see negotiate.h. */
#include "negotiate.h"

#include <math.h>
#include <strings.h>

enum { FORMS = EXPORTER_PROTOBUF + 1 };

/* An entry of a list: "text/plain; version=0.0.4; q=0.5". */
struct range {
	struct str name;
	struct str version;
	struct str proto;
	struct str encoding;
	double quality;
	bool has_quality;
};

/* The quality of something that an entry can name more or less closely. */
struct quality {
	double value;
	unsigned closeness; /* 0: nobody has named it */
	size_t position;    /* of the entry */
};

/* ---- entries -------------------------------------------------------------------------------- */

static bool same(struct str a, const char *b)
{
	return a.len == strlen(b) && strncasecmp(a.len > 0 ? a.ptr : "", b, a.len) == 0;
}

/* Cuts `*rest` at the first separator that does not stand in quotes. */
static struct str cut_outside_quotes(struct str *rest, char separator)
{
	const struct str whole = *rest;
	bool quoted = false;

	for (size_t i = 0; i < whole.len; i++) {
		if (quoted && whole.ptr[i] == '\\') {
			i++;
		} else if (whole.ptr[i] == '"') {
			quoted = !quoted;
		} else if (!quoted && whole.ptr[i] == separator) {
			*rest = (struct str){whole.ptr + i + 1, whole.len - i - 1};
			return (struct str){whole.ptr, i};
		}
	}
	*rest = (struct str){NULL, 0};
	return whole;
}

/* What stands in the quotes. A value with a backslash stays as it is: none that is known here needs
 * one. */
static struct str unquote(struct str s)
{
	if (s.len >= 2 && s.ptr[0] == '"' && s.ptr[s.len - 1] == '"')
		return (struct str){s.ptr + 1, s.len - 2};
	return s;
}

/* The first of several parameters with the same name counts. False for a quality that is none. */
static bool take_parameter(struct range *range, struct str text)
{
	struct str name = str_trim(str_cut(&text, '='));
	struct str value = unquote(str_trim(text));
	struct str *field = same(name, "version")    ? &range->version
			    : same(name, "proto")    ? &range->proto
			    : same(name, "encoding") ? &range->encoding
						     : NULL;

	if (field != NULL && field->ptr == NULL)
		*field = value;
	if (!same(name, "q") || range->has_quality)
		return true;
	range->has_quality = true;
	if (!str_to_double(value, &range->quality))
		return false;
	range->quality = fmin(fmax(range->quality, 0), 1);
	return true;
}

static bool read_range(struct range *range, struct str text)
{
	*range = (struct range){.quality = 1};
	range->name = str_trim(cut_outside_quotes(&text, ';'));
	while (text.ptr != NULL) {
		if (!take_parameter(range, cut_outside_quotes(&text, ';')))
			return false;
	}
	return range->name.len > 0;
}

/* Calls `take` for each entry of all lines. */
static void read_lines(const char *const *line, size_t len,
		       void (*take)(void *ctx, const struct range *range, size_t position),
		       void *ctx)
{
	size_t position = 0;

	for (size_t i = 0; i < len; i++) {
		struct str rest = str_of(line[i]);

		while (rest.ptr != NULL) {
			struct range range;

			if (read_range(&range, cut_outside_quotes(&rest, ',')))
				take(ctx, &range, position++);
		}
	}
}

/* A closer name replaces what a looser one said; of two that are as close, the better one stays. */
static void improve(struct quality *quality, unsigned closeness, double value, size_t position)
{
	if (closeness > quality->closeness ||
	    (closeness == quality->closeness && value > quality->value))
		*quality = (struct quality){value, closeness, position};
}

/* ---- Accept --------------------------------------------------------------------------------- */

/* The form that an entry names, EXPORTER_FORM_MAX for none that is supported. */
static enum exporter_form form_of(const struct range *range)
{
	if (same(range->name, "text/plain")) {
		if (range->version.len == 0 || same(range->version, "0.0.4"))
			return EXPORTER_TEXT;
		if (same(range->version, "1.0.0"))
			return EXPORTER_TEXT_1_0;
	}
	if (same(range->name, "application/openmetrics-text") && same(range->version, "1.0.0"))
		return EXPORTER_OPENMETRICS;
	if (same(range->name, "application/vnd.google.protobuf") &&
	    same(range->proto, "io.prometheus.client.MetricFamily") &&
	    same(range->encoding, "delimited"))
		return EXPORTER_PROTOBUF;
	return EXPORTER_FORM_MAX;
}

static void take_accept(void *ctx, const struct range *range, size_t position)
{
	struct quality *quality = ctx;
	enum exporter_form form = form_of(range);

	if (form == EXPORTER_TEXT && range->version.len == 0)
		improve(&quality[form], 3, range->quality, position);
	else if (form != EXPORTER_FORM_MAX)
		improve(&quality[form], 4, range->quality, position);
	else if (same(range->name, "text/*"))
		improve(&quality[EXPORTER_TEXT], 2, range->quality, position);
	else if (same(range->name, "*/*") || same(range->name, "*"))
		improve(&quality[EXPORTER_TEXT], 1, range->quality, position);
}

enum exporter_form exporter_negotiate(const char *const *line, size_t len)
{
	struct quality quality[FORMS] = {{0}};
	const struct quality *best = &quality[EXPORTER_TEXT];

	read_lines(line, len, take_accept, quality);
	for (const struct quality *i = quality; i < quality + FORMS; i++) {
		if (i->value > best->value ||
		    (i->value == best->value && i->value > 0 && i->position < best->position))
			best = i;
	}
	return (enum exporter_form)(best - quality);
}

/* ---- Accept-Encoding ------------------------------------------------------------------------ */

enum { GZIP, IDENTITY, CODINGS };

static void take_encoding(void *ctx, const struct range *range, size_t position)
{
	struct quality *quality = ctx;

	if (same(range->name, "gzip") || same(range->name, "x-gzip"))
		improve(&quality[GZIP], 2, range->quality, position);
	else if (same(range->name, "identity"))
		improve(&quality[IDENTITY], 2, range->quality, position);
	else if (same(range->name, "*"))
		improve(&quality[GZIP], 1, range->quality, position);
}

bool exporter_negotiate_gzip(const char *const *line, size_t len)
{
	struct quality quality[CODINGS] = {{0}};

	read_lines(line, len, take_encoding, quality);
	return quality[GZIP].value > 0 && quality[GZIP].value >= quality[IDENTITY].value;
}
