/* SPDX-License-Identifier: MIT */
/* starts.c - when nginx's counters began, and the memory of a site; see starts.h. */
#include "starts.h"

#include "starts_uwsgi.h"

/* Two looks at the same process differ by less: the clock is adjusted meanwhile. */
static const double same_seconds = 2;

/* What is remembered of nginx. */
struct starts_nginx {
	double master_started; /* Unix seconds; 0: nothing is remembered */
	uint32_t master_pid;
	bool is_sure; /* the last page was this master's */
	bool is_odd;  /* counters fell although the master stayed: pages are not always its own */
	uint64_t accepts;
	uint64_t requests;
};

struct starts {
	double time; /* Unix seconds when the newest scrape had ended */
	struct starts_nginx nginx;
	struct starts_uwsgi *uwsgi; /* one for each server */
	size_t uwsgi_len;
};

static bool is_same_master(const struct starts_nginx *nginx, const struct ledger *ledger)
{
	double apart = ledger->master_started - nginx->master_started;

	return nginx->master_pid == ledger->master_pid && apart < same_seconds &&
	       apart > -same_seconds;
}

/* While two masters answer in turn, or nobody knows how many do, a page may be of either. */
static bool is_of_one_master(const struct scrape *scrape)
{
	const struct ledger *ledger = &scrape->ledger;

	return scrape->nginx_probe.up && ledger->asked && ledger->processes_known &&
	       ledger->masters == 1 && ledger->master_started > 0;
}

static void say(const struct starts_nginx *nginx, struct scrape *scrape)
{
	if (nginx->is_sure && !nginx->is_odd)
		scrape->nginx.counted_since = nginx->master_started;
}

/* The counters are in memory that the master makes when it starts and keeps through reloads. When
 * it follows another one, they must have fallen, or else this page may still be the other's; the
 * next one is not. */
static void take_nginx(struct starts_nginx *nginx, struct scrape *scrape)
{
	const struct ledger *ledger = &scrape->ledger;
	const struct nginx_status *page = &scrape->nginx;
	bool fell = page->accepts < nginx->accepts || page->requests < nginx->requests;

	if (!is_of_one_master(scrape))
		return;
	if (is_same_master(nginx, ledger)) {
		nginx->is_odd = nginx->is_odd || (fell && nginx->is_sure);
		nginx->is_sure = true;
	} else {
		nginx->is_sure = nginx->master_started <= 0 || fell;
		nginx->is_odd = false;
		nginx->master_pid = ledger->master_pid;
		nginx->master_started = ledger->master_started;
	}
	nginx->accepts = page->accepts;
	nginx->requests = page->requests;
	say(nginx, scrape);
}

/* A scrape that ran beside the newest one, or before it: nothing shows which saw a counter first.
 */
static void look_aside(const struct starts *starts, struct scrape *scrape)
{
	if (is_of_one_master(scrape) && is_same_master(&starts->nginx, &scrape->ledger))
		say(&starts->nginx, scrape);
	for (size_t i = 0; i < starts->uwsgi_len && i < scrape->uwsgi_len; i++)
		starts_uwsgi_look_aside(&starts->uwsgi[i], &scrape->uwsgi[i]);
}

static struct starts *make(size_t uwsgi_len)
{
	struct starts *starts = calloc(1, sizeof(*starts));

	if (starts == NULL)
		return NULL;
	starts->uwsgi = calloc(uwsgi_len + 1, sizeof(*starts->uwsgi));
	if (starts->uwsgi == NULL) {
		free(starts);
		return NULL;
	}
	starts->uwsgi_len = uwsgi_len;
	return starts;
}

void starts_take(struct starts **starts, struct scrape *scrape)
{
	struct starts *now = *starts;

	/* A clock that was set back: nothing can be compared any more. */
	if (now != NULL && (scrape->time < now->time - HISTORY_GAP_SECONDS ||
			    scrape->uwsgi_len != now->uwsgi_len)) {
		starts_free(now);
		now = NULL;
	}
	if (now == NULL)
		now = make(scrape->uwsgi_len);
	*starts = now;
	if (now == NULL)
		return;
	if (scrape->time < now->time) {
		look_aside(now, scrape);
		return;
	}
	now->time = scrape->time + scrape->seconds;
	take_nginx(&now->nginx, scrape);
	for (size_t i = 0; i < scrape->uwsgi_len; i++)
		starts_uwsgi_take(&now->uwsgi[i], &scrape->uwsgi[i], scrape->time);
}

void starts_free(struct starts *starts)
{
	if (starts == NULL)
		return;
	for (size_t i = 0; i < starts->uwsgi_len; i++)
		starts_uwsgi_free(&starts->uwsgi[i]);
	free(starts->uwsgi);
	free(starts);
}
