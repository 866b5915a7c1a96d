/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/backends.h"

#include <pthread.h>
#include <stdlib.h>

#include "util/clock.h"
#include "util/limits_relay.h"
#include "util/log.h"
#include "util/map.h"

enum health { UNKNOWN, WELL, SUSPECT, ILL };

struct backend {
	const struct backend_settings *s;
	struct tls *tls;
	/* The rest is under the lock. */
	enum health health;
	bool marked; /* suspected since the prober looked */
	enum backend_relays relays;
	bool doubt;        /* it was ill since it was asked whether it relays */
	int64_t asked_at;  /* clock_mono_ms */
	struct ehlo can;
	struct ip ip[BACKEND_ADDRESSES];
	size_t n_ip;
	int64_t since;         /* clock_mono_ms, of health */
	int64_t suspect_since; /* while it is suspect: it may prove to have been well all the time */
	char why[200];
};

struct backends {
	struct backend one[RELAY_BACKENDS_MAX];
	size_t n;
	bool guards;
	uint32_t rest;             /* serve what is in no list */
	struct map *exact, *below; /* domain -> bits */
	pthread_mutex_t lock;
	void (*wake)(void *ctx);
	void *wake_ctx;
};

static void
lock(struct backends *b)
{
	pthread_mutex_lock(&b->lock);
}

static void
unlock(struct backends *b)
{
	pthread_mutex_unlock(&b->lock);
}

/* ---- as configured ---- */

static uint32_t
bits_of(const struct map *m, struct view domain)
{
	return (uint32_t)(uintptr_t)map_get(m, domain);
}

static void
serve(struct backends *b, unsigned i, struct view domain)
{
	struct map *m = domain.n && domain.p[0] == '.' ? b->below : b->exact;
	struct view name = view_skip(domain, m == b->below);

	map_put(m, name, (void *)(uintptr_t)(bits_of(m, name) | 1u << i));
}

static struct tls *
tls_of(const struct backend_settings *s, struct buf *why)
{
	struct tls_client_options o = {.ca = s->ca,
		.verify = s->terms.tls == RELAY_TLS_VERIFIED,
		.min = s->terms.tls == RELAY_TLS_OPPORTUNISTIC ? TLS_1_0 : s->tls_min};

	return tls_client_new(&o, why);
}

static bool
add(struct backends *b, const struct backend_settings *s, struct buf *why)
{
	struct backend *x = &b->one[b->n];

	if (b->n == RELAY_BACKENDS_MAX) {
		buf_printf(why, "more than %d backends", RELAY_BACKENDS_MAX);
		return false;
	}
	x->s = s;
	x->since = clock_mono_ms();
	for (size_t i = 0; i < s->n_domains; i++)
		serve(b, (unsigned)b->n, s->domains[i]);
	if (s->n_domains == 0)
		b->rest |= 1u << b->n;
	b->n++;
	if (s->terms.tls == RELAY_TLS_NONE)
		return true;
	x->tls = tls_of(s, why);
	return x->tls != NULL;
}

struct backends *
backends_new(const struct backend_settings *s, size_t n, struct buf *why)
{
	struct backends *b = calloc(1, sizeof(*b));

	if (!b)
		log_die("out of memory");
	pthread_mutex_init(&b->lock, NULL);
	b->exact = map_new();
	b->below = map_new();
	for (size_t i = 0; i < n; i++)
		if (!add(b, &s[i], why)) {
			backends_free(b);
			return NULL;
		}
	return b;
}

void
backends_free(struct backends *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->n; i++)
		tls_free(b->one[i].tls);
	map_free(b->exact);
	map_free(b->below);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

size_t
backends_count(const struct backends *b)
{
	return b->n;
}

const struct backend_settings *
backends_settings(const struct backends *b, unsigned i)
{
	return b->one[i].s;
}

struct tls *
backends_tls(const struct backends *b, unsigned i)
{
	return b->one[i].tls;
}

void
backends_guard(struct backends *b)
{
	b->guards = true;
}

/* ---- who is to have it ---- */

/* Under the lock. */
static bool
is_used(const struct backends *b, const struct backend *x)
{
	return !b->guards || x->s->relaying || x->relays == BACKEND_UNCLEAR || x->relays == BACKEND_CLOSED;
}

static uint32_t
serving(const struct backends *b, struct view domain)
{
	uint32_t bits;

	if (!domain.p)
		return b->rest ? b->rest : b->n ? 1 : 0;
	bits = bits_of(b->exact, domain);
	for (struct view d = domain; !bits && d.n; d = view_skip(d, view_find(d, '.') + 1))
		bits = bits_of(b->below, d);
	return bits ? bits : b->rest;
}

uint32_t
backends_route(struct backends *b, struct view domain)
{
	uint32_t bits = serving(b, domain);

	lock(b);
	for (unsigned i = 0; i < b->n; i++)
		bits &= is_used(b, &b->one[i]) ? UINT32_MAX : ~(1u << i);
	unlock(b);
	return bits;
}

uint32_t
backends_of_family(struct backends *b, uint32_t among, int family)
{
	struct listener_address at[BACKEND_ADDRESSES];

	for (unsigned i = 0; i < b->n; i++) {
		bool fits = b->one[i].s->terms.identity != RELAY_IDENTITY_TRANSPARENT;

		if (!(among & 1u << i) || fits)
			continue;
		for (size_t k = backends_addresses(b, i, at); k-- > 0;)
			fits |= at[k].family != LISTENER_UNIX && at[k].ip.family == family;
		among &= fits ? UINT32_MAX : ~(1u << i);
	}
	return among;
}

unsigned
backends_pick(struct backends *b, uint32_t among)
{
	unsigned best = (unsigned)__builtin_ctz(among);

	static const enum health order[] = {WELL, UNKNOWN, SUSPECT, ILL};

	lock(b);
	for (size_t o = 0; o < sizeof(order) / sizeof(*order); o++)
		for (unsigned i = 0; i < b->n; i++)
			if ((among & 1u << i) && b->one[i].health == order[o]) {
				best = i;
				o = sizeof(order) / sizeof(*order);
				break;
			}
	unlock(b);
	return best;
}

size_t
backends_addresses(
	struct backends *b, unsigned i, struct listener_address out[static BACKEND_ADDRESSES])
{
	const struct backend *x = &b->one[i];
	size_t n = 1;

	if (!x->s->host) {
		out[0] = x->s->at;
		return n;
	}
	lock(b);
	for (n = 0; n < x->n_ip; n++)
		out[n] = (struct listener_address){
			.family = x->ip[n].family == 4 ? LISTENER_INET : LISTENER_INET6,
			.ip = x->ip[n],
			.port = x->s->at.port};
	unlock(b);
	return n;
}

static bool
speaks(const struct backends *b, const struct backend *x)
{
	return (x->health == WELL || x->health == SUSPECT) && is_used(b, x);
}

/* Logins are for those that are asked about them: what all of these take. */
static void
take_mechanisms(const struct backends *b, uint32_t asked, struct ehlo *out)
{
	bool known = false;

	out->mechs = 0;
	for (size_t i = 0; i < b->n; i++) {
		if (!(asked & 1u << i) || !speaks(b, &b->one[i]))
			continue;
		out->mechs = known ? out->mechs & b->one[i].can.mechs : b->one[i].can.mechs;
		known = true;
	}
	out->has = out->mechs ? out->has | EHLO_AUTH : out->has & ~(unsigned)EHLO_AUTH;
}

bool
backends_capabilities(struct backends *b, struct ehlo *out)
{
	uint32_t asked = serving(b, (struct view){NULL, 0});
	bool known = false;

	lock(b);
	for (size_t i = 0; i < b->n; i++) {
		const struct backend *x = &b->one[i];

		if (!speaks(b, x))
			continue;
		*out = known ? ehlo_both(out, &x->can) : ehlo_both(&x->can, &x->can);
		known = true;
	}
	if (known)
		take_mechanisms(b, asked, out);
	unlock(b);
	return known;
}

/* ---- as learned ---- */

void
backends_found(struct backends *b, unsigned i, const struct ip *ip, size_t n)
{
	struct backend *x = &b->one[i];

	lock(b);
	x->n_ip = n < BACKEND_ADDRESSES ? n : BACKEND_ADDRESSES;
	memcpy(x->ip, ip, x->n_ip * sizeof(*ip));
	unlock(b);
}

/* True: it was otherwise before. */
static bool
set(struct backends *b, unsigned i, enum health h, const struct ehlo *can, const char *why)
{
	struct backend *x = &b->one[i];
	bool changed;

	lock(b);
	changed = x->health != h && !(h == WELL && x->health == SUSPECT);
	if (changed)
		x->since = clock_mono_ms();
	x->health = h;
	x->doubt |= h == ILL;
	x->can = can ? *can : (struct ehlo){0};
	snprintf(x->why, sizeof(x->why), "%s", why);
	unlock(b);
	return changed;
}

void
backends_is_well(struct backends *b, unsigned i, const struct ehlo *can)
{
	if (set(b, i, WELL, can, ""))
		log_notice("backend-well", "backend=%s", b->one[i].s->name);
}

void
backends_is_ill(struct backends *b, unsigned i, const char *why)
{
	if (set(b, i, ILL, NULL, why))
		log_warn("backend-ill", "backend=%s why=\"%s\"", b->one[i].s->name, why);
}

bool
backends_is_in_doubt(struct backends *b, unsigned i)
{
	const struct backend *x = &b->one[i];
	bool yes;

	lock(b);
	yes = b->guards && !x->s->relaying &&
	      (x->relays == BACKEND_NOT_ASKED || x->relays == BACKEND_OPEN || x->doubt ||
		      clock_mono_ms() - x->asked_at >= BACKEND_RELAY_TEST_MS);
	unlock(b);
	return yes;
}

void
backends_relays(struct backends *b, unsigned i, enum backend_relays r)
{
	struct backend *x = &b->one[i];
	enum backend_relays was;
	struct buf why;

	lock(b);
	was = x->relays;
	x->relays = r == BACKEND_UNCLEAR && was != BACKEND_NOT_ASKED ? was : r;
	r = x->relays;
	x->doubt = false;
	x->asked_at = clock_mono_ms();
	unlock(b);
	if (r == was)
		return;
	if (was == BACKEND_OPEN)
		log_notice("backend-closed", "backend=%s does not relay for strangers any more", x->s->name);
	if (r != BACKEND_OPEN)
		return;
	buf_init(&why, 1000);
	backends_open_why(b, i, &why);
	log_error("backend-open", "backend=%s why=\"%.*s\"", x->s->name, VIEW_ARG(buf_view(&why)));
	buf_done(&why);
}

bool
backends_in_question(struct backends *b)
{
	bool yes = false;

	lock(b);
	for (size_t i = 0; i < b->n; i++)
		yes |= b->one[i].health == WELL && b->one[i].relays == BACKEND_NOT_ASKED &&
		       !is_used(b, &b->one[i]);
	unlock(b);
	return yes;
}

int
backends_open(struct backends *b)
{
	int open = -1;

	lock(b);
	for (size_t i = 0; i < b->n && open < 0; i++)
		if (!is_used(b, &b->one[i]) && b->one[i].relays == BACKEND_OPEN)
			open = (int)i;
	unlock(b);
	return open;
}

/* XFORWARD is for its log: it decides by the address that connects. */
static bool
hides_client(const struct relay_terms *t)
{
	return t->identity == RELAY_IDENTITY_NONE || t->identity == RELAY_IDENTITY_XFORWARD;
}

void
backends_open_why(const struct backends *b, unsigned i, struct buf *out)
{
	const struct backend_settings *s = b->one[i].s;

	if (hides_client(&s->terms))
		buf_printf(out, "backend '%s' takes mail from the proxy's address for any domain: with "
			"that, one mistake in own-domains is an open relay; set 'identity xclient', "
			"'proxy-v1' or 'proxy-v2', or take this host out of its trusted networks "
			"(Postfix: mynetworks)", s->name);
	else
		buf_printf(out, "backend '%s' takes strangers' mail for any domain, though its 'identity' "
			"tells it who they are: it trusts the proxy's address all the same, or "
			"everybody's; mend its relay rules (Postfix: mynetworks, "
			"smtpd_relay_restrictions)", s->name);
	buf_str(out, "; if it is meant to, say 'relaying allowed'");
}

void
backends_suspect(struct backends *b, unsigned i)
{
	struct backend *x = &b->one[i];

	lock(b);
	x->marked = true;
	if (x->health == WELL) {
		x->health = SUSPECT;
		x->suspect_since = clock_mono_ms();
	}
	if (b->wake)
		b->wake(b->wake_ctx);
	unlock(b);
}

void
backends_on_suspicion(struct backends *b, void (*wake)(void *ctx), void *ctx)
{
	lock(b);
	b->wake = wake;
	b->wake_ctx = ctx;
	unlock(b);
}

bool
backends_take_suspicion(struct backends *b, unsigned i)
{
	bool was;

	lock(b);
	was = b->one[i].marked;
	b->one[i].marked = false;
	unlock(b);
	return was;
}

void
backends_describe(struct backends *b, unsigned i, struct buf *out)
{
	static const char *const state[] = {"unknown", "well", "suspect", "ill"};
	static const char *const relays[] = {[BACKEND_NOT_ASKED] = "unknown", [BACKEND_UNCLEAR] = "unclear",
		[BACKEND_CLOSED] = "no", [BACKEND_OPEN] = "yes"};
	const struct backend *x = &b->one[i];

	lock(b);
	buf_printf(out, "backend-%s state=%s seconds=%lld", x->s->name, state[x->health],
		(long long)(clock_mono_ms() - (x->health == SUSPECT ? x->suspect_since : x->since)) / 1000);
	if (b->guards)
		buf_printf(out, " used=%s open-relay=%s", is_used(b, x) ? "yes" : "no",
			x->s->relaying ? "allowed" : relays[x->relays]);
	if (x->why[0])
		buf_printf(out, " why=\"%s\"", x->why);
	unlock(b);
}
