/* SPDX-License-Identifier: MIT */
/* site.c - what is watched together; see site.h. */
#include "site.h"

void site_init(struct site *site)
{
	*site = (struct site){.timeout_ms = FETCH_TIMEOUT_MS};
}

bool site_set_name(struct site *site, const char *name, struct err *err)
{
	size_t len = strlen(name);

	if (len == 0 || len >= sizeof(site->name))
		return err_set(err, ERR_USAGE, "site name \"%.80s\": expected 1 to %d characters",
			       name, SITE_NAME_MAX - 1);
	for (size_t i = 0; i < len; i++) {
		if (name[i] < ' ' || name[i] > '~')
			return err_set(err, ERR_USAGE,
				       "site name \"%s\": expected printable ASCII characters",
				       name);
	}
	memcpy(site->name, name, len + 1);
	return true;
}

bool site_set_nginx(struct site *site, const char *text, struct err *err)
{
	struct target target = {0};

	if (!target_parse(&target, text, TARGET_NGINX, err))
		return false;
	if (site->has_nginx) {
		err_set(err, ERR_USAGE, "target \"%s\": the site has an nginx already (\"%s\")",
			target.name, site->nginx.name);
		target_free(&target);
		return false;
	}
	site->nginx = target;
	site->has_nginx = true;
	return true;
}

bool site_add_uwsgi(struct site *site, const char *text, struct err *err)
{
	struct target target = {0};
	struct target *more;

	if (site->uwsgi_len == SITE_UWSGI_MAX)
		return err_set(err, ERR_USAGE, "more than %d uWSGI targets in one site",
			       SITE_UWSGI_MAX);
	if (!target_parse(&target, text, TARGET_UWSGI, err))
		return false;
	for (size_t i = 0; i < site->uwsgi_len; i++) {
		if (strcmp(site->uwsgi[i].name, target.name) == 0) {
			err_set(err, ERR_USAGE, "target \"%s\" is named twice", target.name);
			target_free(&target);
			return false;
		}
	}
	more = realloc(site->uwsgi, (site->uwsgi_len + 1) * sizeof(*more));
	if (more == NULL) {
		target_free(&target);
		return err_set(err, ERR_MEMORY, "out of memory");
	}
	site->uwsgi = more;
	site->uwsgi[site->uwsgi_len++] = target;
	return true;
}

void site_free(struct site *site)
{
	if (site->has_nginx)
		target_free(&site->nginx);
	for (size_t i = 0; i < site->uwsgi_len; i++)
		target_free(&site->uwsgi[i]);
	free(site->uwsgi);
	*site = (struct site){0};
}
