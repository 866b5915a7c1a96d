/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/rate_key.h"

#include <openssl/evp.h>

#include "engine/client_network.h"
#include "util/buf.h"
#include "util/limits.h"
#include "util/log.h"

enum { STEPS = 60, VERSION = 1, WHOLE_MAX = 64 * 1024 };

/* Long ones are known by their hash: the name stays readable. */
static struct view
shorten(struct view name, struct view whole, struct arena *a)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	char *out;

	if (whole.n <= STORE_KEY_MAX)
		return arena_copy(a, whole);
	if (!EVP_Digest(whole.p, whole.n, digest, &n, EVP_sha256(), NULL))
		log_die("no SHA-256");
	name = view_head(name, STORE_KEY_MAX / 2);
	out = arena_alloc(a, name.n + 1 + n);
	memcpy(out, name.p, name.n);
	memcpy(out + name.n + 1, digest, n); /* the byte between them is 0 */
	return view_of(out, name.n + 1 + n);
}

struct view
rate_key_part(const struct program *p, struct view value, struct arena *a)
{
	struct ip ip;

	if (ip_parse(value, &ip) && ip.family == 6 && !list_has_ip(p->own_nets, &ip))
		return client_network(&ip, a);
	return arena_lower(a, value);
}

enum fact_state
rate_key(const struct program *p, const struct rate *r,
	const struct fact_value *(*value)(void *ctx, size_t slot), void *ctx, struct arena *a,
	struct view *out, struct view *why_out)
{
	bool seen[FACT_UNKNOWN + 1] = {false};
	enum fact_state state;
	struct buf b;

	buf_init(&b, WHOLE_MAX);
	buf_add(&b, r->name);
	for (size_t i = 0; i < r->n_by; i++) {
		const struct fact_value *v = value(ctx, r->by[i]);

		seen[v->state] = true;
		if (v->state == FACT_UNKNOWN)
			*why_out = v->why;
		buf_byte(&b, '\0');
		if (v->state == FACT_KNOWN)
			buf_add(&b, rate_key_part(p, fact_format(p->slots[r->by[i]].def, v, a), a));
	}
	state = seen[FACT_MISSING] ? FACT_MISSING : seen[FACT_PENDING] ? FACT_PENDING
		: seen[FACT_UNKNOWN] || b.over ? FACT_UNKNOWN : FACT_KNOWN;
	if (b.over)
		*why_out = VIEW("too long");
	if (state == FACT_KNOWN)
		*out = shorten(r->name, buf_view(&b), a);
	buf_done(&b);
	return state;
}

struct store_request
rate_key_record(enum store_op op, struct view key, int64_t now)
{
	return (struct store_request){.op = op, .type = STORE_RATE, .version = VERSION, .key = key,
		.now = now};
}

struct store_request
rate_key_request(const struct rate *r, struct view key, int64_t now, int64_t amount)
{
	struct store_request q = rate_key_record(STORE_TALLY, key, now);

	q.amount = amount;
	q.step = (r->seconds + STEPS - 1) / STEPS;
	q.window = r->seconds > q.step ? r->seconds : q.step;
	return q;
}
