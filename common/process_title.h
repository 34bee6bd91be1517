/* SPDX-License-Identifier: MIT */
/* process_title.h - the names and titles that nginx and its derivatives give their processes. Pure.
 */
#ifndef CONNLEDGER_PROCESS_TITLE_H
#define CONNLEDGER_PROCESS_TITLE_H

#include "process.h"
#include "str.h"

/* Whether a process of this name (/proc/PID/comm) may be nginx's: its command line tells. */
bool process_is_candidate(struct str comm);

/* What a command line says of its process: the bytes of /proc/PID/cmdline and the name in
 * /proc/PID/comm. Sets `role` and `is_single`. False for one that is not nginx, or that is nginx
 * called to say something and end (nginx -t, nginx -s reload). */
bool process_role_of(struct str cmdline, struct str comm, struct process *ret) MUST_CHECK NONNULL;

#endif
