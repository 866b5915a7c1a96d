/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/signing.h"

#include "engine/state.h"
#include "mail/from_field.h"
#include "policy/sign_table.h"
#include "util/clock.h"
#include "util/log.h"

struct signing {
	const struct sign_key *key; /* the first of them */
	size_t n;
	struct dkim_sign_body *body;
};

/* The author's domain, if there is exactly one author. */
static struct view
author_domain(struct session *s)
{
	const struct header_field *first = NULL;
	struct address from;
	size_t count = 0;

	for (size_t i = 0; i < s->t->n_headers; i++)
		if (view_is(s->t->headers[i].name, "From") && count++ == 0)
			first = &s->t->headers[i];
	if (from_field_read(first, count, s->message, &from) != FROM_FIELD_ONE)
		return (struct view){NULL, 0};
	return from.domain;
}

void
signing_begin(struct session *s)
{
	const struct sign_table *table = s->e->o.settings->sign;
	const struct sign_key *key;
	struct signing *g;
	size_t n;

	if (!table || !s->outbound || s->relayed || s->t->n_dropped)
		return;
	n = sign_table_find(table, author_domain(s), &key);
	if (n == 0)
		return;
	g = arena_new_of(s->message, struct signing);
	*g = (struct signing){key, n, dkim_sign_body_new(s->message)};
	s->t->signing = g;
}

void
signing_body(struct session *s, struct view chunk)
{
	if (s->t->signing)
		dkim_sign_body_add(s->t->signing->body, chunk);
}

size_t
signing_fields(struct session *s, struct edit_header *out)
{
	const struct signing *g = s->t->signing;
	const struct settings *o = s->e->o.settings;
	unsigned char hash[DKIM_SIGN_HASH];
	size_t n = 0;

	if (!g)
		return 0;
	dkim_sign_body_end(g->body, hash);
	for (size_t i = 0; i < g->n; i++) {
		const struct sign_key *k = &g->key[i];
		struct view value = dkim_sign_field(k->key, k->domain, k->selector, s->t->headers,
			s->t->n_headers, hash, o->now >= 0 ? o->now : clock_wall(), s->message);

		if (value.p)
			out[n++] = (struct edit_header){EDIT_ADD, VIEW("DKIM-Signature"), value, 0};
		else
			log_warn("dkim-sign", "id=%s domain=%.*s selector=%.*s the key does not sign",
				s->t->id, VIEW_ARG(k->domain), VIEW_ARG(k->selector));
	}
	return n;
}
