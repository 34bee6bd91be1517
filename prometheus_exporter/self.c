/* SPDX-License-Identifier: MIT */
/* self.c - what the exporter knows of itself; see self.h. */
#include "self.h"

void exporter_self_init(struct exporter_self *self)
{
	*self = (struct exporter_self){0};
	atomic_store(&self->config_ok, true);
	atomic_store(&self->web_config_ok, true);
}
