/* SPDX-License-Identifier: MIT */
/* metric.c - the list of entities, and how a row's value is read out of an object; see metric.h. */
#include "metric.h"

#include <math.h>

#include "metric_table.h"

const struct entity *const entity_all[] = {
	&entity_nginx_probe,        &entity_nginx,
	&entity_uwsgi_probe,        &entity_uwsgi,
	&entity_uwsgi_socket,       &entity_uwsgi_worker,
	&entity_uwsgi_app,          &entity_uwsgi_core,
	&entity_uwsgi_core_request, &entity_uwsgi_cache,
	&entity_uwsgi_spooler,      &entity_uwsgi_cron,
	&entity_uwsgi_daemon,       &entity_uwsgi_lock,
	&entity_uwsgi_legion,       &entity_uwsgi_legion_member,
	&entity_uwsgi_user_metric,  &entity_uwsgi_vassal,
	&entity_uwsgi_blacklisted,  &entity_uwsgi_static_node,
	&entity_uwsgi_subscription, &entity_uwsgi_node,
	&entity_uwsgi_site,         &entity_uwsgi_totals,
	&entity_ledger,             &entity_ledger_listener,
	&entity_ledger_socket,      &entity_finding,
};

const size_t entity_all_len = ARRAY_LEN(entity_all);

void entity_blank(const struct entity *entity, void *object)
{
	static const char *const blank = "";

	for (size_t i = 0; i < entity->label_len; i++) {
		if (entity->label[i].type == FIELD_TEXT)
			memcpy((char *)object + entity->label[i].offset, &blank, sizeof(blank));
	}
}

bool entity_has_text(const struct entity *entity)
{
	for (size_t i = 0; i < entity->label_len; i++) {
		if (entity->label[i].type == FIELD_TEXT)
			return true;
	}
	return false;
}

bool metric_value(const struct metric *metric, const void *object, struct value *ret)
{
	const char *field = (const char *)object + metric->offset;

	if (metric->known != NULL && !metric->known(object))
		return false;
	*ret = (struct value){.type = FIELD_U64};
	switch (metric->type) {
	case FIELD_U64:
		memcpy(&ret->u64, field, sizeof(ret->u64));
		return true;
	case FIELD_I64:
		ret->type = FIELD_I64;
		memcpy(&ret->i64, field, sizeof(ret->i64));
		return true;
	case FIELD_DOUBLE:
		ret->type = FIELD_DOUBLE;
		memcpy(&ret->real, field, sizeof(ret->real));
		return !isnan(ret->real);
	case FIELD_BOOL:
		ret->u64 = *(const bool *)(const void *)field ? 1 : 0;
		return true;
	case FIELD_ENUM: {
		unsigned state;

		memcpy(&state, field, sizeof(state));
		ret->u64 = metric->is ? (state == metric->equals ? 1 : 0) : state;
		return true;
	}
	case FIELD_TEXT:
	case FIELD_CLIENT:
	case FIELD_NONE:
		break;
	}
	return false;
}

double value_double(struct value value)
{
	if (value.type == FIELD_DOUBLE)
		return value.real;
	return value.type == FIELD_I64 ? (double)value.i64 : (double)value.u64;
}

double metric_scaled(const struct metric *metric, struct value value)
{
	double scale = metric->scale > 0 ? metric->scale : 1;

	/* Dividing by a whole number rounds once; 1e-6 itself is not exact. */
	return scale < 1 ? value_double(value) / round(1 / scale) : value_double(value) * scale;
}

void value_print(struct value value, struct buf *out)
{
	if (value.type == FIELD_DOUBLE)
		buf_add_double(out, value.real);
	else if (value.type == FIELD_I64)
		buf_add_i64(out, value.i64);
	else
		buf_add_u64(out, value.u64);
}
