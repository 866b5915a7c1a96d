/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What lives in the store, by account: series of recipients by the minute and by the day, of rejects and of
 * new networks by the minute; a mark for each network, and for each alarm, that lives for an hour. A mark
 * holds when it was set: one from later than now was set before the clock was put back, and counts for none.
 */
#include "engine/alarm.h"

#include <openssl/sha.h>

#include "engine/state.h"
#include "svc/store_series.h"
#include "util/clock.h"
#include "util/log.h"

enum { VERSION = 1, MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR, HABIT = 60 * DAY, UNUSUAL = 2 };

enum kind { RECIPIENTS, DAYS, REJECTS, NETWORKS, SEEN, RAISED, KINDS };
static const char *const kinds[KINDS] = {"recipients", "days", "rejects", "networks", "seen", "alarm"};
static const char *const names[ALARM_COUNT] = {"volume", "rejects", "networks"};

const char *
alarm_name(enum alarm a)
{
	return names[a];
}

/* ---- records ---- */

/* key = kind %x00 account [ %x00 ( network / reason ) ], without case, as most servers take it */
static struct view
key_of(struct arena *a, enum kind kind, struct view user, struct view more)
{
	struct view name = view_str(kinds[kind]);
	size_t room = name.n + 1 + user.n + 1 + more.n;
	unsigned char digest[SHA256_DIGEST_LENGTH];
	char hex[2 * SHA256_DIGEST_LENGTH], *p;

	user = arena_lower(a, user);
	if (room > STORE_KEY_MAX) {
		SHA256((const unsigned char *)user.p, user.n, digest);
		for (size_t i = 0; i < sizeof(hex); i++)
			hex[i] = "0123456789abcdef"[digest[i / 2] >> (i % 2 ? 0 : 4) & 15];
		user = view_of(hex, sizeof(hex));
	}
	p = arena_alloc(a, room); /* all zero */
	memcpy(p, name.p, name.n);
	memcpy(p + name.n + 1, user.p, user.n);
	if (more.n)
		memcpy(p + name.n + 1 + user.n + 1, more.p, more.n);
	return view_of(p, name.n + 1 + user.n + (more.n ? 1 + more.n : 0));
}

static struct store_request
request(struct arena *a, enum store_op op, enum kind kind, struct view user, struct view more)
{
	return (struct store_request){.op = op, .type = STORE_ACCOUNT, .version = VERSION,
		.key = key_of(a, kind, user, more)};
}

/* value = when it was set, and a count, from 1: a series of one */
static void
set_mark(struct store_request *r, int64_t now, int64_t count, struct arena *a)
{
	char *series = arena_alloc(a, STORE_SERIES_MAX);

	r->value = view_of(series, store_series_add(VIEW(""), now, 1, 1, count, series));
	r->now = now;
	r->expires = now + HOUR;
}

static bool
is_set(const struct store_result *r, int64_t now)
{
	struct view value = r->value;
	int64_t since, count;

	return r->status == STORE_FOUND && store_series_next(&value, &since, &count) && since <= now;
}

/* ---- what happens ---- */

struct watch {
	struct session *s;
	const struct settings *o;
	struct view user;
	int64_t now;
	size_t n;
	struct store_request request[4];
	struct store_result result[4];
};

static bool
begin(struct watch *w, struct session *s)
{
	if (!alarm_is_due(s))
		return false;
	*w = (struct watch){.s = s, .o = s->e->o.settings, .user = s->t->envelope.auth_user};
	w->now = w->o->now >= 0 ? w->o->now : clock_wall();
	return true;
}

static struct store_request *
add(struct watch *w, enum store_op op, enum kind kind, struct view more)
{
	struct store_request *r = &w->request[w->n++];

	*r = request(w->s->message, op, kind, w->user, more);
	r->now = w->now;
	return r;
}

static void
add_count(struct watch *w, enum kind kind, size_t amount)
{
	struct store_request *r = add(w, STORE_TALLY, kind, VIEW(""));

	r->amount = (int64_t)amount;
	r->step = kind == DAYS ? DAY : MINUTE;
	r->window = kind == DAYS ? HABIT : HOUR;
}

static void
carry_out(struct watch *w)
{
	if (w->n)
		store_do(w->s->e->o.store, w->request, w->n, w->s->message, w->result);
	w->n = 0;
}

/* Was this mark set now, and not within the hour before? Sent already; result i answers. */
static bool
is_first(struct watch *w, size_t i)
{
	struct store_request again = w->request[i];
	struct store_result r = w->result[i];

	if (r.status != STORE_FOUND)
		return r.status == STORE_NONE;
	if (is_set(&r, w->now))
		return false;
	again.op = STORE_PUT;
	store_do(w->s->e->o.store, &again, 1, w->s->message, &r);
	return r.status == STORE_FOUND;
}

static void
raise_alarm(struct watch *w, enum alarm reason, int64_t count, int64_t limit)
{
	static const char *const counted[] = {"recipients", "rejects", "networks"};
	const struct ip *ip = w->s->t->client.ip;
	char text[IP_TEXT_MAX];
	struct log_line line;

	set_mark(add(w, STORE_ADD, RAISED, view_str(names[reason])), w->now, count, w->s->message);
	carry_out(w);
	if (!is_first(w, 0))
		return;
	log_begin(&line, LOG_LEVEL_WARN, "alarm");
	log_view(&line, "user", w->user);
	log_view(&line, "reason", view_str(names[reason]));
	log_number(&line, counted[reason], count);
	log_number(&line, "limit", limit);
	if (ip) {
		ip_format(ip, text);
		log_view(&line, "client", view_str(text));
	}
	log_view(&line, "id", view_str(w->s->t->id));
	log_end(&line);
}

static void
compare(struct watch *w, enum alarm reason, const struct store_result *r, int64_t limit)
{
	int64_t count = r->status == STORE_FOUND ? store_series_sum(r->value) : 0;

	if (count > limit)
		raise_alarm(w, reason, count, limit);
}

/* ---- networks ---- */

enum { V4_BYTES = 3, V6_BYTES = 6 }; /* of the address: a /24, and the /48 that a site has */

static struct view
network(const struct watch *w)
{
	const struct ip *ip = w->s->t->client.ip;
	struct arena *a = w->s->message;
	char text[IP_TEXT_MAX];
	struct ip net;
	size_t bytes;
	uint32_t as;

	if (!ip || !w->o->alarm_networks)
		return VIEW("");
	if (w->o->geo_asn && !ip_is_private(ip) && geo_asn(w->o->geo_asn, ip, &as) == GEO_FOUND)
		return arena_printf(a, "AS%u", (unsigned)as);
	net = *ip;
	bytes = ip->family == 6 ? V6_BYTES : V4_BYTES;
	memset(net.b + bytes, 0, sizeof(net.b) - bytes);
	ip_format(&net, text);
	return arena_printf(a, "%s/%zu", text, bytes * 8);
}

static void
add_network(struct watch *w)
{
	struct view net = network(w);

	if (net.n)
		set_mark(add(w, STORE_ADD, SEEN, net), w->now, 1, w->s->message);
}

/* The mark was sent last, if at all. */
static void
judge_network(struct watch *w, size_t sent)
{
	if (sent == 0 || w->request[sent - 1].op != STORE_ADD || !is_first(w, sent - 1))
		return;
	add_count(w, NETWORKS, 1);
	carry_out(w);
	compare(w, ALARM_NETWORKS, &w->result[0], w->o->alarm_networks);
}

/* ---- events ---- */

bool
alarm_is_due(const struct session *s)
{
	const struct settings *o = s->e->o.settings;

	return s->t->open && s->t->envelope.auth_user.n && s->e->o.store && !s->info.closed &&
		(o->alarm_recipients || o->alarm_rejects || o->alarm_networks);
}

static void
judge_volume(struct watch *w, struct store_result hour, struct store_result days)
{
	int64_t usual = days.status == STORE_FOUND ? UNUSUAL * alarm_usual(days.value, w->now) : 0;
	int64_t limit = w->o->alarm_recipients;

	compare(w, ALARM_VOLUME, &hour, usual > limit ? usual : limit);
}

void
alarm_accepted(struct session *s)
{
	struct store_result hour, days;
	struct watch w;
	size_t sent;

	if (!begin(&w, s))
		return;
	if (w.o->alarm_recipients) {
		add_count(&w, RECIPIENTS, s->t->n_rcpt);
		add_count(&w, DAYS, s->t->n_rcpt);
	}
	add_network(&w);
	sent = w.n;
	carry_out(&w);
	hour = w.result[0];
	days = w.result[1];
	judge_network(&w, sent);
	if (w.o->alarm_recipients)
		judge_volume(&w, hour, days);
}

void
alarm_refused(struct session *s)
{
	struct store_result rejects;
	struct watch w;
	size_t sent;

	if (!begin(&w, s))
		return;
	if (w.o->alarm_rejects)
		add_count(&w, REJECTS, 1);
	add_network(&w);
	sent = w.n;
	carry_out(&w);
	rejects = w.result[0];
	judge_network(&w, sent);
	if (w.o->alarm_rejects)
		compare(&w, ALARM_REJECTS, &rejects, w.o->alarm_rejects);
}

int64_t
alarm_usual(struct view days, int64_t now)
{
	int64_t start, count, first = 0, second = 0;

	while (store_series_next(&days, &start, &count)) {
		if (start >= now - now % DAY)
			continue;
		if (count > first) {
			second = first;
			first = count;
		} else if (count > second) {
			second = count;
		}
	}
	return second;
}

/* ---- for those who ask ---- */

bool
alarm_raised(struct store *store, struct view user, int64_t now, struct arena *a,
	bool out[static ALARM_COUNT])
{
	struct store_request r[ALARM_COUNT];
	struct store_result result[ALARM_COUNT];

	for (size_t i = 0; i < ALARM_COUNT; i++) {
		r[i] = request(a, STORE_GET, RAISED, user, view_str(names[i]));
		r[i].now = now;
	}
	store_do(store, r, ALARM_COUNT, a, result);
	for (size_t i = 0; i < ALARM_COUNT; i++) {
		if (result[i].status == STORE_TEMPFAIL)
			return false;
		out[i] = is_set(&result[i], now);
	}
	return true;
}

struct store_request
alarm_scan(void)
{
	return (struct store_request){.op = STORE_SCAN, .type = STORE_ACCOUNT, .version = VERSION,
		.key = view_of("alarm", sizeof("alarm"))}; /* with its byte 0 */
}

bool
alarm_read(struct view key, struct view value, struct alarm_record *out)
{
	struct view rest = key, kind, user, reason;

	if (!view_split(&rest, '\0', &kind) || !view_eq_str(kind, kinds[RAISED]) ||
		!view_split(&rest, '\0', &user) || !view_split(&rest, '\0', &reason) || rest.n)
		return false;
	for (size_t i = 0; i < ALARM_COUNT; i++)
		if (view_eq_str(reason, names[i])) {
			struct alarm_record r = {.user = user, .reason = (enum alarm)i};

			if (!store_series_next(&value, &r.raised, &r.count))
				return false;
			*out = r;
			return true;
		}
	return false;
}

size_t
alarm_forget(struct view user, int64_t now, struct arena *a, struct store_request out[static STORE_CALLS_MAX])
{
	static const enum kind series[] = {RECIPIENTS, REJECTS, NETWORKS};
	size_t n = 0;

	for (size_t i = 0; i < ALARM_COUNT; i++)
		out[n++] = request(a, STORE_REMOVE, RAISED, user, view_str(names[i]));
	for (size_t i = 0; i < sizeof(series) / sizeof(*series); i++)
		out[n++] = request(a, STORE_REMOVE, series[i], user, VIEW(""));
	for (size_t i = 0; i < n; i++)
		out[i].now = now;
	return n;
}
