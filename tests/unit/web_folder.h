/* SPDX-License-Identifier: MIT */
/* web_folder.h - a folder with certificates and a web configuration, for tests. */
#ifndef CONNLEDGER_TESTS_WEB_FOLDER_H
#define CONNLEDGER_TESTS_WEB_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

struct web_folder {
	char path[64];
	char config[96]; /* path of web.yml in it */
};

/* Hashes of "secret" (cost 4) and "geheim" (cost 5). */
#define WEB_HASH_SECRET "$2b$04$xQ8nVMw3a0/lmsoFtExaJuT9p70SXvA7kd66BlFUVQQkzeJkLwmoW"
#define WEB_HASH_GEHEIM "$2b$05$11safFE8WEqcm2x/OVfr7.KfFqlNf/Nu3jIw3EYE82Agjmxt0E1gq"

/* With cert.pem and cert.key, rsa.pem and rsa.key, which no authority has signed. */
void web_folder_make(struct web_folder *folder);
void web_folder_remove(struct web_folder *folder);

/* Writes a file; in `text` each "{cert}" and "{key}" becomes the file of that name, indented. */
void web_folder_write(const struct web_folder *folder, const char *name, const char *text);

void web_folder_copy(const struct web_folder *folder, const char *from, const char *to);

#endif
