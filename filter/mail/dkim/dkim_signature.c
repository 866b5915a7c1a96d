/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dkim/dkim_signature.h"

#include "mail/domain.h"

/* Everything that the single tests look at. */
struct reading {
	struct taglist tags;
	struct arena *arena;
	int64_t now;
	enum dkim_signature_status fault; /* of what the running test finds */
	struct dkim_signature *out;
};

static struct view
tag(const struct reading *r, const char *name)
{
	return taglist_compact(taglist_get(&r->tags, name), r->arena);
}

static bool
is_hex(char c)
{
	return view_is_digit(c) || (view_lower(c) >= 'a' && view_lower(c) <= 'f');
}

/* sub-domain = Let-dig [Ldh-str], and the underscore, as the DNS has it. */
static bool
domain_ok(struct view v)
{
	struct view label;

	if (v.n == 0 || v.n > DOMAIN_MAX)
		return false;
	while (view_split(&v, '.', &label)) {
		if (label.n == 0 || label.n > LABEL_MAX)
			return false;
		for (size_t i = 0; i < label.n; i++)
			if (!view_is_alpha(label.p[i]) && !view_is_digit(label.p[i]) &&
				label.p[i] != '-' && label.p[i] != '_')
				return false;
	}
	return true;
}

/* sig-a-tag-alg = "rsa-sha1" / "rsa-sha256" / "ed25519-sha256" */
static const char *
check_algorithm(struct reading *r)
{
	r->out->a = tag(r, "a");
	if (!r->out->a.p)
		r->out->a = VIEW("");
	if (view_is(r->out->a, "rsa-sha256"))
		r->out->alg = DKIM_RSA_SHA256;
	else if (view_is(r->out->a, "ed25519-sha256"))
		r->out->alg = DKIM_ED25519_SHA256;
	else if (view_is(r->out->a, "rsa-sha1")) {
		r->fault = DKIM_SIGNATURE_WEAK;
		return "rsa-sha1 is no longer valid";
	} else
		return "unknown a=";
	return NULL;
}

/* sig-c-tag-alg [ "/" sig-c-tag-alg ] */
static const char *
check_canon(struct reading *r)
{
	struct view c = tag(r, "c");

	c = c.p ? arena_lower(r->arena, c) : c;
	return canonical_read(c, &r->out->header, &r->out->body) ? NULL : "unknown c=";
}

static bool
is_ascii(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if ((unsigned char)v.p[i] >= 0x80)
			return false;
	return true;
}

/* RFC 8616 section 5: U-labels become A-labels for the name of the key and for all comparisons. */
static struct view
a_labels(struct reading *r, struct view name)
{
	r->out->own |= !is_ascii(name);
	return domain_a_labels(name, r->arena);
}

static const char *
check_names(struct reading *r)
{
	struct view d = tag(r, "d"), s = tag(r, "s");

	r->out->d = d.p ? arena_lower(r->arena, a_labels(r, d)) : VIEW("");
	r->out->s = s.p ? a_labels(r, s) : VIEW("");
	if (!domain_ok(r->out->d))
		return "d= is missing or no domain";
	if (!domain_ok(r->out->s))
		return "s= is missing or no selector";
	return NULL;
}

/* i= [ Local-part ] "@" domain-name in dkim-quoted-printable: every '=' has two hex digits behind
 * it. */
static const char *
check_identity(struct reading *r)
{
	struct view i = tag(r, "i"), d = r->out->d, domain;

	r->out->i = i;
	r->out->i_is_d = true;
	if (!i.p)
		return NULL;
	if (i.n > DKIM_I_MAX)
		return "i= is too long";
	for (size_t k = 0; k < i.n; k++)
		if (i.p[k] == '=' && (k + 2 >= i.n || !is_hex(i.p[k + 1]) || !is_hex(i.p[k + 2])))
			return "i= has a stray '='";
	r->out->own |= !is_ascii(i);
	domain = a_labels(r, view_skip(i, view_rfind(i, '@') + 1));
	if (view_find(i, '@') == i.n)
		return "i= is no address";
	r->out->i_is_d = view_eq_nocase(domain, d);
	if (r->out->i_is_d)
		return NULL;
	if (domain.n > d.n && domain.p[domain.n - d.n - 1] == '.' && view_ends_nocase(domain, d))
		return NULL;
	return "i= is not under d=";
}

/* sig-h-tag = %x68 [FWS] "=" [FWS] hdr-name *( [FWS] ":" [FWS] hdr-name ) */
static const char *
check_fields(struct reading *r)
{
	struct view h = tag(r, "h"), name;
	size_t n = 0;
	bool from = false;

	r->out->h = h;
	if (h.n > DKIM_H_MAX)
		return "h= is too long";
	while (view_split(&h, ':', &name)) {
		if (name.n == 0 || ++n > DKIM_SIGNED_NAMES)
			return "h= has an empty name, or too many";
		from = from || view_is(name, "from");
		r->out->own |= view_is(name, "dkim-signature");
	}
	return from ? NULL : "From is not signed";
}

/* sig-q-tag-method = "dns/txt" / x-sig-q-tag-type */
static const char *
check_query(struct reading *r)
{
	struct view q = tag(r, "q"), method;

	if (!q.p)
		return NULL;
	while (view_split(&q, ':', &method))
		if (view_is(method, "dns/txt"))
			return NULL;
	return "unknown q=";
}

/* A number tag: false if it is there and no number. */
static bool
number(struct reading *r, const char *name, bool *has_out, uint64_t *out)
{
	struct view v = tag(r, name);

	*has_out = v.p != NULL;
	return !v.p || view_number(v, INT64_MAX, out);
}

static const char *
check_times(struct reading *r)
{
	uint64_t t = 0, x = 0;
	bool has_t, has_x;
	int64_t now = r->now;

	if (!number(r, "t", &has_t, &t) || !number(r, "x", &has_x, &x))
		return "t= or x= is no time";
	if (has_t && has_x && x <= t)
		return "x= is not after t=";
	if (has_x && now > DKIM_CLOCK_DRIFT && (int64_t)x < now - DKIM_CLOCK_DRIFT) {
		r->fault = DKIM_SIGNATURE_EXPIRED;
		return "signature has expired";
	}
	if (has_t && (int64_t)t > now && (int64_t)t - now > DKIM_CLOCK_DRIFT)
		return "signed in the future";
	return NULL;
}

/* base64string = ALPHADIGITPS *([FWS] ALPHADIGITPS) [ [FWS] "=" [ [FWS] "=" ] ] */
static bool
base64_ok(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (!view_is_alpha(v.p[i]) && !view_is_digit(v.p[i]) && v.p[i] != '+' &&
			v.p[i] != '/' && !(v.p[i] == '=' && i + 2 >= v.n))
			return false;
	return true;
}

static const char *
check_rest(struct reading *r)
{
	struct view b = tag(r, "b"), bh = tag(r, "bh"), v = taglist_get(&r->tags, "v");

	r->out->b = b.p ? view_head(b, 8) : VIEW("");
	r->out->b_text = b;
	r->out->bh = bh;
	if (!view_eq_str(v, "1"))
		return "unknown v=";
	if (b.n == 0 || bh.n == 0)
		return "b= or bh= is missing";
	if (!base64_ok(b) || !base64_ok(bh))
		return "b= or bh= is no base64";
	if (!number(r, "l", &r->out->has_l, &r->out->l))
		return "l= is no number";
	return NULL;
}

/* RFC 8616 allows UTF-8 in d=, s= and i=, and nowhere else. */
static const char *
check_ascii(struct reading *r)
{
	for (size_t i = 0; i < r->tags.n; i++) {
		struct view name = r->tags.tag[i].name;

		if (!view_eq_str(name, "d") && !view_eq_str(name, "s") && !view_eq_str(name, "i") &&
			!is_ascii(r->tags.tag[i].value))
			return "a tag is not ASCII";
	}
	return NULL;
}

/* All run, whatever the first finds: the later ones fill fields that are reported. */
static const char *(*const checks[])(struct reading *r) = {check_ascii, check_names, check_rest,
	check_algorithm, check_canon, check_identity, check_fields, check_query, check_times};

void
dkim_signature_read(struct view value, int64_t now, struct arena *a, struct dkim_signature *out)
{
	struct reading r = {.arena = a, .now = now, .out = out};

	*out = (struct dkim_signature){
		.d = VIEW(""), .s = VIEW(""), .a = VIEW(""), .b = VIEW(""), .i_is_d = true};
	if (!taglist_read(value, &r.tags, &out->why)) {
		out->status = DKIM_SIGNATURE_BAD;
		return;
	}
	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
		const char *why;

		r.fault = DKIM_SIGNATURE_BAD;
		why = checks[i](&r);
		if (why && !out->why) {
			out->why = why;
			out->status = r.fault;
		}
	}
}

struct view
dkim_signature_key_name(const struct dkim_signature *g, struct arena *a)
{
	return arena_printf(a, "%.*s._domainkey.%.*s", VIEW_ARG(g->s), VIEW_ARG(g->d));
}
