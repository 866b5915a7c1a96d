/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/suggest.h"

enum { WORD_MAX = 64 }; /* longer words are not misspelt, and the table below is quadratic */

static const struct {
	const char *theirs, *ours;
} foreign[] = {
	{"spf.result", "spf"},
	{"dkim.result", "dkim"},
	{"dkim.pass", "dkim = pass"},
	{"dkim.domains", "dkim.domain"},
	{"dmarc.result", "dmarc"},
	{"arc.result", "arc"},
	{"urls", "url"},
	{"attach.names", "attach.name"},
	{"body.text", "body"},
	{"from", "from.address"},
	{"rcpt", "rcpt.to"},
	{"sender", "mail.from"},
	{"mailfrom", "mail.from"},
	{"mail", "mail.from"},
	{"client.addr", "client.ip"},
	{"ip", "client.ip"},
	{"helo", "helo.name"},
	{"ehlo", "helo.name"},
	{"tempfail", "defer"},
	{"deny", "reject"},
	{"drop", "discard"},
	{"delay", "tarpit"},
	{"whitelist", "accept"},
	{"welcomelist", "accept"},
	{"allow", "accept"},
	{"permit", "accept"},
	{"blacklist", "reject"},
	{"blocklist", "reject"},
	{"block", "reject"},
	{"describe", "info"},
	{"matches", "~"},
	{"like", "~"},
	{"equals", "="},
	{"eq", "="},
	{"ne", "!="},
	{"if", "when"},
	{"except", "unless"},
};

void
suggest_init(struct suggest *s, struct view word)
{
	*s = (struct suggest){.word = word, .distance = SIZE_MAX};
	for (size_t i = 0; i < sizeof(foreign) / sizeof(*foreign) && !s->foreign; i++)
		if (view_is(word, foreign[i].theirs))
			s->foreign = foreign[i].ours;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Insertions, deletions, changes and swaps of neighbours that lead from a to b, without case. */
static size_t
distance(struct view a, struct view b)
{
	size_t row[3][WORD_MAX + 1];
	size_t *before = row[0], *above = row[1], *here = row[2];

	for (size_t j = 0; j <= b.n; j++)
		here[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t *oldest = before;
		char x = view_lower(a.p[i - 1]);

		before = above;
		above = here;
		here = oldest;
		here[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			char y = view_lower(b.p[j - 1]);

			here[j] = least(least(above[j], here[j - 1]) + 1, above[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == view_lower(b.p[j - 2]) &&
				y == view_lower(a.p[i - 2]))
				here[j] = least(here[j], before[j - 2] + 1);
		}
	}
	return here[b.n];
}

static struct view
last_part(struct view v)
{
	size_t dot = view_rfind(v, '.');

	return dot < v.n ? view_skip(v, dot + 1) : v;
}

void
suggest_try(struct suggest *s, struct view candidate)
{
	size_t limit = s->word.n / 3 ? s->word.n / 3 : 1;
	struct view first = view_head(candidate, view_find(candidate, '.'));

	if (s->foreign && view_eq(candidate, view_head(view_str(s->foreign),
						     view_find(view_str(s->foreign), ' '))))
		s->foreign_fits = true;
	if (!s->tail.p && (view_eq(last_part(candidate), last_part(s->word)) ||
				  (first.n < candidate.n && view_eq(first, s->word))))
		s->tail = candidate;
	if (candidate.n == 0 || s->word.n > WORD_MAX || candidate.n > WORD_MAX ||
		s->word.n > candidate.n + limit || candidate.n > s->word.n + limit)
		return;

	size_t d = distance(s->word, candidate);

	if (d > limit || d > s->distance || (d && d >= s->word.n))
		return;
	if (d < s->distance || view_cmp(candidate, s->near) < 0)
		s->near = candidate;
	s->distance = d;
}

struct view
suggest_best(const struct suggest *s)
{
	/* Operators are nobody's candidates; every other replacement must fit the name space. */
	bool is_op = s->foreign && !view_is_alpha(s->foreign[0]);

	if (s->near.p)
		return s->near;
	if (s->foreign && (s->foreign_fits || is_op))
		return view_str(s->foreign);
	return s->tail;
}

const char *
suggest_hint(const struct suggest *s, struct arena *a)
{
	struct view best = suggest_best(s);

	return best.p ? arena_printf(a, "did you mean '%.*s'?", VIEW_ARG(best)).p : NULL;
}

const char *
suggest_words(struct view word, const char *candidates, struct arena *a)
{
	struct view rest = view_str(candidates), one;
	struct suggest s;

	suggest_init(&s, word);
	while (view_split(&rest, ' ', &one))
		suggest_try(&s, one);
	return suggest_hint(&s, a);
}
