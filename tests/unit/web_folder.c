/* SPDX-License-Identifier: MIT */
#include "web_folder.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

enum { BYTES_MAX = 64 * 1024 };

static void run(const struct web_folder *folder, const char *command)
{
	char line[512];

	(void)snprintf(line, sizeof(line), "cd %s && %s", folder->path, command);
	assert_int_equal(system(line), 0);
}

void web_folder_make(struct web_folder *folder)
{
	(void)snprintf(folder->path, sizeof(folder->path), "/tmp/connledger-web-XXXXXX");
	assert_non_null(mkdtemp(folder->path));
	(void)snprintf(folder->config, sizeof(folder->config), "%s/web.yml", folder->path);
	run(folder, "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
		    "-keyout cert.key -out cert.pem -days 2 -subj /CN=localhost 2>/dev/null");
	run(folder, "openssl req -x509 -newkey rsa:2048 -nodes "
		    "-keyout rsa.key -out rsa.pem -days 2 -subj /CN=localhost 2>/dev/null");
}

void web_folder_remove(struct web_folder *folder)
{
	run(folder, "rm -f * && rmdir ../${PWD##*/}");
}

static void add_file(struct buf *out, const struct web_folder *folder, const char *name)
{
	char path[128];
	char line[256];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder->path, name);
	file = fopen(path, "re");
	assert_non_null(file);
	buf_add_text(out, "|\n");
	while (fgets(line, sizeof(line), file) != NULL) {
		buf_add_text(out, "    ");
		buf_add_text(out, line);
	}
	(void)fclose(file);
}

void web_folder_write(const struct web_folder *folder, const char *name, const char *text)
{
	char path[128];
	struct buf out;
	FILE *file;

	buf_init(&out, BYTES_MAX);
	while (*text != '\0') {
		if (strncmp(text, "{cert}", 6) == 0) {
			add_file(&out, folder, "cert.pem");
			text += 6;
		} else if (strncmp(text, "{key}", 5) == 0) {
			add_file(&out, folder, "cert.key");
			text += 5;
		} else {
			buf_add_char(&out, *text++);
		}
	}
	(void)snprintf(path, sizeof(path), "%s/%s", folder->path, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(buf_text(&out), 1, out.len, file), out.len);
	assert_int_equal(fclose(file), 0);
	buf_free(&out);
}

void web_folder_copy(const struct web_folder *folder, const char *from, const char *to)
{
	char line[100];

	(void)snprintf(line, sizeof(line), "cp %s %s", from, to);
	run(folder, line);
}
