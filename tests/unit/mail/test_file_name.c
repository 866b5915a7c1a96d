/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/mime/file_name.h"

#include "tests/lib/unit.h"

static const struct {
	struct view name;
	const char *ext; /* NULL: none */
	bool doubled;
} cases[] = {
	{VIEW("a.txt"), "txt", false},
	{VIEW("a.EXE"), "exe", false},
	{VIEW("invoice.pdf.exe"), "exe", true},
	{VIEW("Invoice.PDF.Scr"), "scr", true},
	{VIEW("invoice.pdf          .exe"), "exe", true},
	{VIEW("invoice.pdf. exe"), "exe", true},
	{VIEW("a.exe.pdf"), "pdf", false},
	{VIEW("a.tar.gz"), "gz", false},
	{VIEW("jquery.min.js"), "js", false},
	{VIEW("setup.1.2.exe"), "exe", false},
	{VIEW("report.zip.js"), "js", true},
	{VIEW("a.exe."), "exe", false},
	{VIEW("a.exe . . "), "exe", false},
	{VIEW("a.exe\t"), "exe", false},
	{VIEW("a.ex\0e"), "exe", false},
	{VIEW("a.\x01" "exe\x7f"), "exe", false},
	{VIEW("cod.\xe2\x80\xae" "fdp.exe"), "exe", false},
	{VIEW("x.pdf.\xe2\x80\xae" "exe"), "exe", true},
	{VIEW("x.e\xe2\x80\x8bxe"), "exe", false},
	{VIEW("x.e\xc2\xadxe\xef\xbb\xbf"), "exe", false},
	{VIEW("x.e\xc2\x85xe"), "exe", false},
	{VIEW("x.\xe2\x81\xa9" "exe"), "exe", false},
	{VIEW("caf\xc3\xa9.doc"), "doc", false},
	{VIEW("x.\xd0\xb5xe"), "\xd0\xb5xe", false},
	{VIEW("dir.d/file"), NULL, false},
	{VIEW("C:\\dir.d\\file.com"), "com", false},
	{VIEW("/evil/x.pdf.bat"), "bat", true},
	{VIEW("x.exe\xc2\xa0"), "exe", false},
	{VIEW("x.exe\xe2\x80\x80.\xe2\x80\xaf"), "exe", false},
	{VIEW("x.pdf\xe3\x80\x80.\xe2\x80\x8a" "exe\xe3\x80\x80"), "exe", true},
	{VIEW("x\xef\xbc\x8e\xef\xbd\x85\xef\xbc\xb8\xef\xbd\x85"), "exe", false},
	{VIEW("x.exe:y.txt"), "exe", false},
	{VIEW("x.pdf.exe:y"), "exe", true},
	{VIEW("x.y:z.exe"), "exe", false},
	{VIEW("Re: x.exe"), "exe", false},
	{VIEW(".exe"), "exe", false},
	{VIEW(".pdf.exe"), "exe", true},
	{VIEW("exe"), NULL, false},
	{VIEW("a."), NULL, false},
	{VIEW("..."), NULL, false},
	{VIEW("a. ."), NULL, false},
	{VIEW(""), NULL, false},
	{VIEW("\xe2\x80"), NULL, false},
	{VIEW("a.\xc2"), "\xc2", false},
};

static void
names(void)
{
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct view ext = file_name_extension(cases[i].name, a);

		UNIT_CASE(cases[i].ext ? view_eq_str(ext, cases[i].ext) : !ext.p, cases[i].name.p);
		UNIT_CASE(file_name_double(cases[i].name, a) == cases[i].doubled, cases[i].name.p);
	}
	CU_ASSERT_PTR_NULL(file_name_extension((struct view){NULL, 0}, a).p);
	arena_free(a);
}

static void
types(void)
{
	UNIT_VIEW(file_name_type(VIEW("MZ\x90")), "application/x-dosexec");
	UNIT_VIEW(file_name_type(VIEW("\177ELF\2")), "application/x-executable");
	UNIT_VIEW(file_name_type(VIEW("PK\3\4\24")), "application/zip");
	UNIT_VIEW(file_name_type(VIEW("Rar!\32\7\1")), "application/x-rar");
	UNIT_VIEW(file_name_type(VIEW("7z\274\257\47\34")), "application/x-7z-compressed");
	UNIT_VIEW(file_name_type(VIEW("\37\213\10")), "application/gzip");
	UNIT_VIEW(file_name_type(VIEW("%PDF-1.4")), "application/pdf");
	UNIT_VIEW(file_name_type(VIEW("{\\rtf1")), "application/rtf");
	UNIT_VIEW(file_name_type(VIEW("\320\317\21\340\241\261\32\341")), "application/x-ole-storage");
	UNIT_VIEW(file_name_type(VIEW("L\0\0\0\1\24\2\0\0")), "application/x-ms-shortcut");
	CU_ASSERT_PTR_NULL(file_name_type(VIEW("%PDF")).p);
	CU_ASSERT_PTR_NULL(file_name_type(VIEW("text")).p);
	CU_ASSERT_PTR_NULL(file_name_type(VIEW("")).p);
}

static const struct unit_test tests[] = {
	{"extensions as Windows sees them", names},
	{"types by first bytes", types},
};

int
main(void)
{
	return unit_main("mail/mime/file_name", tests, sizeof(tests) / sizeof(*tests));
}
