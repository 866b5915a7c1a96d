/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/correspondence.h"

#include "engine/known.h"
#include "engine/state.h"
#include "util/limits.h"

bool
correspondence_is_due(const struct session *s)
{
	return s->outbound && s->e->o.store && s->e->o.settings->known_secret.p &&
		s->e->o.settings->known_life;
}

static bool
is_automatic(const struct transaction *t)
{
	if (t->envelope.null_sender)
		return true;
	for (size_t i = 0; i < t->n_headers; i++)
		if (view_is(t->headers[i].name, "Auto-Submitted"))
			return !view_starts_nocase(view_trim(t->headers[i].value), "no");
	return false;
}

/* It goes to that recipient, who is none of ours. */
static bool
is_written_to(const struct session *s, const struct recipient *r)
{
	enum verdict_kind k = r->judged.kind;

	return (k == VERDICT_NONE || k == VERDICT_ACCEPT) && r->address.domain.n &&
		list_has_text(s->e->program->own_domains, r->address.domain) == LIST_NO;
}

static size_t
add(struct session *s, enum known_kind kind, struct view who, int64_t now, struct store_request *out,
	size_t n)
{
	const struct settings *o = s->e->o.settings;
	struct view key = known_key(kind, who, o->known_secret, s->message);

	for (size_t i = 0; i < n; i++)
		if (view_eq(out[i].key, key))
			return n;
	out[n] = known_request(STORE_PUT, key, now);
	out[n].value = VIEW("1");
	out[n].expires = now + o->known_life;
	return n + 1;
}

size_t
correspondence_requests(struct session *s, int64_t now, struct store_request **out)
{
	size_t n = 0, max = s->t->n_rcpt < KNOWN_RECIPIENTS ? s->t->n_rcpt : KNOWN_RECIPIENTS;

	if (!correspondence_is_due(s) || is_automatic(s->t))
		return 0;
	*out = arena_array(s->message, 2 * max, sizeof(**out));
	for (size_t i = 0; i < max; i++) {
		const struct address *x = &s->t->rcpt[i].address;

		if (!is_written_to(s, &s->t->rcpt[i]))
			continue;
		n = add(s, KNOWN_ADDRESS, known_address(x, s->message), now, *out, n);
		if (known_domain(x).p)
			n = add(s, KNOWN_DOMAIN, known_domain(x), now, *out, n);
	}
	return n;
}
