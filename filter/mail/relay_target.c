/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/relay_target.h"

#include "mail/domain.h"

/* What parts the words of a local part for those who route by it. */
static bool
parts(char c)
{
	return strchr("@%!:,;<> \t", c) != NULL; /* NUL too */
}

static void
add(struct relay_target *t, struct view domain)
{
	if (t->n == RELAY_TARGETS)
		t->unclear = true;
	else
		t->domain[t->n++] = domain;
}

static void
add_word(struct relay_target *t, struct view word, struct arena *a)
{
	struct view domain = domain_normal(word, a);

	if (domain.p)
		add(t, domain);
	else
		t->unclear = true;
}

/* "@domain" and "%domain" name what is behind them, "domain!" what is before it. */
void
relay_target_find(const struct address *rcpt, struct arena *a, struct relay_target *out)
{
	struct view local = rcpt->local;
	size_t start = 0; /* of the word that ends at i */

	*out = (struct relay_target){.n = 0};
	if (rcpt->domain.p)
		add(out, rcpt->domain);
	for (size_t i = 0; i <= local.n; i++) {
		struct view word = view_of(local.p + start, i - start);
		bool named = start > 0 && (local.p[start - 1] == '@' || local.p[start - 1] == '%');

		if (i < local.n && !parts(local.p[i]))
			continue;
		if (named || (i < local.n && local.p[i] == '!'))
			add_word(out, word, a);
		start = i + 1;
	}
}
