/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/standing.h"

#include <math.h>

#include "engine/client_network.h"
#include "svc/store_series.h"
#include "util/limits.h"

enum { VERSION = 1, DAY = 24 * 3600, HAM_BITS = 26 };

#define HAM_MASK (((int64_t)1 << HAM_BITS) - 1)

static const char *const kinds[STANDING_KINDS] = {"address", "network", "organisation", "dkim"};

const char *
standing_kind_name(enum standing_kind k)
{
	return kinds[k];
}

const char *
standing_mail_name(enum standing_mail m)
{
	return m == STANDING_HAM ? "ham" : "spam";
}

/* ---- names ---- */

struct view
standing_key(enum standing_kind k, struct view name, struct arena *a)
{
	return arena_printf(a, "%s%c%.*s", kinds[k], '\0', VIEW_ARG(name));
}

bool
standing_key_read(struct view key, enum standing_kind *kind_out, struct view *name_out)
{
	struct view rest = key, word;

	if (!view_split(&rest, '\0', &word))
		return false;
	for (int k = 0; k < STANDING_KINDS; k++) {
		if (!view_eq_str(word, kinds[k]) || word.n == key.n)
			continue;
		*kind_out = (enum standing_kind)k;
		*name_out = view_skip(key, word.n + 1);
		return true;
	}
	return false;
}

static void
add(struct standing_names *names, enum standing_kind k, struct view name, struct arena *a)
{
	struct view key = standing_key(k, name, a);

	if (key.n > STORE_KEY_MAX || names->n == STANDING_NAMES_MAX)
		return;
	for (size_t i = 0; i < names->n; i++)
		if (view_eq(names->item[i].key, key))
			return;
	names->item[names->n++] = (struct standing_name){k, key};
}

void
standing_names_address(struct standing_names *names, const struct ip *ip, struct arena *a)
{
	char text[IP_TEXT_MAX];

	ip_format(ip, text);
	add(names, STANDING_ADDRESS, ip->family == 6 ? client_network(ip, a) : view_str(text), a);
}

void
standing_names_network(struct standing_names *names, const struct ip *ip, struct arena *a)
{
	add(names, STANDING_NETWORK, client_network(ip, a), a);
}

void
standing_names_organisation(struct standing_names *names, struct view text, struct arena *a)
{
	if (!client_network_is(text))
		add(names, STANDING_ORGANISATION, text, a);
}

void
standing_names_dkim(struct standing_names *names, const struct view *domain, size_t n, struct arena *a)
{
	size_t before = names->n;

	for (size_t i = 0; i < n && names->n - before < STANDING_DKIM_MAX; i++)
		add(names, STANDING_DKIM, domain[i], a);
}

/* ---- counts ---- */

struct store_request
standing_record(enum store_op op, struct view key, int64_t now)
{
	return (struct store_request){.op = op, .type = STORE_REPUTATION, .version = VERSION, .key = key,
		.now = now};
}

static int64_t
amount(enum standing_mail m, int64_t n)
{
	return m == STANDING_HAM ? n : n << HAM_BITS;
}

static int64_t
part(int64_t count, enum standing_mail m)
{
	return m == STANDING_HAM ? count & HAM_MASK : count >> HAM_BITS;
}

struct store_request
standing_count(struct view key, int64_t now, enum standing_mail m, int64_t n)
{
	struct store_request r = standing_record(STORE_TALLY, key, now);

	r.amount = amount(m, n);
	r.step = DAY;
	r.window = STANDING_DAYS * DAY;
	return r;
}

struct standing
standing_of(struct view series, int64_t now, uint32_t half_life)
{
	struct standing s = {.since = 0};
	int64_t start, count, today = now - now % DAY;

	while (store_series_next(&series, &start, &count)) {
		/* The clock may have been put back. */
		int64_t age = start < 0 || start > today ? 0 : today - start;
		double weight = half_life ? exp2(-(double)age / half_life) : 1;

		if (start < 0 || age >= (int64_t)STANDING_DAYS * DAY || count == 0)
			continue;
		s.ham += weight * (double)part(count, STANDING_HAM);
		s.spam += weight * (double)part(count, STANDING_SPAM);
		if (s.since == 0 || start < s.since)
			s.since = start;
		if (age == 0)
			s.today += part(count, STANDING_HAM) + part(count, STANDING_SPAM);
	}
	return s;
}

int
standing_percent(const struct standing *s)
{
	return (int)lround(100 * (s->spam + 1) / (s->ham + s->spam + 2));
}

int
standing_confidence(const struct standing *s, uint32_t minimum)
{
	double n = s->ham + s->spam;

	return n > 0 ? (int)(100 * n / (n + minimum)) : 0;
}

bool
standing_is_known(const struct standing *s, uint32_t minimum)
{
	double n = s->ham + s->spam;

	return n > 0 && n >= minimum;
}

struct view
standing_take_back(struct view series, int64_t when, enum standing_mail m, int64_t n, struct arena *a)
{
	char *out = arena_alloc(a, series.n);
	int64_t start, count;
	size_t at = 0;
	struct view rest = series;

	while (store_series_next(&rest, &start, &count)) {
		int64_t have = part(count, m);

		if (start == when - when % DAY)
			store_series_put(out + at, start, count - amount(m, have < n ? have : n));
		else
			store_series_put(out + at, start, count);
		at += STORE_SERIES_PAIR;
	}
	return view_of(out, at);
}
