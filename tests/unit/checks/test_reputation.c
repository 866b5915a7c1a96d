/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/reputation.h"

#include "engine/standing.h"
#include "tests/unit/checks/fake_check.c"
#include "tests/unit/checks/fake_message.c"

#define FEW "?few observations"

enum need { ORGANISATION, DOMAINS };

static const int64_t T = 1700006400;

/* What is remembered: 12 messages and more are known. */
static const struct {
	enum standing_kind kind;
	const char *name;
	enum standing_mail mail;
	int64_t n;
} memory[] = {
	{STANDING_ADDRESS, "192.0.2.7", STANDING_SPAM, 12},
	{STANDING_ADDRESS, "192.0.2.8", STANDING_SPAM, 11},
	{STANDING_NETWORK, "192.0.2.0/24", STANDING_HAM, 98},
	{STANDING_ORGANISATION, "a.example", STANDING_HAM, 38},
	{STANDING_DKIM, "a.example", STANDING_HAM, 18},
	{STANDING_DKIM, "b.example", STANDING_SPAM, 48},
};

static const struct {
	const char *name, *ip, *organisation; /* "?": unknown */
	const char *want[STANDING_KINDS];
} rows[] = {
	{"known", "192.0.2.7", "a.example", {"93", "1", "3", "98"}},
	{"too few", "192.0.2.8", "b.example", {FEW, "1", FEW, "98"}},
	{"a stranger", "203.0.113.1", "203.0.113.0/24", {FEW, FEW, "-", "98"}},
	{"a network is no organisation", "192.0.2.9", "192.0.2.0/24", {FEW, "1", "-", "98"}},
	{"DNS fails", "192.0.2.7", "?", {"93", "1", "?SERVFAIL", "98"}},
	{"local submission", NULL, NULL, {"-", "-", "-", "98"}},
};

static struct store *
remember(void)
{
	struct store *s = store_local();
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(memory) / sizeof(*memory); i++) {
		struct store_request r = standing_count(
			standing_key(memory[i].kind, view_str(memory[i].name), a), T, memory[i].mail,
			memory[i].n);
		struct store_result result;

		store_do(s, &r, 1, a, &result);
		CU_ASSERT_EQUAL(result.status, STORE_FOUND);
	}
	arena_free(a);
	return s;
}

static struct check_call *
call(enum stage stage, const char *text, struct ip *ip, struct store *store)
{
	static const struct view signers[] = {VIEW("a.example"), VIEW("b.example"), VIEW("new.example")};
	struct check_call *c = fake_new(&reputation_check, stage, NULL, 0);

	c->settings.reputation_half_life = 14 * 86400;
	c->settings.reputation_minimum = 12;
	c->now = T;
	c->store = store;
	if (text && ip_parse(view_str(text), ip))
		c->client.ip = ip;
	fake_message.need[ORGANISATION] = fact_missing();
	fake_message.need[DOMAINS] = fact_list(signers, 3);
	return c;
}

static struct fact_value
organisation(const char *text)
{
	if (text && text[0] == '?')
		return fact_unknown(VIEW("SERVFAIL"));
	return fact_text(view_str(text));
}

static void
table(void)
{
	struct store *store = remember();

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct ip ip;
		struct check_call *c = call(STAGE_BODY, rows[i].ip, &ip, store);

		fake_message.need[ORGANISATION] = organisation(rows[i].organisation);
		fake_run(c);
		for (size_t k = 0; k < STANDING_KINDS; k++)
			UNIT_CASE(fake_is(c, k, rows[i].want[k]), rows[i].name);
		fake_done(c);
	}
	store_free(store);
}

/* It waits for the organisation, so as to ask once, and for signatures until the message is there. */
static void
stages(void)
{
	struct store *store = remember();
	struct store_counters before, after;
	struct ip ip;
	struct check_call *c = call(STAGE_MAIL, "192.0.2.7", &ip, store);

	fake_message.need[ORGANISATION] = (struct fact_value){.state = FACT_PENDING};
	fake_run(c);
	UNIT_CASE(fake_is(c, STANDING_ADDRESS, "..."), "pending");
	fake_message.need[ORGANISATION] = organisation("a.example");
	store_count(store, &before);
	fake_run(c);
	store_count(store, &after);
	CU_ASSERT_EQUAL(after.calls - before.calls, 3);
	UNIT_CASE(fake_is(c, STANDING_ORGANISATION, "3"), "there it is");
	UNIT_CASE(fake_is(c, STANDING_DKIM, "..."), "no signature yet");
	c->stage = STAGE_BODY;
	fake_message.need[DOMAINS] = fact_list(NULL, 0);
	fake_run(c);
	UNIT_CASE(fake_is(c, STANDING_DKIM, "-"), "unsigned");
	fake_done(c);
	store_free(store);
}

/* What is late leaves the others their answer. */
static void
late(void)
{
	struct store *store = remember();
	struct ip ip;
	struct check_call *c = call(STAGE_MAIL, "192.0.2.7", &ip, store);

	fake_message.need[ORGANISATION] = (struct fact_value){.state = FACT_PENDING};
	c->late = true;
	fake_run(c);
	UNIT_CASE(fake_is(c, STANDING_ADDRESS, "93"), "in time");
	UNIT_CASE(fake_is(c, STANDING_ORGANISATION, "?timeout"), "late");
	fake_done(c);
	store_free(store);
}

/* Twelve of today are known; a day later they weigh less than twelve. */
static void
decayed(void)
{
	struct store *store = remember();
	struct ip ip;

	for (int64_t days = 0; days < 2; days++) {
		struct check_call *c = call(STAGE_MAIL, "192.0.2.7", &ip, store);

		c->now = T + days * 86400;
		fake_run(c);
		UNIT_CASE(fake_is(c, STANDING_ADDRESS, days ? FEW : "93"), days ? "tomorrow" : "today");
		fake_done(c);
	}
	store_free(store);
}

/* What nobody can tell is unknown; too few messages are an answer. */
static void
outage(void)
{
	struct store *away = store_connect("/nonexistent/store", 5);
	struct ip ip;
	struct check_call *c = call(STAGE_BODY, "192.0.2.7", &ip, away);

	fake_run(c);
	UNIT_CASE(fake_is(c, STANDING_ADDRESS, "?store: no answer"), "away");
	UNIT_CASE(fake_is(c, STANDING_DKIM, "?store: no answer"), "away");
	UNIT_CASE(fake_is(c, STANDING_ORGANISATION, "-"), "none to ask of");
	fake_done(c);
	c = call(STAGE_BODY, "192.0.2.7", &ip, NULL);
	fake_run(c);
	UNIT_CASE(fake_is(c, STANDING_NETWORK, "?no store"), "none");
	fake_done(c);
	store_free(away);
}

static const struct unit_test tests[] = {
	{"known, too few, missing, unknown", table},
	{"stages, and one round trip", stages},
	{"a DNS that is late", late},
	{"what is old weighs less", decayed},
	{"outage", outage},
};

int
main(void)
{
	return unit_main("checks/reputation", tests, sizeof(tests) / sizeof(*tests));
}
