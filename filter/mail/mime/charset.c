/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/mime/charset.h"

#include <dlfcn.h>
#include <errno.h>
#include <iconv.h>

#include "util/json.h"
#include "util/limits.h"

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

/* The sets of mail, and what readers understand by them. NULL: windows-1252, or UTF-8 if it is valid. Others
 * are not asked of iconv(3), which knows hundreds, some with faults. */
static const struct set {
	const char *said, *meant;
} sets[] = {
	{"utf-8", "utf-8"},
	{"utf8", "utf-8"},
	{"us-ascii", NULL},
	{"ascii", NULL},
	{"ansi_x3.4-1968", NULL},
	{"iso646-us", NULL},
	{"iso-8859-1", NULL},
	{"iso8859-1", NULL},
	{"iso_8859-1", NULL},
	{"latin1", NULL},
	{"windows-1252", NULL},
	{"cp1252", NULL},
	{"cp-1252", NULL},
	{"unknown-8bit", NULL},
	{"x-unknown", NULL},
	{"8bit", NULL},
	{"iso-8859-2", "iso-8859-2"},
	{"iso-8859-3", "iso-8859-3"},
	{"iso-8859-4", "iso-8859-4"},
	{"iso-8859-5", "iso-8859-5"},
	{"iso-8859-6", "iso-8859-6"},
	{"iso-8859-7", "iso-8859-7"},
	{"iso-8859-8", "iso-8859-8"},
	{"iso-8859-10", "iso-8859-10"},
	{"iso-8859-13", "iso-8859-13"},
	{"iso-8859-14", "iso-8859-14"},
	{"iso-8859-15", "iso-8859-15"},
	{"iso-8859-16", "iso-8859-16"},
	{"iso8859-2", "iso-8859-2"},
	{"iso8859-15", "iso-8859-15"},
	{"latin2", "iso-8859-2"},
	{"iso-8859-6-i", "iso-8859-6"},
	{"iso-8859-8-i", "iso-8859-8"},
	{"iso-8859-9", "windows-1254"},
	{"iso8859-9", "windows-1254"},
	{"iso-8859-11", "windows-874"},
	{"tis-620", "windows-874"},
	{"windows-874", "windows-874"},
	{"cp874", "windows-874"},
	{"windows-1250", "windows-1250"},
	{"cp1250", "windows-1250"},
	{"windows-1251", "windows-1251"},
	{"cp1251", "windows-1251"},
	{"windows-1253", "windows-1253"},
	{"cp1253", "windows-1253"},
	{"windows-1254", "windows-1254"},
	{"cp1254", "windows-1254"},
	{"windows-1255", "windows-1255"},
	{"cp1255", "windows-1255"},
	{"windows-1256", "windows-1256"},
	{"cp1256", "windows-1256"},
	{"windows-1257", "windows-1257"},
	{"cp1257", "windows-1257"},
	{"windows-1258", "windows-1258"},
	{"cp1258", "windows-1258"},
	{"koi8-r", "koi8-r"},
	{"koi8-u", "koi8-u"},
	{"cp866", "cp866"},
	{"macintosh", "macintosh"},
	{"ibm866", "cp866"},
	{"x-mac-roman", "macintosh"},
	{"gb2312", "gb18030"},
	{"gb-2312", "gb18030"},
	{"gb_2312-80", "gb18030"},
	{"euc-cn", "gb18030"},
	{"gbk", "gb18030"},
	{"x-gbk", "gb18030"},
	{"cp936", "gb18030"},
	{"gb18030", "gb18030"},
	{"big5", "big5-hkscs"},
	{"big5-hkscs", "big5-hkscs"},
	{"cp950", "cp950"},
	{"euc-tw", "euc-tw"},
	{"ks_c_5601-1987", "cp949"},
	{"ksc5601", "cp949"},
	{"euc-kr", "cp949"},
	{"windows-949", "cp949"},
	{"iso-2022-jp", "iso-2022-jp"},
	{"iso-2022-kr", "iso-2022-kr"},
	{"iso-2022-cn", "iso-2022-cn"},
	{"euc-jp", "euc-jp"},
	{"eucjp", "euc-jp"},
	{"x-euc-jp", "euc-jp"},
	{"shift_jis", "cp932"},
	{"shift-jis", "cp932"},
	{"sjis", "cp932"},
	{"x-sjis", "cp932"},
	{"cp932", "cp932"},
	{"windows-31j", "cp932"},
	{"utf-16", "utf-16"},
	{"utf-16le", "utf-16le"},
	{"utf-16be", "utf-16be"},
	{"utf-7", "utf-7"},
	{"unicode-1-1-utf-7", "utf-7"},
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
		if (v.n == 0) /* some converters take what they complain of */
			break;
		in++;
		v.n--;
	}
	iconv(cd, NULL, NULL, &to, &left);
	return view_of(out, (size_t)(to - out));
}

/* The row of a set, or NULL. */
static const struct set *
known(struct view name)
{
	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++)
		if (view_is(name, sets[i].said))
			return &sets[i];
	return NULL;
}

/* The iconv_open of the C library. */
static iconv_t
open_set(const char *to, const char *from)
{
	iconv_t (*open)(const char *, const char *);

	*(void **)&open = dlsym(RTLD_NEXT, "iconv_open");
	return open ? open(to, from) : (iconv_t)-1;
}

/* Stands before the C library's: GMime opens whatever set a message names, and reads past its input where a
 * converter refuses at the end after taking all (ISO-2022-CN-EXT and CP949 do, so neither stands above as a
 * name that is said). */
iconv_t
iconv_open(const char *to, const char *from)
{
	if (known(view_str(from)))
		return open_set(to, from);
	errno = EINVAL;
	return (iconv_t)-1;
}

struct view
charset_utf8(struct view charset, struct view bytes, struct arena *a)
{
	const struct set *set = known(charset);
	struct view out;
	iconv_t cd;

	if (!bytes.p)
		return bytes;
	if (!set || !set->meant)
		return undeclared(bytes, a);
	if (strcmp(set->meant, "utf-8") == 0)
		return from_utf8(bytes, a);
	cd = open_set("UTF-8", set->meant);
	if (cd == (iconv_t)-1)
		return undeclared(bytes, a);
	out = convert(cd, bytes, a);
	iconv_close(cd);
	return out;
}
