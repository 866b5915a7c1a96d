/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/mime/base64.h"
#include "mail/smtp/sasl_name.h"
#include "tests/lib/unit.h"

#include <stdlib.h>

static void
mechanisms(void)
{
	static const char *const refused[] = {"", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS", "EXTERNAL", "GSSAPI", "GS2-KRB5",
		"DIGEST-MD5", "NTLM", "ANONYMOUS", "PLAIN ", "PLAI"};

	for (unsigned m = 1; m < SASL_ALL; m <<= 1)
		CU_ASSERT_EQUAL(sasl_name_mech(view_str(sasl_name_mech_name((enum sasl_mech)m))), m);
	CU_ASSERT_EQUAL(sasl_name_mech(VIEW("plain")), SASL_PLAIN);
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		UNIT_CASE(sasl_name_mech(view_str(refused[i])) == SASL_NONE, refused[i]);
}

static const struct {
	const char *name;
	enum sasl_mech mech;
	struct view said; /* before base64 */
	const char *want; /* NULL: not known */
} t[] = {
	{"PLAIN", SASL_PLAIN, VIEW("\0tim\0tanstaaftanstaaf"), "tim"},
	{"PLAIN, acts for another", SASL_PLAIN, VIEW("Ursel\0Kurt\0xipj3plmq"), "Kurt"},
	{"PLAIN, UTF-8", SASL_PLAIN, VIEW("\0j\xc3\xbcrg\0x"), "j\xc3\xbcrg"},
	{"PLAIN, address", SASL_PLAIN, VIEW("\0a@b.example\0x"), "a@b.example"},
	{"PLAIN, one NUL", SASL_PLAIN, VIEW("tim\0x"), NULL},
	{"PLAIN, three NULs", SASL_PLAIN, VIEW("\0tim\0x\0y"), NULL},
	{"PLAIN, no name", SASL_PLAIN, VIEW("\0\0x"), NULL},
	{"PLAIN, no UTF-8", SASL_PLAIN, VIEW("\0t\xffm\0x"), NULL},
	{"PLAIN, line end in the name", SASL_PLAIN, VIEW("\0t\r\nm\0x"), NULL},
	{"LOGIN", SASL_LOGIN, VIEW("tim"), "tim"},
	{"LOGIN, NUL", SASL_LOGIN, VIEW("tim\0x"), NULL},
	{"CRAM-MD5", SASL_CRAM_MD5, VIEW("tim b913a602c7eda7a495b4e6e7334d3890"), "tim"},
	{"CRAM-MD5, blank in the name", SASL_CRAM_MD5, VIEW("tim x b913a602c7eda7a495b4e6e7334d3890"), "tim x"},
	{"CRAM-MD5, no digest", SASL_CRAM_MD5, VIEW("tim secret"), NULL},
	{"CRAM-MD5, one word", SASL_CRAM_MD5, VIEW("b913a602c7eda7a495b4e6e7334d3890"), NULL},
	{"SCRAM", SASL_SCRAM_SHA_1, VIEW("n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL"), "user"},
	{"SCRAM, client knows of binding", SASL_SCRAM_SHA_256, VIEW("y,,n=user,r=x"), "user"},
	{"SCRAM, acts for another", SASL_SCRAM_SHA_256, VIEW("n,a=boss,n=user,r=x"), "user"},
	{"SCRAM, escapes", SASL_SCRAM_SHA_256, VIEW("n,,n=a=2Cb=3Dc,r=x"), "a,b=c"},
	{"SCRAM, bad escape", SASL_SCRAM_SHA_256, VIEW("n,,n=a=41,r=x"), NULL},
	{"SCRAM, cut escape", SASL_SCRAM_SHA_256, VIEW("n,,n=a=2,r=x"), NULL},
	{"SCRAM, binding", SASL_SCRAM_SHA_256, VIEW("p=tls-unique,,n=user,r=x"), NULL},
	{"SCRAM, mandatory extension", SASL_SCRAM_SHA_256, VIEW("n,,m=x,n=user,r=x"), NULL},
	{"SCRAM, no nonce", SASL_SCRAM_SHA_256, VIEW("n,,n=user"), NULL},
	{"SCRAM, no header", SASL_SCRAM_SHA_256, VIEW("n=user,r=x"), NULL},
	{"XOAUTH2", SASL_XOAUTH2, VIEW("user=a@b.example\1auth=Bearer ya29.vF9dft4qmT\1\1"), "a@b.example"},
	{"XOAUTH2, no user", SASL_XOAUTH2, VIEW("auth=Bearer ya29\1user=a@b.example\1\1"), NULL},
	{"XOAUTH2, no token", SASL_XOAUTH2, VIEW("user=a@b.example\1\1"), NULL},
	{"OAUTHBEARER", SASL_OAUTHBEARER, VIEW("n,a=a@b.example,\1host=h\1port=587\1auth=Bearer x\1\1"), "a@b.example"},
	{"OAUTHBEARER, no name", SASL_OAUTHBEARER, VIEW("n,,\1auth=Bearer x\1\1"), NULL},
	{"OAUTHBEARER, name elsewhere", SASL_OAUTHBEARER, VIEW("n,,\1a=a@b.example\1auth=Bearer x\1\1"), NULL},
	{"nothing", SASL_PLAIN, VIEW(""), NULL},
};

static void
names(void)
{
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct view line = t[i].said.n ? base64_encode(t[i].said, a) : VIEW("=");
		struct sasl_name s;

		sasl_name_init(&s, t[i].mech);
		UNIT_CASE(sasl_name_initial(&s, line) == SASL_LINE_OK, t[i].name);
		UNIT_CASE(t[i].want ? view_eq_str(sasl_name_get(&s), t[i].want) : !sasl_name_get(&s).p, t[i].name);
		sasl_name_init(&s, t[i].mech);
		UNIT_CASE(sasl_name_answer(&s, t[i].said.n ? line : VIEW("")) == SASL_LINE_OK, t[i].name);
		UNIT_CASE(t[i].want ? view_eq_str(sasl_name_get(&s), t[i].want) : !sasl_name_get(&s).p, t[i].name);
	}
	arena_free(a);
}

/* LOGIN's second line is a password, and no later line of any mechanism names anybody. */
static void
only_the_first_line(void)
{
	struct sasl_name s;

	sasl_name_init(&s, SASL_LOGIN);
	CU_ASSERT_EQUAL(sasl_name_answer(&s, VIEW("dGlt")), SASL_LINE_OK);
	CU_ASSERT_EQUAL(sasl_name_answer(&s, VIEW("c2VjcmV0")), SASL_LINE_OK);
	UNIT_VIEW(sasl_name_get(&s), "tim");
	sasl_name_init(&s, SASL_LOGIN);
	CU_ASSERT_EQUAL(sasl_name_initial(&s, VIEW("=")), SASL_LINE_OK);
	CU_ASSERT_EQUAL(sasl_name_answer(&s, VIEW("c2VjcmV0")), SASL_LINE_OK);
	CU_ASSERT_PTR_NULL(sasl_name_get(&s).p);
}

static void
lines(void)
{
	static const struct {
		const char *in;
		enum sasl_line initial, answer;
	} l[] = {
		{"dGlt", SASL_LINE_OK, SASL_LINE_OK},
		{"dGltbQ==", SASL_LINE_OK, SASL_LINE_OK},
		{"dGltbW0=", SASL_LINE_OK, SASL_LINE_OK},
		{"", SASL_LINE_BAD, SASL_LINE_OK},
		{"=", SASL_LINE_OK, SASL_LINE_BAD},
		{"*", SASL_LINE_BAD, SASL_LINE_CANCEL},
		{"**", SASL_LINE_BAD, SASL_LINE_BAD},
		{"dGl", SASL_LINE_BAD, SASL_LINE_BAD},
		{"dGltbQ", SASL_LINE_BAD, SASL_LINE_BAD},
		{"====", SASL_LINE_BAD, SASL_LINE_BAD},
		{"A===", SASL_LINE_BAD, SASL_LINE_BAD},
		{"dG=t", SASL_LINE_BAD, SASL_LINE_BAD},
		{" dGlt", SASL_LINE_BAD, SASL_LINE_BAD},
		{"    ", SASL_LINE_BAD, SASL_LINE_BAD},
		{"dG-t", SASL_LINE_BAD, SASL_LINE_BAD},
		{"dGlt\r\n", SASL_LINE_BAD, SASL_LINE_BAD},
	};

	for (size_t i = 0; i < sizeof(l) / sizeof(*l); i++) {
		struct sasl_name s;

		sasl_name_init(&s, SASL_PLAIN);
		UNIT_CASE(sasl_name_initial(&s, view_str(l[i].in)) == l[i].initial, l[i].in);
		sasl_name_init(&s, SASL_PLAIN);
		UNIT_CASE(sasl_name_answer(&s, view_str(l[i].in)) == l[i].answer, l[i].in);
	}
}

static void
ceilings(void)
{
	struct arena *a = arena_new();
	char *p = malloc(AUTH_LINE_MAX + 4);
	struct sasl_name s;

	memset(p, 'A', AUTH_LINE_MAX + 4);
	sasl_name_init(&s, SASL_LOGIN);
	CU_ASSERT_EQUAL(sasl_name_answer(&s, view_of(p, AUTH_LINE_MAX)), SASL_LINE_OK);
	CU_ASSERT_EQUAL(sasl_name_answer(&s, view_of(p, AUTH_LINE_MAX + 4)), SASL_LINE_BAD);
	memset(p, 'x', SASL_NAME_MAX + 1);
	for (size_t n = SASL_NAME_MAX; n <= SASL_NAME_MAX + 1; n++) {
		sasl_name_init(&s, SASL_LOGIN);
		sasl_name_answer(&s, base64_encode(view_of(p, n), a));
		CU_ASSERT_EQUAL(sasl_name_get(&s).n, n == SASL_NAME_MAX ? n : 0);
		sasl_name_init(&s, SASL_SCRAM_SHA_256);
		sasl_name_answer(&s, base64_encode(arena_printf(a, "n,,n=%.*s,r=x", (int)n, p), a));
		CU_ASSERT_EQUAL(sasl_name_get(&s).n, n == SASL_NAME_MAX ? n : 0);
	}
	free(p);
	arena_free(a);
}

static const struct unit_test tests[] = {
	{"mechanisms that are passed through", mechanisms},
	{"the name in the first words", names},
	{"only the first line has it", only_the_first_line},
	{"what is a line", lines},
	{"ceilings", ceilings},
};

int
main(void)
{
	return unit_main("mail/smtp/sasl_name", tests, sizeof(tests) / sizeof(*tests));
}
