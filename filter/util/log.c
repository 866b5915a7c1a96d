/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/limits.h"

static struct {
	pthread_mutex_t lock;
	enum log_target target;
	_Atomic enum log_level level;
	bool journal;
	_Atomic bool listened;
	log_listener *listener; /* NULL: none */
	void *listener_ctx;
	char role[32];
	struct rate {
		const char *event;
		int64_t second;
		unsigned written, dropped, heard;
	} rate[LOG_RATE_EVENTS];
	struct seldom {
		uint64_t line; /* its hash; 0 = free */
		int64_t at;    /* clock_mono_ms */
	} seldom[LOG_SELDOM];
} logger = {.lock = PTHREAD_MUTEX_INITIALIZER, .level = LOG_LEVEL_INFO, .role = "postern"};

static const int priorities[] = {LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG};
static const char *const names[] = {"error", "warning", "notice", "info", "debug"};

void
log_open(enum log_target target, const char *role, enum log_level level, bool journal)
{
	pthread_mutex_lock(&logger.lock);
	logger.target = target;
	logger.level = level;
	logger.journal = journal;
	logger.listener = NULL;
	logger.listened = false;
	snprintf(logger.role, sizeof(logger.role), "%s", role);
	if (target == LOG_TO_SYSLOG)
		openlog("postern", LOG_PID | LOG_NDELAY, LOG_MAIL);
	pthread_mutex_unlock(&logger.lock);
}

static bool
is_wanted(enum log_level level)
{
	return level <= atomic_load_explicit(&logger.level, memory_order_relaxed);
}

/* Written, or heard by the listener. */
static bool
is_of_use(enum log_level level)
{
	return is_wanted(level) || (level <= LOG_LEVEL_NOTICE && logger.listened);
}

const char *
log_level_name(enum log_level l)
{
	return names[l];
}

void
log_listen(log_listener *listener, void *ctx)
{
	pthread_mutex_lock(&logger.lock);
	logger.listener = listener;
	logger.listener_ctx = ctx;
	logger.listened = listener != NULL;
	pthread_mutex_unlock(&logger.lock);
}

char *
log_escape(struct view v, char *out, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	size_t o = 0;

	for (size_t i = 0; i < v.n; i++) {
		uint8_t c = (uint8_t)v.p[i];
		bool plain = c >= 0x20 && c < 0x7f && c != '\\';

		if (o + (plain ? 1 : 4) >= n)
			break;
		if (plain) {
			out[o++] = (char)c;
			continue;
		}
		out[o++] = '\\';
		out[o++] = 'x';
		out[o++] = hex[c >> 4];
		out[o++] = hex[c & 15];
	}
	if (n)
		out[o] = 0;
	return out;
}

static struct rate *
rate_of(const char *event)
{
	int64_t now = clock_mono_ms() / 1000;
	struct rate *r = &logger.rate[0];

	for (size_t i = 0; i < LOG_RATE_EVENTS; i++) {
		r = &logger.rate[i];
		if (!r->event || strcmp(r->event, event) == 0)
			break;
	}
	if (!r->event || strcmp(r->event, event) != 0)
		*r = (struct rate){.event = event, .second = now};
	if (r->second != now) {
		r->second = now;
		r->written = r->heard = 0;
	}
	return r;
}

/* True if this event may be written now; *dropped_out = how many were left out before it. */
static bool
admit(struct rate *r, unsigned *dropped_out)
{
	if (r->written >= LOG_RATE_BURST) {
		r->dropped++;
		return false;
	}
	*dropped_out = r->dropped;
	r->dropped = 0;
	r->written++;
	return true;
}

static void
write_line(enum log_level level, const char *event, const char *text, unsigned dropped)
{
	const char *blank = *text ? " " : "";
	char more[40] = "", mark[4] = "";

	if (dropped)
		snprintf(more, sizeof(more), " suppressed=%u", dropped);
	if (logger.journal)
		snprintf(mark, sizeof(mark), "<%d>", priorities[level]);
	if (logger.target == LOG_TO_SYSLOG)
		syslog(priorities[level], "%s event=%s%s%s%s", logger.role, event, blank, text, more);
	else
		dprintf(STDERR_FILENO, "%s%s[%d]: %s: event=%s%s%s%s\n", mark, logger.role, (int)getpid(),
			names[level], event, blank, text, more);
}

static void
emit(enum log_level level, const char *event, const char *text, bool always)
{
	log_listener *listener = NULL;
	void *ctx;
	unsigned dropped = 0;
	struct rate *r;

	if (!is_of_use(level))
		return;
	pthread_mutex_lock(&logger.lock);
	r = rate_of(event);
	if (is_wanted(level) && (always || admit(r, &dropped)))
		write_line(level, event, text, dropped);
	if (level <= LOG_LEVEL_NOTICE && r->heard++ < LOG_HEARD_BURST)
		listener = logger.listener;
	ctx = logger.listener_ctx;
	pthread_mutex_unlock(&logger.lock);
	if (listener)
		listener(ctx, level, event, view_str(text));
}

/* Was this line written within the last minute? Two lines on one place push each other out: then one is
 * written more often, never less. */
static bool
seldom(const char *event, const char *raw)
{
	int64_t now = clock_mono_ms();
	uint64_t h = 14695981039346656037u; /* FNV-1a */
	struct seldom *s;
	bool recent;

	for (const char *p = event; *p; p++)
		h = (h ^ (uint8_t)*p) * 1099511628211u;
	for (const char *p = raw; *p; p++)
		h = (h ^ (uint8_t)*p) * 1099511628211u;
	s = &logger.seldom[h % LOG_SELDOM];

	pthread_mutex_lock(&logger.lock);
	recent = s->line == h && now - s->at < 60000;
	if (!recent)
		*s = (struct seldom){.line = h, .at = now};
	pthread_mutex_unlock(&logger.lock);
	return recent;
}

void
log_seldom(enum log_level level, const char *event, const char *fmt, ...)
{
	char raw[1000], text[2000];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	if (!seldom(event, raw))
		emit(level, event, log_escape(view_str(raw), text, sizeof(text)), false);
}

void
log_event(enum log_level level, const char *event, const char *fmt, ...)
{
	char raw[1000], text[2000];
	va_list ap;
	int n;

	if (!is_of_use(level))
		return;
	va_start(ap, fmt);
	n = vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	emit(level, event,
		log_escape(view_of(raw, (size_t)n < sizeof(raw) ? (size_t)n : sizeof(raw) - 1), text,
			sizeof(text)), false);
}

void
log_begin(struct log_line *l, enum log_level level, const char *event)
{
	l->level = level;
	l->event = event;
	l->always = false;
	l->n = 0;
	l->text[0] = 0;
}

/* Appends text, or "..." once when it does not fit. */
static void
append(struct log_line *l, const char *key, const char *text, bool quote)
{
	const char *part[] = {l->n ? " " : "", key, "=", quote ? "\"" : "", text, quote ? "\"" : ""};
	size_t left = sizeof(l->text) - l->n, n = 0, piece;

	for (size_t i = 0; i < sizeof(part) / sizeof(*part) && n < left; i++, n += piece) {
		piece = strlen(part[i]);
		memcpy(l->text + l->n + n, part[i], piece < left - n ? piece : left - n);
	}
	if (n >= left) {
		if (l->n > sizeof(l->text) - 5)
			l->n = sizeof(l->text) - 5;
		memcpy(l->text + l->n, " ...", 5);
		l->n = sizeof(l->text) - 1;
		return;
	}
	l->n += n;
	l->text[l->n] = 0;
}

void
log_view(struct log_line *l, const char *key, struct view value)
{
	char text[1000];
	bool quote = value.n == 0;

	if (!is_of_use(l->level) || l->n >= sizeof(l->text) - 1)
		return;
	for (size_t i = 0; i < value.n; i++)
		quote |= value.p[i] == ' ' || value.p[i] == '"' || value.p[i] == '=';
	log_escape(value, text, sizeof(text));
	for (char *q = text; *q; q++) /* a quote inside would end the value early */
		if (*q == '"')
			*q = '\'';
	append(l, key, text, quote);
}

void
log_number(struct log_line *l, const char *key, long long value)
{
	char text[24];

	if (l->n >= sizeof(l->text) - 1)
		return;
	snprintf(text, sizeof(text), "%lld", value);
	append(l, key, text, false);
}

void
log_end(struct log_line *l)
{
	emit(l->level, l->event, l->text, l->always);
}

void
log_die(const char *fmt, ...)
{
	static _Thread_local bool dying; /* out of memory, a listener may come here again */
	char raw[500], text[1000];
	va_list ap;

	if (dying)
		_exit(70);
	dying = true;
	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	emit(LOG_LEVEL_ERROR, "fatal", log_escape(view_str(raw), text, sizeof(text)), false);
	_exit(70);
}
