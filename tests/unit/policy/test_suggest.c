/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/suggest.h"

#include "tests/lib/unit.h"

#define FACTS "helo.name mail.from mail.domain spf spf.domain dkim dkim.domain client.ip from.address url"
#define CLAUSES "when unless score accept reject defer discard info"

static const struct {
	const char *word, *among, *want; /* NULL: no suggestion */
} cases[] = {
	{"helo.nam", FACTS, "did you mean 'helo.name'?"},
	{"spf.domian", FACTS, "did you mean 'spf.domain'?"},
	{"SPF", FACTS, "did you mean 'spf'?"},
	{"wen", CLAUSES, "did you mean 'when'?"},
	{"wehn", CLAUSES, "did you mean 'when'?"},
	{"rejct", CLAUSES, "did you mean 'reject'?"},
	{"tempfail", CLAUSES, "did you mean 'defer'?"},
	{"Whitelist", CLAUSES, "did you mean 'accept'?"},
	{"spf.result", FACTS, "did you mean 'spf'?"},
	{"dkim.pass", FACTS, "did you mean 'dkim = pass'?"},
	{"matches", CLAUSES, "did you mean '~'?"},
	{"sender", FACTS, "did you mean 'mail.from'?"},
	{"tempfail", FACTS, NULL}, /* fits no fact */
	{"envelope.domain", FACTS, "did you mean 'mail.domain'?"},
	{"bayes", FACTS, NULL},
	{"", FACTS, NULL},
	{"x", "", NULL},
};

static void
table(void)
{
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *got = suggest_words(view_str(cases[i].word), cases[i].among, a);
		const char *want = cases[i].want;

		UNIT_CASE(got && want ? !strcmp(got, want) : got == want, cases[i].word);
	}
	arena_free(a);
}

/* Whatever the order of candidates, the same word is suggested. */
static void
stable(void)
{
	struct arena *a = arena_new();

	CU_ASSERT_STRING_EQUAL(suggest_words(VIEW("cat"), "car bat", a), "did you mean 'bat'?");
	CU_ASSERT_STRING_EQUAL(suggest_words(VIEW("cat"), "bat car", a), "did you mean 'bat'?");
	CU_ASSERT_STRING_EQUAL(suggest_words(VIEW("cat"), "bat caat cat", a), "did you mean 'cat'?");
	arena_free(a);
}

static void
long_words(void)
{
	char word[5000];
	struct suggest s;

	memset(word, 'a', sizeof(word));
	suggest_init(&s, view_of(word, sizeof(word)));
	suggest_try(&s, view_of(word, sizeof(word) - 1));
	suggest_try(&s, VIEW("spf"));
	CU_ASSERT(!suggest_best(&s).p);
}

static const struct unit_test tests[] = {
	{"suggests spelling, foreign words, same tail", table},
	{"does not depend on order", stable},
	{"leaves very long words alone", long_words},
};

int
main(void)
{
	return unit_main("policy/suggest", tests, sizeof(tests) / sizeof(*tests));
}
