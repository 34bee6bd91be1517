/* SPDX-License-Identifier: MIT */
/* metric_table.h - what the files that hold rows share. Nobody else includes it. */
#ifndef CONNLEDGER_METRIC_TABLE_H
#define CONNLEDGER_METRIC_TABLE_H

#include "metric.h"

#define METRICS(array) .metric = (array), .metric_len = ARRAY_LEN(array)
#define LABELS(array) .label = (array), .label_len = ARRAY_LEN(array)

/* A label: JSON key, label name (NULL: read, but no label), field. */
#define LABEL(json, shown, object, member) { .key = (json), .name = (shown), FIELD(object, member) }

/* Whether it was found out that a server is up or not: a struct probe. */
bool probe_knows(const void *object);

extern const struct entity entity_nginx_probe;
extern const struct entity entity_nginx;
extern const struct entity entity_uwsgi_probe;
extern const struct entity entity_uwsgi;
extern const struct entity entity_uwsgi_socket;
extern const struct entity entity_uwsgi_worker;
extern const struct entity entity_uwsgi_app;
extern const struct entity entity_uwsgi_core;
extern const struct entity entity_uwsgi_core_request;
extern const struct entity entity_uwsgi_cache;
extern const struct entity entity_uwsgi_spooler;
extern const struct entity entity_uwsgi_cron;
extern const struct entity entity_uwsgi_daemon;
extern const struct entity entity_uwsgi_lock;
extern const struct entity entity_uwsgi_legion;
extern const struct entity entity_uwsgi_legion_member;
extern const struct entity entity_uwsgi_user_metric;
extern const struct entity entity_uwsgi_vassal;
extern const struct entity entity_uwsgi_blacklisted;
extern const struct entity entity_uwsgi_static_node;
extern const struct entity entity_uwsgi_subscription;
extern const struct entity entity_uwsgi_node;
extern const struct entity entity_uwsgi_site;
extern const struct entity entity_uwsgi_totals;
extern const struct entity entity_ledger;
extern const struct entity entity_ledger_listener;
extern const struct entity entity_ledger_socket;
extern const struct entity entity_finding;

#endif
