/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dkim/body_lines.h"

bool
body_lines_bare_cr(struct view v)
{
	for (size_t at = view_find(v, '\r'); at + 1 < v.n; at += 1 + view_find(view_skip(v, at + 1), '\r'))
		if (v.p[at + 1] != '\n')
			return true;
	return false;
}

/* after_cr: the byte before v is a CR. */
static bool
bare_lf(struct view v, bool after_cr)
{
	for (size_t at = view_find(v, '\n'); at < v.n; at += 1 + view_find(view_skip(v, at + 1), '\n'))
		if (at ? v.p[at - 1] != '\r' : !after_cr)
			return true;
	return false;
}

void
body_lines_add(struct body_lines *b, struct view piece)
{
	size_t n = piece.n;

	if (n == 0)
		return;
	b->bare |= (b->cr && piece.p[0] != '\n') || body_lines_bare_cr(piece) || bare_lf(piece, b->cr);
	while (n > 0 && !view_is_space(piece.p[n - 1]))
		n--;
	b->word = n > 0 ? piece.n - n : b->word + piece.n;
	b->ended = piece.p[piece.n - 1] == '\n' && (piece.n > 1 ? piece.p[piece.n - 2] == '\r' : b->cr);
	b->cr = piece.p[piece.n - 1] == '\r';
}
