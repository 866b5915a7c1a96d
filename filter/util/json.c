/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/json.h"

void
json_init(struct json *j, struct buf *out)
{
	*j = (struct json){.out = out};
}

static void
begin(struct json *j)
{
	if (j->comma)
		buf_byte(j->out, ',');
	j->comma = true;
}

void
json_open(struct json *j, char bracket)
{
	begin(j);
	buf_byte(j->out, bracket);
	j->comma = false;
}

void
json_close(struct json *j, char bracket)
{
	buf_byte(j->out, bracket);
	j->comma = true;
}

/* Length of the well-formed sequence at the front of v, 0 if there is none (RFC 3629 section 4). */
static size_t
sequence(struct view v)
{
	uint8_t a = (uint8_t)v.p[0];
	size_t n = a < 0x80 ? 1 : a >= 0xc2 && a < 0xe0 ? 2 : a >= 0xe0 && a < 0xf0 ? 3
		: a >= 0xf0 && a < 0xf5 ? 4 : 0;
	uint8_t b = n > 1 && v.n > 1 ? (uint8_t)v.p[1] : 0x80;

	if (n == 0 || v.n < n)
		return 0;
	for (size_t i = 1; i < n; i++)
		if (((uint8_t)v.p[i] & 0xc0) != 0x80)
			return 0;
	if ((a == 0xe0 && b < 0xa0) || (a == 0xed && b > 0x9f) || (a == 0xf0 && b < 0x90) ||
		(a == 0xf4 && b > 0x8f))
		return 0;
	return n;
}

bool
json_utf8(struct view v)
{
	while (v.n) {
		size_t n = sequence(v);

		if (n == 0)
			return false;
		v = view_skip(v, n);
	}
	return true;
}

/* How many bytes at the front stand for themselves: most texts are of nothing else. */
static size_t
plain(struct view v)
{
	size_t n = 0;

	while (n < v.n && v.p[n] >= 0x20 && v.p[n] < 0x7f && v.p[n] != '"' && v.p[n] != '\\')
		n++;
	return n;
}

/* Writes one that is not plain, and returns its length. A byte that is no UTF-8 becomes U+FFFD: keys may
 * come from outside and have no other form. */
static size_t
special(struct json *j, struct view v)
{
	size_t n = sequence(v);
	uint8_t c = (uint8_t)v.p[0];

	if (n == 0)
		buf_str(j->out, "\\ufffd");
	else if (c == '"' || c == '\\')
		buf_printf(j->out, "\\%c", c);
	else if (c < 0x20 || c == 0x7f)
		buf_printf(j->out, "\\u%04x", c);
	else if (c == 0xc2 && (uint8_t)v.p[1] < 0xa0) /* C1 controls: terminals obey them, too */
		buf_printf(j->out, "\\u%04x", (uint8_t)v.p[1]);
	else
		buf_add(j->out, view_head(v, n));
	return n ? n : 1;
}

static void
string(struct json *j, struct view v)
{
	buf_byte(j->out, '"');
	while (v.n) {
		size_t n = plain(v);

		buf_add(j->out, view_head(v, n));
		v = view_skip(v, n);
		if (v.n)
			v = view_skip(v, special(j, v));
	}
	buf_byte(j->out, '"');
}

static void
base64(struct json *j, struct view v)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	buf_str(j->out, "{\"b64\":\"");
	for (size_t i = 0; i < v.n; i += 3) {
		size_t left = v.n - i;
		uint32_t w = (uint32_t)(uint8_t)v.p[i] << 16;

		w |= left > 1 ? (uint32_t)(uint8_t)v.p[i + 1] << 8 : 0;
		w |= left > 2 ? (uint32_t)(uint8_t)v.p[i + 2] : 0;
		buf_byte(j->out, set[w >> 18]);
		buf_byte(j->out, set[w >> 12 & 63]);
		buf_byte(j->out, left > 1 ? set[w >> 6 & 63] : '=');
		buf_byte(j->out, left > 2 ? set[w & 63] : '=');
	}
	buf_str(j->out, "\"}");
}

void
json_key_view(struct json *j, struct view key)
{
	begin(j);
	string(j, key);
	buf_byte(j->out, ':');
	j->comma = false;
}

void
json_key(struct json *j, const char *key)
{
	json_key_view(j, view_str(key));
}

void
json_text(struct json *j, struct view v)
{
	if (!v.p) {
		json_null(j);
		return;
	}
	begin(j);
	if (json_utf8(v))
		string(j, v);
	else
		base64(j, v);
}

void
json_number(struct json *j, long long n)
{
	begin(j);
	buf_printf(j->out, "%lld", n);
}

void
json_hundredths(struct json *j, long long n)
{
	unsigned long long size = n < 0 ? 0 - (unsigned long long)n : (unsigned long long)n;

	begin(j);
	buf_printf(j->out, "%s%llu.%02llu", n < 0 ? "-" : "", size / 100, size % 100);
}

void
json_bool(struct json *j, bool yes)
{
	begin(j);
	buf_str(j->out, yes ? "true" : "false");
}

void
json_null(struct json *j)
{
	begin(j);
	buf_str(j->out, "null");
}
