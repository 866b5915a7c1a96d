/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dkim/arc_set.h"

#include "mail/mime/base64.h"
#include "mail/domain.h"
#include "util/limits.h"

enum { RESULTS, MESSAGE, SEAL, FIELDS };
enum { SHA256_BYTES = 32 };

static const char *const names[FIELDS] = {
	"ARC-Authentication-Results", "ARC-Message-Signature", "ARC-Seal"};

struct reading {
	struct arena *arena;
	struct arc_set *set;
	size_t n;        /* the highest instance seen */
	const char *why; /* the first fault; the rest is not read */
};

/* FIELDS: none of them. */
static int
field_kind(struct view name)
{
	int k = 0;

	while (k < FIELDS && !view_is(name, names[k]))
		k++;
	return k;
}

bool
arc_set_is_field(struct view name)
{
	return field_kind(name) < FIELDS;
}

static void
fault(struct reading *r, const char *why)
{
	if (!r->why)
		r->why = why;
}

/* ---- which set a field belongs to ---- */

/* instance = [CFWS] %s"i" [CFWS] "=" [CFWS] 1*2DIGIT [CFWS]; comments are not met in the wild. */
static bool
read_instance(struct view v, size_t *out)
{
	uint64_t i;

	if (!view_number(view_trim(v), ARC_SETS, &i) || i == 0)
		return false;
	*out = (size_t)i;
	return true;
}

/* arc-info = instance [CFWS] ";" authres-payload */
static bool
read_results(struct view value, size_t *i, struct view *payload)
{
	size_t semi = view_find(value, ';');
	struct view first = view_head(value, semi);
	size_t eq = view_find(first, '=');

	*payload = view_skip(value, semi + 1);
	return semi < value.n && view_eq_str(view_trim(view_head(first, eq)), "i") &&
		read_instance(view_skip(first, eq + 1), i);
}

static const struct header_field **
place_of(struct arc_set *s, int kind)
{
	return kind == RESULTS ? &s->results : kind == MESSAGE ? &s->message : &s->seal;
}

static void
read_field(struct reading *r, const struct header_field *h, int kind)
{
	struct view payload = {NULL, 0};
	const struct header_field **place;
	struct taglist tags;
	const char *why;
	size_t i;

	if (kind == RESULTS) {
		if (!read_results(h->value, &i, &payload)) {
			fault(r, "an ARC-Authentication-Results without instance");
			return;
		}
	} else if (!taglist_read(h->value, &tags, &why) || !read_instance(taglist_get(&tags, "i"), &i)) {
		fault(r, kind == SEAL ? "an ARC-Seal that cannot be read"
				: "an ARC-Message-Signature that cannot be read");
		return;
	}
	place = place_of(&r->set[i - 1], kind);
	if (*place)
		fault(r, "two fields of one kind in a set");
	*place = h;
	if (kind == RESULTS)
		r->set[i - 1].authres = payload;
	r->n = i > r->n ? i : r->n;
}

/* ---- signatures ---- */

static bool
names_ok(struct view v)
{
	if (v.n == 0 || v.n > DOMAIN_MAX)
		return false;
	for (size_t i = 0; i < v.n; i++)
		if (!view_is_alpha(v.p[i]) && !view_is_digit(v.p[i]) && v.p[i] != '-' && v.p[i] != '_' &&
			v.p[i] != '.')
			return false;
	return true;
}

static const char *
read_signature(const struct taglist *t, struct arena *a, struct arc_signature *out)
{
	struct view alg = taglist_get(t, "a"), when = taglist_get(t, "t");
	struct view d = domain_a_labels(taglist_get(t, "d"), a), s = domain_a_labels(taglist_get(t, "s"), a);
	uint64_t number;

	out->ed25519 = view_eq_str(alg, "ed25519-sha256");
	if (!out->ed25519 && !view_eq_str(alg, "rsa-sha256"))
		return "a= is not rsa-sha256 or ed25519-sha256";
	if (!names_ok(d) || !names_ok(s))
		return "d= or s= is missing or no name";
	if (when.p && !view_number(when, INT64_MAX, &number))
		return "t= is no time";
	out->d = arena_lower(a, d);
	out->s = s;
	out->b = base64_decode(taglist_compact(taglist_get(t, "b"), a), a);
	if (!out->b.p)
		return "b= is missing or not base64";
	return NULL;
}

/* RFC 8617 4.1.3: what is told of the chain so far; a seal has no h=. */
static void
read_seal(struct reading *r, size_t i)
{
	struct arc_set *s = &r->set[i];
	struct taglist t;
	const char *why;
	struct view cv;

	if (!taglist_read(s->seal->value, &t, &why))
		return;
	cv = taglist_get(&t, "cv");
	if (view_eq_str(cv, "fail"))
		fault(r, "a seal says that the chain failed");
	if (!view_eq_str(cv, i == 0 ? "none" : "pass"))
		fault(r, "cv= of a seal does not suit its place");
	if (taglist_get(&t, "h").p)
		fault(r, "a seal has h=");
	why = read_signature(&t, r->arena, &s->seal_signature);
	if (why)
		fault(r, why);
}

static bool
lists(struct view h, const char *name)
{
	struct view one;

	while (view_split(&h, ':', &one))
		if (view_is(one, name))
			return true;
	return false;
}

/* RFC 8617 4.1.2: a DKIM signature but for i=, v= and what h= may hold. A chain that does not cover From
 * says nothing of the author. Without c= sealers mean relaxed/relaxed, as the open test suite has it,
 * though DKIM's default is simple. */
static void
read_message(struct reading *r, struct arc_set *s, bool newest)
{
	struct taglist t;
	const char *why;
	struct view c, l;

	if (!taglist_read(s->message->value, &t, &why))
		return;
	why = read_signature(&t, r->arena, &s->message_signature);
	if (why)
		fault(r, why);
	s->h = taglist_compact(taglist_get(&t, "h"), r->arena);
	if (!lists(s->h, "From") || lists(s->h, names[SEAL]))
		fault(r, "h= lacks From, or has ARC-Seal");
	if (!newest)
		return;
	c = taglist_compact(taglist_get(&t, "c"), r->arena);
	if (!canonical_read(c.p ? c : VIEW("relaxed/relaxed"), &s->header, &s->body))
		fault(r, "c= is unknown");
	s->bh = base64_decode(taglist_compact(taglist_get(&t, "bh"), r->arena), r->arena);
	if (s->bh.n != SHA256_BYTES)
		fault(r, "bh= is missing or no SHA-256");
	l = taglist_get(&t, "l");
	s->l = UINT64_MAX;
	if (l.p && !view_number(l, UINT64_MAX, &s->l))
		fault(r, "l= is no number");
}

void
arc_set_read(const struct header_field *h, size_t n, struct arena *a, struct arc_chain *out)
{
	struct reading r = {.arena = a, .set = arena_array(a, ARC_SETS, sizeof(*r.set))};
	bool any = false;

	for (size_t i = 0; i < n && !r.why; i++) {
		int kind = field_kind(h[i].name);

		any |= kind < FIELDS;
		if (kind < FIELDS)
			read_field(&r, &h[i], kind);
	}
	for (size_t i = 0; i < r.n && !r.why; i++)
		if (!r.set[i].results || !r.set[i].message || !r.set[i].seal)
			fault(&r, "a set is not complete");
	for (size_t i = r.n; i-- > 0 && !r.why;) {
		read_seal(&r, i);
		read_message(&r, &r.set[i], i + 1 == r.n);
	}
	*out = (struct arc_chain){.status = !any ? ARC_CHAIN_NONE : r.why ? ARC_CHAIN_BAD : ARC_CHAIN_OK,
		.why = r.why, .set = r.set, .n = r.n};
}
