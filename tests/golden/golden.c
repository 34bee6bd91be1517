/* SPDX-License-Identifier: MIT */
/*
 * golden.c - has every recorded answer under tests/golden read and written in every dialect, and
 * compares the outputs with the files beside it: munin, nagios, prometheus, openmetrics, protobuf
 * (as protobuf_dump.h has it), collectd, or error.
 *
 *     golden [--write] DIR      DIR/nginx/CASE/input (with HTTP header), DIR/uwsgi/CASE/input,
 *                               DIR/ledger/CASE/input (see golden_ledger.c)
 *
 * `make golden` writes the files anew; the diff is then read by a person.
 */
#include <dirent.h>
#include <errno.h>

#include "dialects.h"
#include "golden_ledger.h"
#include "nginx.h"
#include "scrape.h"
#include "uwsgi.h"

enum { FILE_BYTES_MAX = 64 * 1024 * 1024, PATH_BYTES_MAX = 512 };

/* Ages are told from here: a while after the recordings were made. */
static const double now = 1795350000;

struct score {
	bool write;
	size_t passed;
	size_t failed;
};

static bool read_file(const char *path, struct buf *out)
{
	char bytes[65536];
	size_t len;
	FILE *file = fopen(path, "rb");

	buf_clear(out);
	if (file == NULL)
		return false;
	do {
		len = fread(bytes, 1, sizeof(bytes), file);
		buf_add(out, bytes, len);
	} while (len > 0);
	(void)fclose(file);
	return buf_ok(out);
}

static bool write_file(const char *path, struct str bytes)
{
	FILE *file = fopen(path, "wb");
	bool ok;

	if (file == NULL)
		return false;
	ok = fwrite(bytes.ptr, 1, bytes.len, file) == bytes.len;
	return fclose(file) == 0 && ok;
}

static void settle(struct score *score, const char *dir, const char *name, struct str text)
{
	char path[3 * PATH_BYTES_MAX];
	struct buf expected;

	buf_init(&expected, FILE_BYTES_MAX);
	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (text.len == 0 && !score->write && !read_file(path, &expected)) {
		/* Nothing was said, and nothing was expected. */
	} else if (score->write) {
		if (text.len == 0)
			(void)remove(path);
		else if (!write_file(path, text))
			score->failed++;
	} else if (read_file(path, &expected) && str_equal(buf_str(&expected), text)) {
		score->passed++;
	} else {
		printf("%s: differs; the output is now in build/golden-actual\n", path);
		(void)write_file("build/golden-actual", text);
		score->failed++;
	}
	buf_free(&expected);
}

/* Cuts an HTTP answer into its header, of which only Server matters, and its body. */
static struct str cut_header(struct str answer, char *server, size_t server_size)
{
	struct str rest = answer;

	if (!str_starts(answer, STR("HTTP/")))
		return answer;
	while (rest.len > 0) {
		struct str line = str_trim(str_cut(&rest, '\n'));

		if (line.len == 0)
			break;
		if (str_take(&line, STR("Server: ")))
			(void)snprintf(server, server_size, "%.*s", (int)line.len, line.ptr);
	}
	return rest.ptr == NULL ? (struct str){"", 0} : rest;
}

static void encode_all(struct score *score, const char *dir, const struct scrape *scrape)
{
	for (size_t i = 0; i < dialect_all_len; i++) {
		struct buf out;

		buf_init(&out, FILE_BYTES_MAX);
		dialect_all[i].encode(scrape, &out);
		if (!buf_ok(&out))
			score->failed++;
		settle(score, dir, dialect_all[i].name, buf_str(&out));
		buf_free(&out);
	}
}

static void run_nginx(struct score *score, const char *dir, struct str answer)
{
	struct site site;
	struct scrape scrape = {.site = &site, .time = now, .nginx_probe = {.asked = true}};
	struct err err = {0};
	struct str page = cut_header(answer, scrape.nginx.server, sizeof(scrape.nginx.server));

	site_init(&site);
	if (!site_set_nginx(&site, "http://127.0.0.1/stub_status", &err))
		abort();
	if (nginx_parse(&scrape.nginx, page, &err)) {
		scrape.nginx_probe.up = true;
		scrape.nginx_probe.seconds = 0.0015;
		scrape_add_up(&scrape);
		encode_all(score, dir, &scrape);
	}
	settle(score, dir, "error", str_of(err.text));
	site_free(&site);
}

static void run_uwsgi(struct score *score, const char *dir, struct str answer)
{
	struct site site;
	struct uwsgi_scrape server = {.probe = {.asked = true, .seconds = 0.0005}};
	struct scrape scrape = {.site = &site, .time = now, .uwsgi = &server, .uwsgi_len = 1};
	struct err err = {0};
	char unused[96] = "";

	site_init(&site);
	if (!site_add_uwsgi(&site, "unix:/run/uwsgi/app.stats", &err))
		abort();
	server.target = &site.uwsgi[0];
	if (uwsgi_parse(&server.stats, cut_header(answer, unused, sizeof(unused)), &err)) {
		server.probe.up = true;
		scrape_add_up(&scrape);
		encode_all(score, dir, &scrape);
		uwsgi_stats_free(&server.stats);
	}
	settle(score, dir, "error", str_of(err.text));
	site_free(&site);
}

static void run_ledger(struct score *score, const char *dir, struct str text)
{
	struct site site;
	struct scrape scrape = {
		.site = &site, .time = now, .nginx_probe = {.asked = true, .up = true}};
	struct err err = {0};

	site_init(&site);
	if (!site_set_nginx(&site, "http://127.0.0.1/stub_status", &err))
		abort();
	golden_ledger_read(&scrape, text);
	encode_all(score, dir, &scrape);
	scrape_free(&scrape);
	site_free(&site);
}

static void run_folder(struct score *score, const char *root, const char *source,
		       void (*run)(struct score *score, const char *dir, struct str answer))
{
	char folder[PATH_BYTES_MAX];
	DIR *dir;
	struct buf input;

	(void)snprintf(folder, sizeof(folder), "%s/%s", root, source);
	dir = opendir(folder);
	if (dir == NULL) {
		printf("%s: %s\n", folder, strerror(errno));
		score->failed++;
		return;
	}
	buf_init(&input, FILE_BYTES_MAX);
	for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
		char one[2 * PATH_BYTES_MAX];
		char path[2 * PATH_BYTES_MAX + 8];

		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(one, sizeof(one), "%s/%s", folder, entry->d_name);
		(void)snprintf(path, sizeof(path), "%s/input", one);
		if (read_file(path, &input)) {
			run(score, one, buf_str(&input));
		} else {
			printf("%s: cannot be read\n", path);
			score->failed++;
		}
	}
	(void)closedir(dir);
	buf_free(&input);
}

int main(int argc, char **argv)
{
	struct score score = {.write = argc == 3 && strcmp(argv[1], "--write") == 0};

	if (argc != (score.write ? 3 : 2)) {
		(void)fprintf(stderr, "usage: golden [--write] DIR\n");
		return 2;
	}
	run_folder(&score, argv[argc - 1], "nginx", run_nginx);
	run_folder(&score, argv[argc - 1], "uwsgi", run_uwsgi);
	run_folder(&score, argv[argc - 1], "ledger", run_ledger);
	if (!score.write)
		printf("golden: %zu passed, %zu failed\n", score.passed, score.failed);
	return score.failed == 0 && (score.write || score.passed > 0) ? 0 : 1;
}
