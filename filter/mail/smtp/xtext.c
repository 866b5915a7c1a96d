/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp/xtext.h"

#include "util/json.h"

/* The value of a hexadecimal digit, or -1. RFC 3461 has upper case only; Postfix takes both. */
static int
hex(char c)
{
	if (view_is_digit(c))
		return c - '0';
	c = view_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* xtext   = *( xchar / hexchar )
 * xchar   = any ASCII CHAR between "!" (33) and "~" (126) inclusive, except for "+" and "="
 * hexchar = ASCII "+" immediately followed by two upper case hexadecimal digits */
bool
xtext_ok(struct view text, bool utf8)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c <= ' ' || c == 127 || (c > 127 && !utf8))
			return false;
		if (c == '+' && (text.n - i < 3 || hex(text.p[i + 1]) < 0 || hex(text.p[i + 2]) < 0))
			return false;
	}
	return json_utf8(text);
}

struct view
xtext_decode(struct view text, struct arena *a)
{
	char *p;
	size_t n = 0;

	if (!xtext_ok(text, true))
		return (struct view){NULL, 0};
	p = arena_alloc(a, text.n + 1);
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '+') {
			p[n++] = (char)(hex(text.p[i + 1]) * 16 + hex(text.p[i + 2]));
			i += 2;
		} else {
			p[n++] = text.p[i];
		}
	}
	return view_of(p, n);
}

void
xtext_encode(struct view bytes, struct buf *out)
{
	for (size_t i = 0; i < bytes.n; i++) {
		unsigned char c = (unsigned char)bytes.p[i];

		if (c <= ' ' || c >= 127 || c == '+' || c == '=')
			buf_printf(out, "+%02X", c);
		else
			buf_byte(out, (char)c);
	}
}
