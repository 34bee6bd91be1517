/* SPDX-License-Identifier: MIT */
/* verdict.c - the findings of a scrape as a state and a headline; see verdict.h. */
#include "verdict.h"

static bool is_down(const struct finding *finding)
{
	return finding->kind == FINDING_NGINX_DOWN || finding->kind == FINDING_UWSGI_DOWN;
}

static enum nagios_state state_of(const struct finding *finding)
{
	switch ((enum finding_severity)finding->severity) {
	case SEVERITY_CRITICAL:
		return NAGIOS_CRITICAL;
	case SEVERITY_WARNING:
		return NAGIOS_WARNING;
	case SEVERITY_INFO:
		break;
	}
	return NAGIOS_OK;
}

enum nagios_state nagios_verdict(const struct scrape *scrape)
{
	const struct finding *finding = scrape->findings.item;
	enum nagios_state worst = NAGIOS_OK;

	for (size_t i = 0; i < scrape->findings.len; i++) {
		if (!is_down(&finding[i]))
			worst = nagios_state_worse(worst, state_of(&finding[i]));
	}
	return worst;
}

/* A headline goes on after the sentence. */
static struct str without_stop(const char *sentence)
{
	struct str text = str_trim(str_of(sentence));

	if (str_ends(text, STR(".")))
		text.len--;
	return text;
}

bool nagios_headline(const struct scrape *scrape, struct buf *out)
{
	const struct finding *finding = scrape->findings.item;
	enum nagios_state worst = nagios_verdict(scrape);
	const struct finding *first = NULL;
	const char *before = "; also ";

	if (worst == NAGIOS_OK)
		return false;
	for (size_t i = 0; i < scrape->findings.len && first == NULL; i++) {
		if (!is_down(&finding[i]) && state_of(&finding[i]) == worst)
			first = &finding[i];
	}
	if (first == NULL)
		return false;
	buf_add_str(out, without_stop(first->what));
	for (size_t i = 0; i < scrape->findings.len; i++) {
		if (&finding[i] == first || is_down(&finding[i]) ||
		    state_of(&finding[i]) == NAGIOS_OK)
			continue;
		buf_addf(out, "%s%s", before, finding[i].name);
		before = ", ";
	}
	return true;
}

void nagios_advice(const struct scrape *scrape, enum finding_kind kind, struct buf *out)
{
	const struct finding *finding = scrape->findings.item;

	for (size_t i = 0; i < scrape->findings.len; i++) {
		if (finding[i].kind != kind || finding[i].advice[0] == '\0')
			continue;
		buf_add_text(out, ". ");
		buf_add_str(out, without_stop(finding[i].advice));
		return;
	}
}

bool nagios_is_line(const struct nagios_item *item)
{
	size_t first = offsetof(struct ledger, held);

	return item->entity->root == ROOT_LEDGER && item->metric->offset >= first &&
	       item->metric->offset < first + sizeof(((struct ledger *)0)->held);
}

const char *nagios_why_not_known(const void *ctx, const struct nagios_item *item)
{
	const struct scrape *scrape = ctx;
	const struct ledger *ledger = &scrape->ledger;
	struct ledger_bounds bounds;

	if (!scrape->nginx_probe.up)
		return "nginx did not answer";
	if (ledger_bounds(&bounds, ledger, item->metric->offset))
		return bounds.reason;
	if (ledger->confidence == CONFIDENCE_UNKNOWN)
		return ledger->reason;
	return scrape->uwsgi_len == 0 ? "no uWSGI was named" : "";
}
