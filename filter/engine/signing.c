/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/signing.h"

#include "engine/state.h"
#include "mail/authres_read.h"
#include "mail/from_field.h"
#include "policy/sign_table.h"
#include "util/clock.h"
#include "util/log.h"

struct signing {
	const struct sign_key *key; /* the first of them */
	size_t n;
	struct dkim_sign_body *body;
	struct view names; /* of those that signed */
	struct view why;   /* there is no signature */
};

static enum from_field_status
author(struct session *s, struct view *domain_out)
{
	const struct header_field *first = NULL;
	enum from_field_status status;
	struct address from;
	size_t count = 0;

	for (size_t i = 0; i < s->t->n_headers; i++)
		if (view_is(s->t->headers[i].name, "From") && count++ == 0)
			first = &s->t->headers[i];
	status = from_field_read(first, count, s->message, &from);
	*domain_out = from.domain;
	return status;
}

/* A stranger's mail comes back to us when a content filter, a list or somebody's redirection sends it on.
 * It bears our own results then (a stranger's field with our id would have been removed), and if they do not
 * say that it was this author's, a signature would say so now. */
static bool
is_strangers(struct session *s, struct view domain)
{
	struct authres_field *f = arena_new_of(s->message, struct authres_field);

	for (size_t i = 0; i < s->t->n_headers; i++) {
		const struct header_field *h = &s->t->headers[i];
		const struct authres_result *r;

		if (!view_is(h->name, "Authentication-Results") || !edits_is_ours(s, h->value))
			continue;
		authres_read(h->value, s->message, f);
		r = authres_read_find(f, "dmarc");
		if (r && !view_is(r->result, "pass") &&
			view_eq_nocase(authres_read_prop(r, "header.from"), domain))
			return true;
	}
	return false;
}

/* Finds the keys. Absent: they shall sign; else why they shall not. */
static struct view
choose(struct session *s, struct signing *g)
{
	enum from_field_status status;
	struct view domain;

	if (s->t->n_dropped)
		return VIEW("the header is over the limits");
	status = author(s, &domain);
	if (status != FROM_FIELD_ONE)
		return view_str(from_field_why(status));
	g->n = sign_table_find(s->e->o.settings->sign, domain, &g->key);
	if (g->n == 0)
		return arena_printf(s->message, "no key for %.*s", VIEW_ARG(domain));
	if (is_strangers(s, domain))
		return VIEW("it came from outside, and was not authentic then");
	return s->e->o.settings->dry_run ? VIEW("dry-run") : (struct view){NULL, 0};
}

void
signing_begin(struct session *s)
{
	struct signing *g;

	if (!s->e->o.settings->sign || !s->outbound || s->relayed)
		return;
	g = arena_new_of(s->message, struct signing);
	*g = (struct signing){.n = 0};
	g->why = choose(s, g);
	if (!g->why.p)
		g->body = dkim_sign_body_new(s->message);
	s->t->signing = g;
}

void
signing_body(struct session *s, struct view chunk)
{
	if (s->t->signing && s->t->signing->body)
		dkim_sign_body_add(s->t->signing->body, chunk);
}

size_t
signing_fields(struct session *s, struct edit_header *out)
{
	struct signing *g = s->t->signing;
	const struct settings *o = s->e->o.settings;
	unsigned char hash[DKIM_SIGN_HASH];
	size_t n = 0;

	if (!g || !g->body)
		return 0;
	dkim_sign_body_end(g->body, hash);
	for (size_t i = 0; i < g->n; i++) {
		const struct sign_key *k = &g->key[i];
		struct view value = dkim_sign_field(k->key, k->domain, k->selector, s->t->headers,
			s->t->n_headers, hash, o->now >= 0 ? o->now : clock_wall(), s->message);

		if (!value.p) {
			log_warn("dkim-sign", "id=%s domain=%.*s selector=%.*s the key does not sign",
				s->t->id, VIEW_ARG(k->domain), VIEW_ARG(k->selector));
			continue;
		}
		out[n++] = (struct edit_header){EDIT_ADD, VIEW("DKIM-Signature"), value, 0};
		g->names = arena_printf(s->message, "%.*s%s%.*s._domainkey.%.*s", VIEW_ARG(g->names),
			g->names.n ? "," : "", VIEW_ARG(k->selector), VIEW_ARG(k->domain));
	}
	return n;
}

struct view
signing_names(const struct session *s)
{
	return s->t->signing ? s->t->signing->names : (struct view){NULL, 0};
}

struct view
signing_why_not(const struct session *s)
{
	return s->t->signing ? s->t->signing->why : (struct view){NULL, 0};
}
