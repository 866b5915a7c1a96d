/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/greylist_record.h"

#include <openssl/sha.h>

enum { TIME = 5, HEAD = 2 * TIME + 1, PASSED = 1, TEXTS = 3 };
static const int64_t time_max = ((int64_t)1 << (8 * TIME)) - 1;

struct view
greylist_record_key(struct view who, struct view sender, struct view recipient, struct arena *a)
{
	const struct view part[TEXTS] = {who, sender, recipient};
	unsigned char *hash = arena_alloc(a, SHA256_DIGEST_LENGTH);
	size_t n = TEXTS, at = 0;
	char *all;
	struct view text;

	for (size_t i = 0; i < TEXTS; i++)
		n += part[i].n;
	all = arena_alloc(a, n);
	for (size_t i = 0; i < TEXTS; i++) {
		if (part[i].n)
			memcpy(all + at, part[i].p, part[i].n);
		at += part[i].n;
		all[at++] = '\n';
	}
	text = arena_lower(a, view_of(all, n));
	SHA256((const unsigned char *)text.p, text.n, hash);
	return view_of(hash, SHA256_DIGEST_LENGTH);
}

static void
write_time(int64_t t, char *out)
{
	t = t < 0 ? 0 : t > time_max ? time_max : t;
	for (size_t i = 0; i < TIME; i++)
		out[i] = (char)((uint64_t)t >> (8 * (TIME - 1 - i)));
}

static int64_t
read_time(const char *p)
{
	int64_t t = 0;

	for (size_t i = 0; i < TIME; i++)
		t = t << 8 | (uint8_t)p[i];
	return t;
}

/* Numbers in network order: first, used, passed; if there are texts, each with its length before it. */
struct view
greylist_record_write(const struct greylist_record *r, char out[static GREYLIST_RECORD_MAX])
{
	const struct view text[TEXTS] = {r->organisation, r->sender, r->recipient};
	size_t n = HEAD;

	write_time(r->first, out);
	write_time(r->used, out + TIME);
	out[2 * TIME] = r->passed ? PASSED : 0;
	if (text[0].n + text[1].n + text[2].n == 0)
		return view_of(out, n);
	for (size_t i = 0; i < TEXTS; i++) {
		struct view v = view_head(text[i], GREYLIST_TEXT);

		out[n++] = (char)v.n;
		if (v.n)
			memcpy(out + n, v.p, v.n);
		n += v.n;
	}
	return view_of(out, n);
}

static bool
read_text(struct view *rest, struct view *out)
{
	size_t n = rest->n ? (uint8_t)rest->p[0] : SIZE_MAX;

	if (n > GREYLIST_TEXT || rest->n < 1 + n)
		return false;
	*out = view_head(view_skip(*rest, 1), n);
	*rest = view_skip(*rest, 1 + n);
	return true;
}

bool
greylist_record_read(struct view v, struct greylist_record *out)
{
	struct greylist_record r = {.passed = false};
	struct view rest = view_skip(v, HEAD);

	if (v.n < HEAD || (uint8_t)v.p[2 * TIME] > PASSED)
		return false;
	r.first = read_time(v.p);
	r.used = read_time(v.p + TIME);
	r.passed = v.p[2 * TIME] == PASSED;
	if (rest.n && (!read_text(&rest, &r.organisation) || !read_text(&rest, &r.sender) ||
		!read_text(&rest, &r.recipient) || rest.n ||
		r.organisation.n + r.sender.n + r.recipient.n == 0))
		return false;
	*out = r;
	return true;
}

const char *
greylist_record_state(enum greylist_state s)
{
	static const char *const names[] = {"new", "early", "passed", "known"};

	return names[s];
}

/* A known sender's record is written again only now and then: its life is long. */
static bool
worth_writing(const struct greylist_record *r, int64_t now, const struct greylist_terms *t)
{
	return now < r->used || now - r->used >= t->life / 32;
}

struct greylist_decision
greylist_record_decide(struct greylist_record *r, int64_t now, const struct greylist_terms *t)
{
	int64_t wait = t->wait < t->cap ? t->wait : t->cap;
	struct greylist_decision d = {.state = GREYLIST_EARLY, .expires = now + t->window};

	d.age = now > r->first ? now - r->first : 0;
	if (r->passed) {
		d.state = GREYLIST_KNOWN;
		d.write = worth_writing(r, now, t);
	} else if (d.age >= wait || r->first - now > GREYLIST_SKEW) {
		d.state = GREYLIST_PASSED;
		d.write = r->passed = true;
	}
	if (r->passed)
		d.expires = now + t->life;
	if (d.write)
		r->used = now;
	return d;
}
