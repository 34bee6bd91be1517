/* SPDX-License-Identifier: MIT */
/* finding_watch.c - what is new about a site's findings; see finding_watch.h. */
#include "finding_watch.h"

#include "scrape.h"

/* Whose answer a finding is seen in. */
static bool is_seen(enum finding_kind kind, const struct scrape *scrape)
{
	bool nginx = !scrape->nginx_probe.asked || scrape->nginx_probe.up;
	bool uwsgi = scrape->uwsgi_len == 0 || scrape->uwsgi_site.up;

	switch (kind) {
	case FINDING_WORKER_CONNECTIONS_EXHAUSTED:
	case FINDING_ACCEPT_QUEUE_FULL:
	case FINDING_CONNECTIONS_DROPPED:
	case FINDING_LEAKING_CONNECTIONS:
	case FINDING_PHANTOM_COUNTERS:
	case FINDING_WORKER_BLOCKED:
	case FINDING_WORKER_CRASHED:
	case FINDING_SLOW_CLIENTS:
	case FINDING_SLOW_HEADERS:
	case FINDING_TWO_MASTERS:
	case FINDING_OLD_WORKERS_DRAINING:
	case FINDING_KNOWN_DEFECT:
		return nginx;
	case FINDING_APP_SATURATED:
	case FINDING_HARAKIRI:
	case FINDING_WORKER_RESPAWNS:
	case FINDING_EXCEPTIONS:
		return uwsgi;
	case FINDING_APP_QUEUE_OVERFLOW:
	case FINDING_APP_QUEUE_GROWING:
	case FINDING_ORPHANED_WORK:
		return nginx && uwsgi;
	case FINDING_NGINX_DOWN:
	case FINDING_UWSGI_DOWN:
	case FINDING_KIND_MAX:
		break;
	}
	return false;
}

static const struct finding *find(const struct scrape *scrape, enum finding_kind kind)
{
	const struct finding *finding = scrape->findings.item;

	for (size_t i = 0; i < scrape->findings.len; i++) {
		if (finding[i].kind == (unsigned)kind)
			return &finding[i];
	}
	return NULL;
}

/* Whether `kind` is news; updates what was said about it. */
static bool compare(struct finding_watch *watch, const struct scrape *scrape,
		    enum finding_kind kind, struct finding_news *news)
{
	const struct finding *finding = find(scrape, kind);
	unsigned char before = watch->rank[kind];
	unsigned char now = finding == NULL ? 0 : (unsigned char)(finding->severity + 1);

	if (now == before || kind == FINDING_NGINX_DOWN || kind == FINDING_UWSGI_DOWN ||
	    (finding == NULL && !is_seen(kind, scrape)))
		return false;
	watch->rank[kind] = now;
	*news = (struct finding_news){.event = FINDING_CHANGED, .kind = kind, .finding = finding};
	if (before == 0)
		news->event = FINDING_BEGAN;
	else if (now == 0)
		news->event = FINDING_ENDED;
	news->severity = (enum finding_severity)((now == 0 ? before : now) - 1);
	news->before = (enum finding_severity)((before == 0 ? now : before) - 1);
	return true;
}

void finding_watch_take(struct finding_watch *watch, const struct scrape *scrape,
			void (*tell)(void *ctx, const struct finding_news *news), void *ctx)
{
	struct finding_news news;

	for (unsigned kind = 0; kind < FINDING_KIND_MAX; kind++) {
		if (compare(watch, scrape, (enum finding_kind)kind, &news))
			tell(ctx, &news);
	}
}
