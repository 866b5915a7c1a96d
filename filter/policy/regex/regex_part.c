/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/regex/regex_part.h"

const struct regex_part regex_part_nothing = {.exact = true, .set = {.n = 1}};
const struct regex_part regex_part_anything = {.exact = false};

static bool
same(const struct regex_literal *a, const struct regex_literal *b)
{
	return a->n == b->n && memcmp(a->s, b->s, a->n) == 0;
}

bool
regex_part_add(struct regex_literals *set, const struct regex_literal *one)
{
	for (uint8_t i = 0; i < set->n; i++)
		if (same(&set->literal[i], one))
			return true;
	if (set->n == REGEX_LITERALS)
		return false;
	set->literal[set->n++] = *one;
	return true;
}

unsigned
regex_part_shortest(const struct regex_literals *set)
{
	unsigned n = set->n ? REGEX_LITERAL_MAX : 0;

	for (uint8_t i = 0; i < set->n; i++)
		n = set->literal[i].n < n ? set->literal[i].n : n;
	return n;
}

/* Longer words are rarer; beyond six bytes that gains little, and fewer words are better. */
static bool
is_better(const struct regex_literals *a, const struct regex_literals *b)
{
	unsigned x = regex_part_shortest(a), y = regex_part_shortest(b);

	if (x < REGEX_LITERAL_MIN || y < REGEX_LITERAL_MIN)
		return x >= REGEX_LITERAL_MIN;
	x = x < 6 ? x : 6;
	y = y < 6 ? y : 6;
	return x != y ? x > y : a->n < b->n;
}

/* What is claimed of the part where it is not the whole. */
static void
claim(const struct regex_part *p, struct regex_literals *best)
{
	if (is_better(&p->set, best))
		*best = p->set;
}

/* a, then b; false if the words would be too many or too long. */
static bool
product(const struct regex_literals *a, const struct regex_literals *b, struct regex_literals *out)
{
	out->n = 0;
	for (uint8_t i = 0; i < a->n; i++) {
		for (uint8_t k = 0; k < b->n; k++) {
			struct regex_literal w = a->literal[i];

			if (w.n + b->literal[k].n > REGEX_LITERAL_MAX)
				return false;
			memcpy(w.s + w.n, b->literal[k].s, b->literal[k].n);
			w.n = (uint8_t)(w.n + b->literal[k].n);
			if (!regex_part_add(out, &w))
				return false;
		}
	}
	return true;
}

void
regex_part_optional(struct regex_part *p)
{
	if (!p->exact || !regex_part_add(&p->set, &regex_part_nothing.set.literal[0]))
		*p = regex_part_anything;
}

/* One of the branches matches, so one of the words of all of them is there. */
void
regex_part_or(struct regex_part *p, const struct regex_part *branch)
{
	bool room = p->set.n && branch->set.n;

	p->exact &= branch->exact;
	for (uint8_t i = 0; i < branch->set.n; i++)
		room &= regex_part_add(&p->set, &branch->set.literal[i]);
	if (!room)
		*p = regex_part_anything;
}

/* ---- sequences ---- */

void
regex_part_append(struct regex_sequence *s, const struct regex_part *p)
{
	struct regex_literals joined;

	if (p->exact && product(&s->run.set, &p->set, &joined)) {
		s->run.set = joined;
		return;
	}
	claim(&s->run, &s->best);
	claim(p, &s->best);
	s->run = p->exact ? *p : regex_part_nothing;
	s->whole = false;
}

void
regex_part_append_repeated(struct regex_sequence *s, const struct regex_part *p)
{
	regex_part_append(s, p);
	claim(&s->run, &s->best);
	s->run = p->exact ? *p : regex_part_nothing; /* the last time, before what follows */
	s->whole = false;
}

void
regex_part_finish(struct regex_sequence *s, struct regex_part *out)
{
	claim(&s->run, &s->best);
	out->exact = s->whole;
	out->set = s->whole ? s->run.set : s->best;
}
