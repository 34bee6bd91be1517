/* SPDX-License-Identifier: MIT */
/* self.c - what the exporter knows of itself; see self.h. */
#include "self.h"

#include "self_process.h"

void exporter_self_init(struct exporter_self *self)
{
	*self = (struct exporter_self){0};
	atomic_store(&self->config_ok, true);
	atomic_store(&self->web_config_ok, true);
	self->started = self_process_started();
	fetch_own_init(&self->own);
}

void exporter_self_free(struct exporter_self *self)
{
	fetch_own_free(&self->own);
}

void exporter_self_count(struct exporter_self *self, const struct scrape *scrape, size_t scrape_len)
{
	for (size_t i = 0; i < scrape_len; i++) {
		for (size_t k = 0; k < scrape[i].uwsgi_len; k++) {
			const struct probe *probe = &scrape[i].uwsgi[k].probe;

			atomic_fetch_add(&self->uwsgi_scrapes, 1);
			atomic_fetch_add(&self->uwsgi_errors, probe->up ? 0 : 1);
			atomic_fetch_add(&self->uwsgi_micros,
					 (unsigned long long)(probe->seconds * 1e6));
			atomic_store(&self->uwsgi_failed, !probe->up);
		}
	}
}
