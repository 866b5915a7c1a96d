/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/charset.h"

#include <errno.h>
#include <iconv.h>

#include "util/json.h"
#include "util/limits.h"

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

/* Sets whose name is not what they are, or not iconv's. NULL: windows-1252, or UTF-8 if it is valid. */
static const struct {
	const char *said, *meant;
} names[] = {
	{"us-ascii", NULL},
	{"ascii", NULL},
	{"iso-8859-1", NULL},
	{"latin1", NULL},
	{"windows-1252", NULL},
	{"cp1252", NULL},
	{"unknown-8bit", NULL},
	{"x-unknown", NULL},
	{"8bit", NULL},
	{"iso-8859-8-i", "iso-8859-8"},
	{"iso-8859-9", "windows-1254"},
	{"iso-8859-11", "windows-874"},
	{"tis-620", "windows-874"},
	{"gb2312", "gb18030"},
	{"gbk", "gb18030"},
	{"x-gbk", "gb18030"},
	{"big5", "big5-hkscs"},
	{"ks_c_5601-1987", "cp949"},
	{"euc-kr", "cp949"},
	{"shift_jis", "cp932"},
	{"shift-jis", "cp932"},
	{"x-sjis", "cp932"},
	{"unicode-1-1-utf-7", "utf-7"},
	{"x-mac-roman", "macintosh"},
};

/* Windows-1252, 0x80 to 0x9f; 0 is undefined there. Above, it is ISO 8859-1. */
static const uint16_t high[32] = {0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6,
	0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0, 0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013,
	0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178};

/* Writes a character of the basic plane over 0x7f. */
static size_t
put(char *out, unsigned c)
{
	if (c < 0x800) {
		out[0] = (char)(0xC0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3F));
		return 2;
	}
	out[0] = (char)(0xE0 | c >> 12);
	out[1] = (char)(0x80 | (c >> 6 & 0x3F));
	out[2] = (char)(0x80 | (c & 0x3F));
	return 3;
}

static struct view
from_1252(struct view v, struct arena *a)
{
	char *out = arena_array(a, v.n + 1, 3);
	size_t n = 0;

	for (size_t i = 0; i < v.n; i++) {
		unsigned c = (unsigned char)v.p[i];

		if (c < 0x80)
			out[n++] = v.p[i];
		else if (c >= 0xA0)
			n += put(out + n, c);
		else
			n += put(out + n, high[c - 0x80] ? high[c - 0x80] : 0xFFFD);
	}
	return view_of(out, n);
}

static struct view
undeclared(struct view v, struct arena *a)
{
	return json_utf8(v) ? v : from_1252(v, a);
}

/* Length of the UTF-8 character that v begins with, 0 if it is none. */
static size_t
character(struct view v)
{
	for (size_t n = 1; n <= 4 && n <= v.n; n++)
		if (json_utf8(view_head(v, n)))
			return n;
	return 0;
}

static struct view
from_utf8(struct view v, struct arena *a)
{
	char *out;
	size_t n = 0;

	if (json_utf8(v))
		return v;
	out = arena_array(a, v.n + 1, 3);
	while (v.n) {
		size_t one = character(v);

		memcpy(out + n, one ? v.p : replacement, one ? one : 3);
		n += one ? one : 3;
		v = view_skip(v, one ? one : 1);
	}
	return view_of(out, n);
}

static struct view
convert(iconv_t cd, struct view v, struct arena *a)
{
	size_t room = v.n * CHARSET_GROWTH + 16, left = room;
	char *out = arena_alloc(a, room), *to = out;
	char *in = (char *)v.p; /* iconv(3) does not write to it */

	while (v.n && left > 3) {
		size_t bad = iconv(cd, &in, &v.n, &to, &left);

		if (bad != (size_t)-1 || errno == E2BIG)
			break;
		if (left < 3)
			break;
		memcpy(to, replacement, 3); /* EILSEQ: no character; EINVAL: half of one at the end */
		to += 3;
		left -= 3;
		in++;
		v.n--;
	}
	iconv(cd, NULL, NULL, &to, &left);
	return view_of(out, (size_t)(to - out));
}

/* A name that iconv_open may see: it is no path and has no "//" options. */
static bool
name_ok(struct view name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!view_is_alpha(name.p[i]) && !view_is_digit(name.p[i]) && !strchr("-_.:+()", name.p[i]))
			return false;
	return name.n > 0 && name.n <= CHARSET_NAME_MAX && !memchr(name.p, 0, name.n);
}

struct view
charset_utf8(struct view charset, struct view bytes, struct arena *a)
{
	const char *name;
	struct view out;
	iconv_t cd;

	if (!bytes.p || !name_ok(charset))
		return bytes.p ? undeclared(bytes, a) : bytes;
	if (view_is(charset, "utf-8") || view_is(charset, "utf8"))
		return from_utf8(bytes, a);
	name = arena_cstr(a, charset);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (view_is(charset, names[i].said))
			name = names[i].meant;
	cd = name ? iconv_open("UTF-8", name) : (iconv_t)-1;
	if (cd == (iconv_t)-1)
		return undeclared(bytes, a);
	out = convert(cd, bytes, a);
	iconv_close(cd);
	return out;
}
