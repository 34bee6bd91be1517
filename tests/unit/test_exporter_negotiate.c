/* SPDX-License-Identifier: MIT */
/* What each scraper that is known asks for, and what odd headers get. */
#include "unit.h"

#include "prometheus_exporter/negotiate.h"

enum { LINES = 3, LONG_HEADER = 8 * 1024 };

#define PROTO                                                                                      \
	"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"                 \
	"encoding=delimited"
#define OM "application/openmetrics-text"

struct given {
	const char *line[LINES];
	enum exporter_form form;
};

/* What scrapers send. */
static const struct given scraper[] = {
	/* Prometheus 2.10 to 2.33 */
	{{OM "; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"}, EXPORTER_TEXT},
	/* 2.34 to 2.39, and 2.40.1 to 2.48 */
	{{OM ";version=1.0.0," OM ";version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"},
	 EXPORTER_OPENMETRICS},
	/* 2.40.0 */
	{{OM ";version=1.0.0;q=0.75," OM ";q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"},
	 EXPORTER_OPENMETRICS},
	/* 2.42 with native histograms */
	{{PROTO "," OM ";version=1.0.0;q=0.8," OM
		";version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"},
	 EXPORTER_PROTOBUF},
	/* 2.49.0, whose last quality is above 1 */
	{{OM ";version=1.0.0;q=0.5," OM
	     ";version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=2"},
	 EXPORTER_OPENMETRICS},
	/* 2.49.1 to 2.55 */
	{{OM ";version=1.0.0;q=0.5," OM
	     ";version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"},
	 EXPORTER_OPENMETRICS},
	/* the same with protobuf first */
	{{PROTO ";q=0.5," OM ";version=1.0.0;q=0.4," OM
		";version=0.0.1;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"},
	 EXPORTER_PROTOBUF},
	/* 2.55 with UTF-8 names */
	{{PROTO ";escaping=allow-utf-8;q=0.5," OM ";version=1.0.0;escaping=allow-utf-8;q=0.4," OM
		";version=0.0.1;escaping=allow-utf-8;q=0.3,"
		"text/plain;version=0.0.4;escaping=allow-utf-8;q=0.2,*/*;q=0.1"},
	 EXPORTER_PROTOBUF},
	/* 3.0.0 to 3.2.0, with a parameter twice */
	{{OM ";version=1.0.0;escaping=allow-utf-8;q=0.6," OM
	     ";version=0.0.1;escaping=allow-utf-8;q=0.5,"
	     "text/plain;version=1.0.0;escaping=allow-utf-8;escaping=allow-utf-8;q=0.4,"
	     "text/plain;version=0.0.4;escaping=allow-utf-8;q=0.3,*/*;q=0.2"},
	 EXPORTER_OPENMETRICS},
	/* 3.2.1 and 3.3 */
	{{OM ";version=1.0.0;escaping=allow-utf-8;q=0.6," OM
	     ";version=0.0.1;escaping=allow-utf-8;q=0.5,"
	     "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
	     "text/plain;version=0.0.4;escaping=allow-utf-8;q=0.3,*/*;q=0.2"},
	 EXPORTER_OPENMETRICS},
	/* from 3.4 on */
	{{OM ";version=1.0.0;escaping=allow-utf-8;q=0.6," OM ";version=0.0.1;q=0.5,"
	     "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
	     "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"},
	 EXPORTER_OPENMETRICS},
	/* the same with protobuf first */
	{{PROTO ";q=0.6," OM ";version=1.0.0;escaping=allow-utf-8;q=0.5," OM
		";version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
		"text/plain;version=0.0.4;q=0.2,*/*;q=0.1"},
	 EXPORTER_PROTOBUF},
	/* the same with the old names */
	{{OM ";version=1.0.0;escaping=underscores;q=0.6," OM ";version=0.0.1;q=0.5,"
	     "text/plain;version=1.0.0;escaping=underscores;q=0.4,"
	     "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"},
	 EXPORTER_OPENMETRICS},
	/* telegraf */
	{{PROTO ";q=0.7,text/plain;version=0.0.4;q=0.3"}, EXPORTER_PROTOBUF},
	/* vmagent */
	{{"text/plain;version=0.0.4;q=1,*/*;q=0.1"}, EXPORTER_TEXT},
	/* curl, and a browser */
	{{"*/*"}, EXPORTER_TEXT},
	{{"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
	  "*/*;q=0.8"},
	 EXPORTER_TEXT},
	/* the lists of the documentation, and of one who likes text best */
	{{"text/plain;version=0.0.4;q=0.5,/;q=0.1"}, EXPORTER_TEXT},
	{{"text/plain;q=1," PROTO ";q=0.1"}, EXPORTER_TEXT},
};

static const struct given odd[] = {
	/* nothing, and nothing that fits */
	{{NULL}, EXPORTER_TEXT},
	{{""}, EXPORTER_TEXT},
	{{",;,\"", ";;;===", "\\"}, EXPORTER_TEXT},
	{{"image/png"}, EXPORTER_TEXT},
	{{"text/plain;version=9"}, EXPORTER_TEXT},
	{{OM}, EXPORTER_TEXT},
	{{OM ";version=0.0.1"}, EXPORTER_TEXT},
	{{OM ";version=2.0.0"}, EXPORTER_TEXT},
	/* versions */
	{{"text/plain"}, EXPORTER_TEXT},
	{{"text/plain;version=1.0.0"}, EXPORTER_TEXT_1_0},
	{{"text/plain;version=1.0.0;escaping=unheard-of"}, EXPORTER_TEXT_1_0},
	{{"text/plain;q=0.9,text/plain;version=1.0.0;q=0.8"}, EXPORTER_TEXT},
	{{"text/plain;q=0.7,text/plain;version=1.0.0;q=0.8"}, EXPORTER_TEXT_1_0},
	/* protobuf in other shapes */
	{{"application/vnd.google.protobuf"}, EXPORTER_TEXT},
	{{"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily"},
	 EXPORTER_TEXT},
	{{"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text"},
	 EXPORTER_TEXT},
	{{"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
	  "encoding=compact-text"},
	 EXPORTER_TEXT},
	{{"application/vnd.google.protobuf;proto=x;encoding=delimited"}, EXPORTER_TEXT},
	{{"application/vnd.google.protobuf; proto=\"io.prometheus.client.MetricFamily\"; "
	  "encoding=\"delimited\""},
	 EXPORTER_PROTOBUF},
	/* blanks, upper case, parameters twice, quotes that hold separators */
	{{" \tApplication/OpenMetrics-Text ; Version = 1.0.0 ; Q = 0.5 ,text/plain; q=0.4"},
	 EXPORTER_OPENMETRICS},
	{{OM ";version=1.0.0;version=0.0.1"}, EXPORTER_OPENMETRICS},
	{{OM ";version=0.0.1;version=1.0.0"}, EXPORTER_TEXT},
	{{OM ";version=1.0.0;q=0.1;q=1,text/plain;q=0.5"}, EXPORTER_TEXT},
	{{"image/png;x=\"," OM ";version=1.0.0\",text/plain;q=0.1"}, EXPORTER_TEXT},
	{{"image/png;x=\"\\\"\"," OM ";version=1.0.0,text/plain;q=0.1"}, EXPORTER_OPENMETRICS},
	{{OM ";x=\";q=0\";version=1.0.0"}, EXPORTER_OPENMETRICS},
	/* qualities: the highest, of equal ones the first, 0 refuses, above 1 is 1 */
	{{OM ";version=1.0.0;q=0.5,text/plain;q=0.6"}, EXPORTER_TEXT},
	{{OM ";version=1.0.0;q=0.6,text/plain;q=0.5"}, EXPORTER_OPENMETRICS},
	{{"text/plain," OM ";version=1.0.0"}, EXPORTER_TEXT},
	{{OM ";version=1.0.0,text/plain"}, EXPORTER_OPENMETRICS},
	{{OM ";version=1.0.0;q=1,text/plain;q=7"}, EXPORTER_OPENMETRICS},
	{{OM ";version=1.0.0;q=0," PROTO ";q=0,text/plain;q=0.001"}, EXPORTER_TEXT},
	{{OM ";version=1.0.0;q=0"}, EXPORTER_TEXT},
	{{OM ";version=1.0.0;q=0,text/plain;q=0"}, EXPORTER_TEXT},
	{{"text/plain;version=0.0.4;q=0.2,text/plain;q=0.9," OM ";version=1.0.0;q=0.5"},
	 EXPORTER_OPENMETRICS},
	{{OM ";version=1.0.0;q=0.000"}, EXPORTER_TEXT},
	{{"text/plain;q=0," OM ";version=1.0.0;q=0.1"}, EXPORTER_OPENMETRICS},
	{{"text/plain;q=0,*/*"}, EXPORTER_TEXT},
	{{"text/plain;q=0,*/*," PROTO ";q=0.1"}, EXPORTER_PROTOBUF},
	{{OM ";version=1.0.0;q=-1,text/plain;q=0.1"}, EXPORTER_TEXT},
	{{OM ";version=1.0.0;q=high,text/plain;q=0.1"}, EXPORTER_TEXT},
	{{OM ";version=1.0.0;q=nan,text/plain;q=0.1"}, EXPORTER_TEXT},
	{{OM ";version=1.0.0;q=0.2,text/plain;q=0.3," OM ";version=1.0.0;q=0.4"},
	 EXPORTER_OPENMETRICS},
	/* ranges speak for text alone */
	{{"*/*;q=1," OM ";version=1.0.0;q=0.9"}, EXPORTER_TEXT},
	{{"text/*;q=0.8," OM ";version=1.0.0;q=0.9"}, EXPORTER_OPENMETRICS},
	{{"text/*;q=1," OM ";version=1.0.0;q=0.9"}, EXPORTER_TEXT},
	{{"text/*;q=0.1,*/*;q=1," OM ";version=1.0.0;q=0.9"}, EXPORTER_OPENMETRICS},
	{{"application/*," OM ";version=1.0.0;q=0.9"}, EXPORTER_OPENMETRICS},
	/* several lines */
	{{"text/plain;q=0.5", OM ";version=1.0.0;q=0.6"}, EXPORTER_OPENMETRICS},
	{{"image/png", "", PROTO}, EXPORTER_PROTOBUF},
	{{"text/plain;version=1.0.0", OM ";version=1.0.0", PROTO}, EXPORTER_TEXT_1_0},
};

static void check(const struct given *given, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		size_t lines = 0;

		while (lines < LINES && given[i].line[lines] != NULL)
			lines++;
		if (exporter_negotiate(given[i].line, lines) != given[i].form)
			fail_msg("%s: %d, not %d", given[i].line[0],
				 (int)exporter_negotiate(given[i].line, lines), (int)given[i].form);
	}
}

static void test_scrapers(void **state)
{
	(void)state;
	check(scraper, ARRAY_LEN(scraper));
}

static void test_odd(void **state)
{
	(void)state;
	check(odd, ARRAY_LEN(odd));
}

/* What counts stands at the end of 8 KB. */
static void test_long(void **state)
{
	static const char end[] = "," PROTO;
	char *line = calloc(1, LONG_HEADER + sizeof(end));
	const char *lines[] = {line};

	(void)state;
	assert_non_null(line);
	while (strlen(line) < LONG_HEADER - sizeof("x/y;q=0.1,"))
		(void)snprintf(line + strlen(line), sizeof("x/y;q=0.1,"), "x/y;q=0.1,");
	(void)snprintf(line + strlen(line), sizeof(end), "%s", end);
	assert_int_equal(exporter_negotiate(lines, 1), EXPORTER_PROTOBUF);
	free(line);
}

static void test_gzip(void **state)
{
	static const struct {
		const char *line[LINES];
		bool gzip;
	} given[] = {
		{{NULL}, false},
		{{""}, false},
		{{"gzip"}, true}, /* Prometheus */
		{{"gzip, deflate, br, zstd"}, true},
		{{"deflate", "GZIP"}, true},
		{{"x-gzip"}, true},
		{{"identity"}, false},
		{{"gzip;q=0"}, false},
		{{"gzip;q=0, *"}, false},
		{{"*"}, true},
		{{"*;q=0"}, false},
		{{"gzip;q=1.0, *;q=0"}, true},
		{{"identity;q=0"}, false}, /* nothing is left: as if it had not been said */
		{{"identity;q=0, gzip;q=0.1"}, true},
		{{"identity;q=0.5, gzip;q=0.4"}, false},
		{{"identity;q=0.5, gzip;q=0.5"}, true},
		{{"br;q=1, gzip;q=0.1"}, true},
		{{"gzip;q=x"}, false},
		{{"gzipped, xgzip"}, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		size_t lines = 0;

		while (given[i].line[lines] != NULL)
			lines++;
		if (exporter_negotiate_gzip(given[i].line, lines) != given[i].gzip)
			fail_msg("%s", given[i].line[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scrapers),
		cmocka_unit_test(test_odd),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_gzip),
	};

	return cmocka_run_group_tests_name("exporter_negotiate", tests, NULL, NULL);
}
