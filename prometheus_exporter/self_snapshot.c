/* SPDX-License-Identifier: MIT */
/* self_snapshot.c - what the exporter knows of itself at one moment; see self_table.h. */
#include "self_table.h"

#ifdef __x86_64__
#define GOARCH "amd64"
#elif defined(__aarch64__)
#define GOARCH "arm64"
#elif defined(__arm__)
#define GOARCH "arm"
#elif defined(__i386__)
#define GOARCH "386"
#elif defined(__riscv)
#define GOARCH "riscv64"
#else
#define GOARCH "other"
#endif

static bool has_uwsgi(const struct prom_scene *scene)
{
	for (size_t i = 0; i < scene->scrape_len; i++) {
		if (scene->scrape[i].uwsgi_len > 0)
			return true;
	}
	return false;
}

void self_snapshot_take(struct self_snapshot *ret, const struct prom_scene *scene)
{
	const struct exporter_self *self = scene->self;

	*ret = (struct self_snapshot){.shown = self != NULL};
	if (self == NULL)
		return;
	*ret = (struct self_snapshot){
		.shown = true,
		.peer = !scene->options->strict,
		.uwsgi = has_uwsgi(scene),
		.version = CONNLEDGER_VERSION,
		.goos = "linux",
		.goarch = GOARCH,
		.none = "none",
		.answers_ok = atomic_load(&self->answers_ok),
		.answers_failed = atomic_load(&self->answers_failed),
		.answers_busy = atomic_load(&self->answers_busy),
		.in_flight = atomic_load(&self->in_flight),
		.refused = atomic_load(&self->refused),
		.accept_failures = atomic_load(&self->accept_failures),
		.unauthorized = atomic_load(&self->unauthorized),
		.limited = atomic_load(&self->limited),
		.misdirected = atomic_load(&self->misdirected),
		.log_dropped = atomic_load(&self->log_dropped),
		.uwsgi_scrapes = atomic_load(&self->uwsgi_scrapes),
		.uwsgi_errors = atomic_load(&self->uwsgi_errors),
		.uwsgi_micros = atomic_load(&self->uwsgi_micros),
		.uwsgi_failed = atomic_load(&self->uwsgi_failed),
		.config_ok = atomic_load(&self->config_ok),
		.config_time = atomic_load(&self->config_time),
		.web_config_ok = atomic_load(&self->web_config_ok),
		.web_config_time = atomic_load(&self->web_config_time),
		.started = self->started,
	};
	self_process_read(&ret->process);
}
