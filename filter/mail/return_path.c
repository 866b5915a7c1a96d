/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/return_path.h"

#include "mail/domain.h"

enum { MARKS = 4 }; /* one inside the other: forwarded by two hosts, and marked by the first */

struct mailbox {
	struct view local, domain;
};

/* Takes the piece up to sep; absent, with rest untouched, if there is no sep. */
static struct view
take(struct view *rest, char sep)
{
	size_t at = view_find(*rest, sep);
	struct view piece = view_head(*rest, at);

	if (at == rest->n)
		return (struct view){NULL, 0};
	*rest = view_skip(*rest, at + 1);
	return piece;
}

/* prvs=KDDDSSSSSS=joe (draft-levine-smtp-batv), prvs=joe/KDDDSSSSSS (its first edition), btv1==HASH==joe,
 * msprvs1=HASH=joe. */
static bool
unmark(struct mailbox *m)
{
	static const char *const marks[] = {"prvs=", "msprvs1=", "btv1=="};
	struct view rest;
	size_t i = 0;

	while (i < sizeof(marks) / sizeof(*marks) && !view_starts_nocase(m->local, marks[i]))
		i++;
	if (i == sizeof(marks) / sizeof(*marks))
		return false;
	rest = view_skip(m->local, strlen(marks[i]));
	if (take(&rest, '=').p) {
		if (i == 2 && rest.n && *rest.p == '=')
			rest = view_skip(rest, 1);
	} else {
		rest = view_head(rest, view_find(rest, '/'));
	}
	if (rest.n == 0)
		return false;
	m->local = rest;
	return true;
}

static bool
is_srs_sign(char c)
{
	return c == '=' || c == '-' || c == '+';
}

/* HHH=TT=domain=local */
static bool
take_srs0(struct view rest, struct mailbox *out)
{
	struct view domain;

	if (!take(&rest, '=').p || !take(&rest, '=').p)
		return false;
	domain = take(&rest, '=');
	if (domain.n == 0 || rest.n == 0)
		return false;
	*out = (struct mailbox){rest, domain};
	return true;
}

/* SRS0=HHH=TT=domain=local, SRS1=HHH=host==HHH=TT=domain=local; the sign behind SRS0 may be - or + as well,
 * and so may what SRS1 kept of it. */
static bool
unforward(struct mailbox *m, struct arena *a)
{
	struct mailbox found;
	struct view rest = view_skip(m->local, 5);

	if (m->local.n < 6 || !view_starts_nocase(m->local, "srs") || !is_srs_sign(m->local.p[4]))
		return false;
	if (m->local.p[3] == '1') {
		if (!take(&rest, '=').p || !take(&rest, '=').p || rest.n == 0 || !is_srs_sign(*rest.p))
			return false;
		rest = view_skip(rest, 1);
	} else if (m->local.p[3] != '0') {
		return false;
	}
	if (!take_srs0(rest, &found))
		return false;
	found.domain = domain_normal(found.domain, a);
	if (!found.domain.p || domain_labels(found.domain) < 2)
		return false;
	*m = found;
	return true;
}

static struct mailbox
mailbox(const struct address *from, bool forwarded, struct arena *a)
{
	struct mailbox m = {from->local, from->domain};
	size_t plus;

	for (int i = 0; i < MARKS && (unmark(&m) || (forwarded && unforward(&m, a))); i++)
		;
	plus = view_find(m.local, '+');
	m.local = arena_lower(a, plus ? view_head(m.local, plus) : m.local);
	return m;
}

static struct view
text(struct view local, struct view domain, struct arena *a)
{
	char *out = arena_alloc(a, local.n + 1 + domain.n); /* there may be a NUL in it */

	if (local.n)
		memcpy(out, local.p, local.n);
	out[local.n] = '@';
	if (domain.n)
		memcpy(out + local.n + 1, domain.p, domain.n);
	return arena_lower(a, view_of(out, local.n + 1 + domain.n));
}

struct view
return_path_mailbox(const struct address *from, struct arena *a)
{
	struct mailbox m;

	if (!from)
		return VIEW("<>");
	m = mailbox(from, true, a);
	return text(m.local, m.domain, a);
}

struct view
return_path_claimed(const struct address *from, struct arena *a)
{
	struct mailbox m = mailbox(from, false, a);

	return text(m.local, m.domain, a);
}

static bool
is_of_word(char c)
{
	return view_is_digit(c) || view_is_alpha(c) || (unsigned char)c >= 0x80;
}

static bool
is_numbered(struct view word)
{
	size_t digits = 0, hex = 0;

	for (size_t i = 0; i < word.n; i++) {
		digits += view_is_digit(word.p[i]);
		hex += view_is_digit(word.p[i]) || (word.p[i] >= 'a' && word.p[i] <= 'f');
	}
	return digits == word.n || (hex == word.n && digits && word.n >= 4) || (word.n >= 8 && digits >= 2);
}

/* The word at the front of *rest, which begins with none of its signs. */
static struct view
take_word(struct view *rest)
{
	struct view word;
	size_t n = 0;

	while (n < rest->n && is_of_word(rest->p[n]))
		n++;
	word = view_head(*rest, n);
	*rest = view_skip(*rest, n);
	return word;
}

/* out has room for local. Signs between two runs go with them. */
static struct view
number(struct view local, char *out)
{
	struct view rest = local;
	size_t n = 0, numbered_end = SIZE_MAX;

	while (rest.n) {
		struct view word = take_word(&rest);

		if (word.n == 0) {
			out[n++] = *rest.p;
			rest = view_skip(rest, 1);
			continue;
		}
		if (!is_numbered(word)) {
			memcpy(out + n, word.p, word.n);
			n += word.n;
			numbered_end = SIZE_MAX;
			continue;
		}
		n = numbered_end < n ? numbered_end : n;
		if (n != numbered_end)
			out[n++] = '#';
		numbered_end = n;
	}
	return view_of(out, n);
}

struct view
return_path_pattern(const struct address *from, struct arena *a)
{
	struct mailbox m;
	struct view rest;

	if (!from)
		return VIEW("<>");
	m = mailbox(from, true, a);
	rest = m.local;
	take_word(&rest);
	return text(rest.n ? number(m.local, arena_alloc(a, m.local.n)) : m.local, m.domain, a);
}
