/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/mime/file_name.h"

/* What runs, or starts something, when it is opened on Windows. */
static const char *const programs[] = {"ade", "adp", "appref-ms", "bat", "chm", "cmd", "com", "cpl", "dll",
	"exe", "hta", "img", "iso", "jar", "js", "jse", "lnk", "msc", "msi", "msp", "pif", "ps1", "reg",
	"scf", "scr", "url", "vb", "vbe", "vbs", "vhd", "vhdx", "wsf", "wsh", "xll", NULL};
static const char *const documents[] = {"7z", "avi", "bmp", "csv", "doc", "docm", "docx", "eml", "gif", "htm",
	"html", "ics", "jpeg", "jpg", "mov", "mp3", "mp4", "odp", "ods", "odt", "pdf", "png", "ppt", "pptx",
	"rar", "rtf", "tif", "tiff", "txt", "vcf", "wav", "xls", "xlsm", "xlsx", "xml", "zip", NULL};

static const struct {
	struct view magic, type;
} types[] = {
	{{"MZ", 2}, {"application/x-dosexec", 21}},
	{{"\177ELF", 4}, {"application/x-executable", 24}},
	{{"PK\3\4", 4}, {"application/zip", 15}},
	{{"Rar!\32\7", 6}, {"application/x-rar", 17}},
	{{"7z\274\257\47\34", 6}, {"application/x-7z-compressed", 27}},
	{{"\37\213", 2}, {"application/gzip", 16}},
	{{"%PDF-", 5}, {"application/pdf", 15}},
	{{"{\\rtf", 5}, {"application/rtf", 15}},
	{{"\320\317\21\340\241\261\32\341", 8}, {"application/x-ole-storage", 25}},
	{{"L\0\0\0\1\24\2\0", 8}, {"application/x-ms-shortcut", 25}},
};

/* Length of a character that nobody sees, at the front of v: control characters, U+00AD, U+200B to
 * U+200F, U+202A to U+202E, U+2060 to U+206F, U+FEFF. */
static size_t
unseen(struct view v)
{
	static const struct {
		const char *lead;
		unsigned char from, to;
	} ranges[] = {{"\xc2", 0x80, 0x9f}, {"\xc2", 0xad, 0xad}, {"\xe2\x80", 0x8b, 0x8f},
		{"\xe2\x80", 0xaa, 0xae}, {"\xe2\x81", 0xa0, 0xaf}, {"\xef\xbb", 0xbf, 0xbf}};

	if ((unsigned char)v.p[0] < ' ' || v.p[0] == 127)
		return 1;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
		size_t n = strlen(ranges[i].lead);
		unsigned char last = v.n > n ? (unsigned char)v.p[n] : 0;

		if (v.n > n && memcmp(v.p, ranges[i].lead, n) == 0 && last >= ranges[i].from &&
			last <= ranges[i].to)
			return n + 1;
	}
	return 0;
}

static bool
listed(struct view ext, const char *const *table)
{
	for (; *table; table++)
		if (view_eq_str(ext, *table))
			return true;
	return false;
}

/* Takes the extension from the end of *name. */
static struct view
take(struct view *name)
{
	size_t dot = view_rfind(*name, '.');
	struct view ext = view_skip(*name, dot + 1);

	if (dot == name->n)
		return (struct view){NULL, 0};
	*name = view_trim(view_head(*name, dot));
	return view_trim(ext);
}

/* The ASCII character that v begins with, or that its first character looks like: a blank for U+00A0, U+2000
 * to U+200A, U+202F and U+3000, and U+FF01 to U+FF5E. 0 if it is another. Its length is *n_out. */
static char
ascii(struct view v, size_t *n_out)
{
	unsigned char a = (unsigned char)v.p[0], b = v.n > 1 ? (unsigned char)v.p[1] : 0;
	unsigned char c = v.n > 2 ? (unsigned char)v.p[2] : 0;

	*n_out = a < 0x80 ? 1 : a == 0xC2 ? 2 : 3;
	if (a < 0x80)
		return view_lower(v.p[0]);
	if (a == 0xC2 && b == 0xA0)
		return ' ';
	if ((a == 0xE2 && b == 0x80 && ((c >= 0x80 && c <= 0x8A) || c == 0xAF)) ||
		(a == 0xE3 && b == 0x80 && c == 0x80))
		return ' ';
	if (a == 0xEF && b == 0xBC && c >= 0x81)
		return view_lower((char)(c - 0x60));
	if (a == 0xEF && b == 0xBD && c >= 0x80 && c <= 0x9E)
		return view_lower((char)(c - 0x20));
	return 0;
}

/* "a.exe:b" is a stream of the file a.exe; programs that know it not may write "a.exe_b". */
static size_t
stream(struct view v)
{
	struct view file = view_head(v, view_find(v, ':'));
	size_t n = file.n;

	return listed(take(&file), programs) ? n : v.n;
}

/* The last component without what Windows drops and nobody sees. */
static struct view
plain(struct view name, struct arena *a)
{
	char *out = arena_alloc(a, name.n + 1);
	size_t n = 0;

	while (name.n) {
		size_t skip = unseen(name);

		if (skip == 0) {
			out[n] = ascii(name, &skip);
			if (!out[n]) {
				out[n] = name.p[0];
				skip = 1;
			}
			n++;
			n = out[n - 1] == '/' || out[n - 1] == '\\' ? 0 : n;
		}
		name = view_skip(name, skip);
	}
	n = stream(view_of(out, n));
	while (n > 0 && (out[n - 1] == '.' || out[n - 1] == ' '))
		n--;
	return view_of(out, n);
}

struct view
file_name_extension(struct view name, struct arena *a)
{
	struct view v = plain(name, a), ext = take(&v);

	return ext.n ? ext : (struct view){NULL, 0};
}

bool
file_name_double(struct view name, struct arena *a)
{
	struct view v = plain(name, a);

	return listed(take(&v), programs) && listed(take(&v), documents);
}

struct view
file_name_type(struct view head)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (head.n >= types[i].magic.n && memcmp(head.p, types[i].magic.p, types[i].magic.n) == 0)
			return types[i].type;
	return (struct view){NULL, 0};
}
