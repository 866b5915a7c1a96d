/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/mime/mime_skeleton.h"

#include <stdlib.h>

#include "tests/lib/mime_compare.h"
#include "tests/lib/unit.h"
#include "util/limits.h"

#define CT "Content-Type: "
#define MIXED CT "multipart/mixed; boundary=b\n\n"
#define TEXT40 "0123456789012345678901234567890123456789"

/* Messages whose structure is not so plain; each is read in chunks of every length up to 80 bytes. */
static const struct {
	const char *name, *message;
	size_t parts;
} cases[] = {
	{"empty", "", 1},
	{"no body", CT "text/html\n", 1},
	{"one part", "Subject: x\n" CT "text/plain; name=a.txt\n\n--b\nhello\n", 1},
	{"two parts", MIXED "--b\n\na\n--b\n" CT "image/gif; name=x.gif\n\nGIF\n--b--\n", 3},
	{"no end", MIXED "--b\n\na\n--b\n" CT "image/gif", 3},
	{"an end without line end", MIXED "--b\n\na\n--b--", 2},
	{"preamble and epilogue", MIXED "x\n--b\n\na\n--b--\nx\n--b\n" CT "image/gif\n\nx\n", 2},
	{"quoted boundary", CT "multipart/mixed; boundary=\"b c\"\n\n--b c\n\na\n--b c--\n", 2},
	{"escaped boundary", CT "multipart/mixed; boundary=\"\\b\\c\"\n\n--bc\n\na\n--bc--\n", 2},
	{"boundary in pieces", CT "multipart/mixed; boundary*0=b; boundary*1=c\n\n--bc\n\na\n--bc--\n", 2},
	{"boundary of RFC 2231", CT "multipart/mixed; boundary*=us-ascii''b%63\n\n--bc\n\na\n--bc--\n", 2},
	{"encoded boundary", CT "multipart/mixed; boundary=\"=?utf-8?q?b?=\"\n\n--b\n\na\n--b--\n", 2},
	{"boundary and comment", CT "multipart/mixed; boundary (x) = (y) b (z)\n\n--b\n\na\n--b--\n", 1},
	{"folded type", CT "multipart/mixed;\n  charset=x;\n\tBOUNDARY =\n b\n\n--b\n\na\n--b--\n", 2},
	{"long boundary", CT "multipart/mixed; boundary=" TEXT40 TEXT40 "x\n\n--" TEXT40 TEXT40 "x\n\na\n--" TEXT40
		TEXT40 "x--\n", 2},
	{"blanks behind a boundary", MIXED "--b \t \n\na\n--b--  \n", 2},
	{"no header, no empty line", MIXED "--b\ntext\n--b\nmore\n--b--\n", 1},
	{"a header cut by a boundary", MIXED "--b\n" CT "image/gif\n--b\n\nx\n--b--\n", 3},
	{"a boundary that begins another", CT "multipart/mixed; boundary=b\n\n--b\n" CT
		"multipart/mixed; boundary=bc\n\n--bc\n\nx\n--bc--\n--b\n\ny\n--b--\n", 4},
	{"one boundary for two", MIXED "--b\n" MIXED "--b\n\nx\n--b--\n--b--\n", 3},
	{"enclosed message", MIXED "--b\n" CT "message/rfc822\n\nSubject: x\n" CT
		"multipart/mixed; boundary=c\n\n--c\n" CT "image/gif; name=y\n\nz\n--c--\n--b--\n", 4},
	{"a message in a message", CT "message/rfc822\n\n" CT "message/rfc822\n\n" MIXED "--b\n\nx\n--b--\n", 4},
	{"a From line before it", CT "message/rfc822\n\n>From x\n" MIXED "--b\n\nx\n--b--\n", 3},
	{"a message without header", CT "message/rfc822\n\nhello\n", 2},
	{"a message of an empty line", CT "message/rfc822\n\n\n\nhello\n", 2},
	{"an encoded message", CT "message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogeA==\n", 1},
	{"digest", CT "multipart/digest; boundary=b\n\n--b\n\nSubject: x\n" CT
		"text/html\n\nx\n--b\n" CT "text/plain\n\nx\n--b--\n", 4},
	{"blank before the colon", MIXED "--b\nContent-Type : image/gif\n\nx\n--b--\n", 2},
	{"twice", CT "text/plain\n" CT "image/gif\n\nx\n", 1},
	{"separators that are none", MIXED "--b\n\n--\n--- a\n--bx\n -b\n--\n--b--\n", 2},
	{"bare CR", MIXED "--b\r\n\nx\r--b\ry\n--b\n\n--b\r--\n--b--\n", 3},
};

static void
same_parts(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (size_t chunk = 1; chunk < 80; chunk += 1 + chunk / 8) {
			struct arena *a = arena_new();
			struct mime_tree whole, thin;
			const char *why, *differ;

			mime_compare_read(view_str(cases[i].message), chunk, a, &whole, &thin, &why);
			differ = mime_compare_differ(&whole, &thin, a);
			UNIT_CASE(!why, cases[i].name);
			UNIT_CASE(!differ, differ ? differ : "");
			UNIT_CASE(!differ, cases[i].name);
			UNIT_CASE(thin.n == cases[i].parts, cases[i].name);
			arena_free(a);
		}
}

static struct mime_skeleton *
begin(struct arena *a, const char *type)
{
	struct mime_skeleton *s = mime_skeleton_new(a);

	mime_skeleton_header(s, &(struct header_field){VIEW("Content-Type"), view_str(type)});
	return s;
}

/* 20 MB of text with lines that begin with "--" leave next to nothing. */
static void
is_small(void)
{
	struct arena *a = arena_new();
	struct mime_skeleton *s = begin(a, " multipart/mixed; boundary=\"---=_b\"");
	char *text = arena_alloc(a, 1 << 20);
	const char *why;
	struct view out;

	for (size_t i = 0; i < 1 << 20; i++)
		text[i] = "--- a/file.c\r\n--\r\n---------- x\r\n"[i % 32];
	mime_skeleton_body(s, VIEW("-----=_b\r\nContent-Type: text/x-diff; name=a.diff\r\n\r\n"));
	for (int i = 0; i < 20; i++)
		mime_skeleton_body(s, view_of(text, 1 << 20));
	mime_skeleton_body(s, VIEW("\r\n-----=_b\r\nContent-Type: image/gif\r\n\r\nGIF\r\n-----=_b--\r\n"));
	out = mime_skeleton_end(s, &why);
	CU_ASSERT_PTR_NULL(why);
	CU_ASSERT(out.n > 600 && out.n < 1000);
	CU_ASSERT(view_search_nocase(out, VIEW("image/gif")) < out.n);
	arena_free(a);
}

/* How often a piece must be repeated to reach a ceiling, and which. */
static const struct {
	const char *type, *piece;
	size_t times;
	const char *why;
} floods[] = {
	{" text/plain", "x", 1 << 21, NULL},
	{" text/plain", "--b\r\n", 1 << 18, NULL},
	{" multipart/mixed; boundary=b", "--b\r\nContent-Type: text/plain; a=\"b\"\r\n\r\nx\r\n", 3000, NULL},
	{" multipart/mixed; boundary=b", "--b\r\n", 5000, "too many parts"},
	{" multipart/mixed; boundary=b", "--b\r\nContent-Type: text/plain; a=\"b\"\r\n\r\n" TEXT40 TEXT40 TEXT40
		TEXT40 TEXT40 TEXT40 TEXT40 TEXT40 "\r\n", 3000, "the structure is too large"},
	{" multipart/mixed; boundary=b", "--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n", 600,
		"too many multiparts"},
	{" multipart/mixed; boundary=b", "--b\r\nA: b\r\nC", 90, NULL},
	{" message/rfc822", "A: b\r\n b", 20000, "the header of a part is too long"},
	{" message/rfc822", "A: b\r\n", MIME_HEADER_FIELDS_MAX, NULL},
	{" message/rfc822", "A: b\r\n", MIME_HEADER_FIELDS_MAX + 1, "too many fields"},
	{" multipart/mixed; boundary=b", "--b\r\n1:\r\n2:\r\n3:\r\n4:\r\n5:\r\n6:\r\n7:\r\n8:\r\n9:\r\n\r\nx\r\n",
		600, "too many fields"},
	{" text/plain\n", "Content-Type: a; b=c; d=e\r\n", 60, NULL},
	{" message/rfc822", "Content-Type: a; b=c\r\n", MIME_PARAMS_MAX + 1, "too many parameters"},
	{" message/rfc822", "Content-Type: a;\r\n b;", MIME_PARAMS_MAX, "too many parameters"},
	{" message/rfc822", "A: b; c; d\r\n", 150, NULL},
	{" message/rfc822", "A: b; x*0=y; z*=y\r\n", 31, "too many parameters"},
	{" message/rfc822", "A: **********\r\n", 60, NULL},
	{" message/rfc822", "text\r\n", 20000, NULL},
	{" multipart/mixed; boundary*=b", "--c\r\n\r\n", 5000, "too many parts"},
};

static void
ceilings(void)
{
	for (size_t i = 0; i < sizeof(floods) / sizeof(*floods); i++) {
		struct arena *a = arena_new();
		struct mime_skeleton *s = begin(a, floods[i].type);
		const char *why;
		struct view out;

		for (size_t k = 0; k < floods[i].times; k++)
			mime_skeleton_body(s, view_str(floods[i].piece));
		out = mime_skeleton_end(s, &why);
		UNIT_CASE(floods[i].why ? why && strcmp(why, floods[i].why) == 0 : !why, floods[i].piece);
		UNIT_CASE(!out.p == (floods[i].why != NULL), floods[i].piece);
		UNIT_CASE(out.n <= MIME_SKELETON_MAX && arena_used(a) < 3 * MIME_SKELETON_MAX, floods[i].piece);
		arena_free(a);
	}
}

static void
nul(void)
{
	struct arena *a = arena_new();
	struct mime_skeleton *s = begin(a, " multipart/mixed; boundary=b");
	const char *why;
	struct view out;

	mime_skeleton_body(s, VIEW("--b\r\n\r\n\0\r\n"));
	CU_ASSERT_FALSE(mime_skeleton_nul(s));
	mime_skeleton_body(s, VIEW("--b\r\nContent-Type: a/b\0; name=x.exe\r\n\r\nx"));
	CU_ASSERT_TRUE(mime_skeleton_nul(s));
	out = mime_skeleton_end(s, &why);
	CU_ASSERT(view_search_nocase(out, VIEW("a/b ; name=x.exe")) < out.n);
	arena_free(a);
}

/* A line end in a field that folds nothing would begin another field. */
static void
fields(void)
{
	struct arena *a = arena_new();
	struct mime_skeleton *s = mime_skeleton_new(a);
	const char *why;

	mime_skeleton_header(s, &(struct header_field){VIEW("content-x"), VIEW(" a\n b\nContent-Type: c/d\n")});
	mime_skeleton_header(s, &(struct header_field){VIEW("Subject"), VIEW(" x")});
	UNIT_VIEW(mime_skeleton_end(s, &why),
		"content-x: a\n b Content-Type: c/d \r\nMIME-Version: 1.0\r\n\r\n");
	arena_free(a);
}

static const struct unit_test tests[] = {
	{"keeps all parts, however the message is cut", same_parts},
	{"is small for a large message", is_small},
	{"ceilings", ceilings},
	{"a NUL in a header", nul},
	{"fields of the message", fields},
};

int
main(void)
{
	return unit_main("mail/mime/mime_skeleton", tests, sizeof(tests) / sizeof(*tests));
}
