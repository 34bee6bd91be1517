/* SPDX-License-Identifier: MIT */
/* notice.c - findings as notifications; see notice.h. */
#include "notice.h"

#include "buf.h"

enum { TEXT_MAX = 16 * 1024 };

static const char ellipsis[] = " ...";

static enum collectd_level level_of(enum finding_severity severity)
{
	switch (severity) {
	case SEVERITY_INFO:
		break;
	case SEVERITY_WARNING:
		return COLLECTD_WARNING;
	case SEVERITY_CRITICAL:
		return COLLECTD_FAILURE;
	}
	return COLLECTD_QUIET;
}

enum collectd_level collectd_notice_level(const struct finding_news *news)
{
	enum collectd_level now = level_of(news->severity);

	switch (news->event) {
	case FINDING_BEGAN:
		break;
	case FINDING_CHANGED:
		if (now == COLLECTD_QUIET && level_of(news->before) != COLLECTD_QUIET)
			return COLLECTD_OKAY;
		break;
	case FINDING_ENDED:
		return now == COLLECTD_QUIET ? COLLECTD_QUIET : COLLECTD_OKAY;
	}
	return now;
}

/* A sentence, after a blank unless it is the first. */
static void add_sentence(struct buf *out, const char *text)
{
	if (text[0] == '\0')
		return;
	if (out->len > 0)
		buf_add_char(out, ' ');
	for (; *text != '\0'; text++)
		buf_add_char(out, (char)(*text >= ' ' && *text <= '~' ? *text : '?'));
	if (buf_ok(out) && strchr(".!?", out->ptr[out->len - 1]) == NULL)
		buf_add_char(out, '.');
}

/* A word that is cut in two says something else: "1000" is not "10". */
static void cut(char ret[COLLECTD_MESSAGE_MAX], struct str text)
{
	size_t len = text.len;

	if (len >= COLLECTD_MESSAGE_MAX) {
		len = COLLECTD_MESSAGE_MAX - sizeof(ellipsis);
		while (len > 0 && text.ptr[len] != ' ')
			len--;
		if (len == 0)
			len = COLLECTD_MESSAGE_MAX - sizeof(ellipsis);
		(void)snprintf(ret, COLLECTD_MESSAGE_MAX, "%.*s%s", (int)len, text.ptr, ellipsis);
	} else {
		(void)snprintf(ret, COLLECTD_MESSAGE_MAX, "%.*s", (int)len, text.ptr);
	}
}

void collectd_notice_text(char ret[COLLECTD_MESSAGE_MAX], const struct finding_news *news)
{
	const struct finding *finding = news->finding;
	struct buf text;

	buf_init(&text, TEXT_MAX);
	if (finding == NULL) {
		buf_addf(&text, "%s is over.", finding_name(news->kind));
	} else {
		add_sentence(&text, finding->what);
		add_sentence(&text, finding->evidence);
		add_sentence(&text, finding->advice);
	}
	cut(ret, buf_str(&text));
	buf_free(&text);
}
