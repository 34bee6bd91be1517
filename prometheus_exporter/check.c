/* SPDX-License-Identifier: MIT */
/* check.c - a configuration in words; see check.h. */
#include "check.h"

#include "listen.h"
#include "web.h"

bool exporter_check(const struct exporter_config *config, struct err *err)
{
	const char *const *address = config->listen.item;

	for (size_t i = 0; i < config->listen.len; i++) {
		if (!exporter_address_check(address[i], err))
			return false;
	}
	return config->web_config_file == NULL || web_check(config->web_config_file, err);
}

static void add_seconds(struct buf *out, unsigned timeout_ms)
{
	buf_add_text(out, ", timeout ");
	buf_add_decimal(out, timeout_ms / 1e3, 3);
	buf_add_text(out, " s");
}

static void add_site(struct buf *out, const struct site *site)
{
	const char *before = " ";

	buf_addf(out, "  %s:", prom_site_name(site));
	if (site->has_nginx) {
		buf_addf(out, " nginx %s", site->nginx.name);
		before = ", ";
	}
	for (size_t i = 0; i < site->uwsgi_len; i++) {
		buf_addf(out, "%suWSGI %s", before, site->uwsgi[i].name);
		before = ", ";
	}
	for (size_t i = 0; i < site->port_len; i++)
		buf_addf(out, "%s%u", i == 0 ? ", ports " : " ", (unsigned)site->port[i]);
	if (site->upstream_len > 0)
		buf_addf(out, ", %zu other upstream%s", site->upstream_len,
			 site->upstream_len == 1 ? "" : "s");
	add_seconds(out, site->timeout_ms);
	if (site->options.password != NULL)
		buf_add_text(out, ", with a password");
	if (site->options.insecure)
		buf_add_text(out, ", certificates not verified");
	if (!site->want_ledger)
		buf_add_text(out, ", no ledger");
	buf_add_char(out, '\n');
}

static void add_labels(struct buf *out, const char *before, const struct prom_label *label,
		       size_t len)
{
	if (len == 0)
		return;
	buf_add_text(out, before);
	for (size_t i = 0; i < len; i++) {
		buf_add_text(out, i == 0 ? "" : ", ");
		prom_add_label(out, out->len, label[i].name, str_of(label[i].value));
	}
	buf_add_char(out, '\n');
}

static void add_sites(struct buf *out, const struct exporter_config *config)
{
	const struct prom_labels *labels = exporter_config_site_labels(config);
	size_t len;
	const struct site *site = exporter_config_sites(config, &len);

	buf_addf(out, "%zu site%s\n", len, len == 1 ? "" : "s");
	for (size_t i = 0; i < len; i++) {
		add_site(out, &site[i]);
		if (labels != NULL)
			add_labels(out, "    labels: ", labels[i].label, labels[i].len);
	}
}

static void add_modules(struct buf *out, const struct exporter_config *config)
{
	static const char *const kind[] = {[MODULE_ANY] = "nginx and uWSGI",
					   [MODULE_NGINX] = "nginx",
					   [MODULE_UWSGI] = "uWSGI"};
	const struct exporter_module *module = config->module.item;
	size_t len = config->module.len;

	buf_addf(out, "%zu module%s for /probe%s\n", len, len == 1 ? "" : "s",
		 len == 0 ? ": nothing may be probed" : "");
	for (size_t i = 0; i < len; i++) {
		buf_addf(out, "  %s: %s, %zu pattern%s of targets", module[i].name,
			 kind[module[i].kind], module[i].target.len,
			 module[i].target.len == 1 ? "" : "s");
		add_seconds(out, module[i].timeout_ms);
		if (module[i].fetch.password != NULL)
			buf_add_text(out, ", with a password");
		if (module[i].fetch.insecure)
			buf_add_text(out, ", certificates not verified");
		buf_add_char(out, '\n');
	}
}

static void add_texts(struct buf *out, const char *before, const struct list *list)
{
	const char *const *text = list->item;

	for (size_t i = 0; i < list->len; i++)
		buf_addf(out, "%s%s\n", before, text[i]);
}

void exporter_check_print(struct buf *out, const struct exporter_config *config)
{
	add_texts(out, "warning: ", &config->warning);
	if (config->config_file != NULL)
		buf_addf(out, "configuration file: %s\n", config->config_file);
	add_sites(out, config);
	add_modules(out, config);
	add_labels(out, "constant labels: ", config->label.item, config->label.len);
	if (config->systemd_socket)
		buf_add_text(out, "listens at the sockets of systemd\n");
	else
		add_texts(out, "listens at ", &config->listen);
	if (config->web_config_file != NULL)
		buf_addf(out, "web configuration file: %s\n", config->web_config_file);
	buf_addf(out, "metrics are at %s\n", config->telemetry_path);
	buf_add_text(out, "the configuration is good\n");
}
