/* SPDX-License-Identifier: MIT */
/*
 * suffix.h - a target as the end of a wildcard plugin's file name, in the characters that Munin
 * allows there ([-A-Za-z0-9_.:]). An instance that was made from it finds its server without
 * configuration.
 *
 *     8080                         nginx  http://127.0.0.1:8080/nginx_status
 *     web1:8080                    nginx  http://web1:8080/nginx_status
 *     ::1:80:stub_status           nginx  http://[::1]:80/stub_status
 *     uwsgi:127.0.0.1:1717         uWSGI  tcp://127.0.0.1:1717
 *     uwsgi:blog.stats             uWSGI  unix:/run/uwsgi/blog.stats
 *     uwsgi:app:blog:stats.sock    uWSGI  unix:/run/uwsgi/app/blog/stats.sock
 *     uwsgi::srv:blog:stats.sock   uWSGI  unix:/srv/blog/stats.sock
 *     uwsgi:abstract:blog-stats    uWSGI  unix:@blog-stats
 *
 * Pure: text in, text out.
 */
#ifndef CONNLEDGER_MUNIN_SUFFIX_H
#define CONNLEDGER_MUNIN_SUFFIX_H

#include "buf.h"
#include "target.h"

/* The folder of the sockets that a suffix names without a path. */
#define MUNIN_SOCKET_DIR "/run/uwsgi"

/* Adds the text of the target that `suffix` names to `out`. False when it names none ("blog"). */
bool munin_suffix_parse(struct str suffix, enum target_role *role,
			struct buf *out) MUST_CHECK NONNULL;

/* Adds the suffix that names `target`. False when there is none (a query, another folder, https);
 * `out` may then hold a part of it. */
bool munin_suffix_encode(const struct target *target, enum target_role role,
			 struct buf *out) MUST_CHECK NONNULL;

#endif
