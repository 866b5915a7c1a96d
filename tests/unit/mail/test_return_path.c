/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/return_path.h"
#include "tests/lib/unit.h"

static const struct {
	const char *path, *mailbox, *pattern; /* pattern NULL: as mailbox */
} rows[] = {
	{"Joe@X.Example", "joe@x.example", NULL},
	{"joe+list@x.example", "joe@x.example", NULL},
	{"+joe@x.example", "+joe@x.example", NULL},
	{"postmaster", "postmaster@", NULL},
	/* names with numbers are names */
	{"michael1985@x.example", "michael1985@x.example", NULL},
	{"12345678@x.example", "12345678@x.example", NULL},
	{"joe.smith7@x.example", "joe.smith7@x.example", NULL},
	{"bob.dad@x.example", "bob.dad@x.example", NULL},
	/* VERP */
	{"bounce-4711@x.example", "bounce-4711@x.example", "bounce-#@x.example"},
	{"bounce-4711-a9f3@x.example", "bounce-4711-a9f3@x.example", "bounce-#@x.example"},
	{"list-return-17-kim=example.org@x.example", "list-return-17-kim=example.org@x.example",
		"list-return-#-kim=example.org@x.example"},
	{"bounces+4711-77-kim=example.org@em.x.example", "bounces@em.x.example", NULL},
	{"0100018F3a2b4c5d-6e7f8a9b-1c2d-4e5f-8a9b-0c1d2e3f4a5b-000000@x.example",
		"0100018f3a2b4c5d-6e7f8a9b-1c2d-4e5f-8a9b-0c1d2e3f4a5b-000000@x.example", "#@x.example"},
	{"m.q1w2e3r4t5@x.example", "m.q1w2e3r4t5@x.example", "m.#@x.example"},
	{"a-1-b-2@x.example", "a-1-b-2@x.example", "a-#-b-#@x.example"},
	/* marks */
	{"prvs=0123abcdef=joe@x.example", "joe@x.example", NULL},
	{"PRVS=joe/0123abcdef@x.example", "joe@x.example", NULL},
	{"btv1==0123abcd==joe@x.example", "joe@x.example", NULL},
	{"msprvs1=17539AbC=bounces-12-34@x.example", "bounces-12-34@x.example", "bounces-#@x.example"},
	{"prvs=@x.example", "prvs=@x.example", NULL},
	{"prvs=0123=@x.example", "prvs=0123=@x.example", "prvs=#=@x.example"},
	/* forwarders */
	{"SRS0=HHHH=TT=x.example=joe@fwd.example", "joe@x.example", NULL},
	{"srs0+HHHH=TT=X.example=Joe+a@fwd.example", "joe@x.example", NULL},
	{"SRS1=HHHH=fwd.example==GGGG=TT=x.example=joe@other.example", "joe@x.example", NULL},
	{"SRS1=HHHH=fwd.example=-GGGG=TT=x.example=joe@other.example", "joe@x.example", NULL},
	{"SRS0=HHHH=TT=x.example=prvs=0123abcdef=joe@fwd.example", "joe@x.example", NULL},
	{"prvs=0123abcdef=SRS0=HHHH=TT=x.example=joe@fwd.example", "joe@x.example", NULL},
	{"SRS0=HHHH=TT=x.example=@fwd.example", "srs0=hhhh=tt=x.example=@fwd.example",
		"srs0=hhhh=tt=x.example=@fwd.example"},
	{"SRS0=HHHH=TT=localhost=joe@fwd.example", "srs0=hhhh=tt=localhost=joe@fwd.example",
		"srs0=hhhh=tt=localhost=joe@fwd.example"},
	{"SRS2=HHHH=TT=x.example=joe@fwd.example", "srs2=hhhh=tt=x.example=joe@fwd.example",
		"srs2=hhhh=tt=x.example=joe@fwd.example"},
	{"srs0.joe@x.example", "srs0.joe@x.example", NULL},
	{"SRS0=@x.example", "srs0=@x.example", NULL},
	{"SRS1=a=b=@x.example", "srs1=a=b=@x.example", NULL},
};

static void
reads(void)
{
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct address from;
		const char *pattern = rows[i].pattern ? rows[i].pattern : rows[i].mailbox;

		CU_ASSERT_EQUAL_FATAL(address_path(view_str(rows[i].path), a, &from), ADDRESS_OK);
		UNIT_CASE(view_eq_str(return_path_mailbox(&from, a), rows[i].mailbox), rows[i].path);
		UNIT_CASE(view_eq_str(return_path_pattern(&from, a), pattern), rows[i].path);
	}
	UNIT_VIEW(return_path_mailbox(NULL, a), "<>");
	UNIT_VIEW(return_path_pattern(NULL, a), "<>");
	arena_free(a);
}

/* What SRS rewrote stays where it says who it is: the domain is that of who speaks. */
static void
claims(void)
{
	static const struct {
		const char *path, *want;
	} cases[] = {
		{"prvs=0123abcdef=Joe+x@X.Example", "joe@x.example"},
		{"SRS0=HHHH=TT=bank.example=joe@evil.example", "srs0=hhhh=tt=bank.example=joe@evil.example"},
		{"prvs=0123abcdef=SRS0=HHHH=TT=bank.example=joe@evil.example", "srs0=hhhh=tt=bank.example=joe@evil.example"},
		{"SRS1=HHHH=fwd.example==GGGG=TT=bank.example=joe@evil.example",
			"srs1=hhhh=fwd.example==gggg=tt=bank.example=joe@evil.example"},
	};
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct address from;

		CU_ASSERT_EQUAL_FATAL(address_path(view_str(cases[i].path), a, &from), ADDRESS_OK);
		UNIT_CASE(view_eq_str(return_path_claimed(&from, a), cases[i].want), cases[i].path);
	}
	arena_free(a);
}

/* A NUL is no sign of SRS. */
static void
hostile(void)
{
	struct arena *a = arena_new();
	struct address from = {.local = view_of("srs0\0a=b=c.d=e", 14), .domain = VIEW("x.example")};

	CU_ASSERT(view_eq(return_path_mailbox(&from, a), view_of("srs0\0a=b=c.d=e@x.example", 24)));
	arena_free(a);
}

static const struct unit_test tests[] = {{"marks go", reads}, {"forwarders stay", claims}, {"hostile bytes", hostile}};

int
main(void)
{
	return unit_main("mail/return_path", tests, sizeof(tests) / sizeof(*tests));
}
