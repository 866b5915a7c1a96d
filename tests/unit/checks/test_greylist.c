/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/greylist.h"

#include "checks/greylist_record.h"
#include "engine/known.h"
#include "tests/unit/checks/fake_check.c"
#include "tests/unit/checks/fake_message.c"

enum row { STATE, AGE };

struct step {
	const char *name, *ip, *organisation, *from, *to; /* organisation NULL: the network; from "": <> */
	int64_t now;
	const char *state, *age;
};

static const struct step networks[] = {
	{"first sight", "192.0.2.7", NULL, "a@x.example", "r@example.org", 1000, "new", "0"},
	{"too early", "192.0.2.7", NULL, "a@x.example", "r@example.org", 1060, "early", "60"},
	{"another recipient", "192.0.2.7", NULL, "a@x.example", "s@example.org", 1060, "new", "0"},
	{"another sender", "192.0.2.7", NULL, "b@x.example", "r@example.org", 1060, "new", "0"},
	{"another network", "192.0.3.7", NULL, "a@x.example", "r@example.org", 1060, "new", "0"},
	{"a neighbour, other case", "192.0.2.99", NULL, "A@x.example", "R@example.org", 1120, "passed", "120"},
	{"again", "192.0.2.7", NULL, "a@x.example", "r@example.org", 1130, "known", "130"},
	{"a network is known for that alone", "192.0.2.7", NULL, "c@x.example", "r@example.org", 1130, "new", "0"},
	{"within its life", "192.0.2.7", NULL, "a@x.example", "r@example.org", 1120 + 9999, "known", "10119"},
	{"life counts from the last use", "192.0.2.7", NULL, "a@x.example", "r@example.org", 1120 + 19998, "known",
		"20118"},
	{"forgotten", "192.0.2.7", NULL, "a@x.example", "r@example.org", 1120 + 40000, "new", "0"},
	{"retry after the window", "192.0.2.7", NULL, "b@x.example", "r@example.org", 1060 + 5000, "new", "0"},
	{"bounce", "192.0.2.7", NULL, "", "r@example.org", 1000, "new", "0"},
	{"bounce again", "192.0.2.7", NULL, "", "r@example.org", 1001, "early", "1"},
	{"IPv6", "2001:db8:0:1::7", NULL, "six@x.example", "r@example.org", 1000, "new", "0"},
	{"IPv6, same /64", "2001:db8:0:1:ffff::8", NULL, "six@x.example", "r@example.org", 1200, "passed", "200"},
	{"IPv6, another /64", "2001:db8:0:2::7", NULL, "six@x.example", "r@example.org", 1200, "new", "0"},
	{"local submission", NULL, NULL, "a@x.example", "r@example.org", 1000, "-", "-"},
};

static const struct step organisations[] = {
	{"first sight", "192.0.2.7", "big.example", "m-1@big.example", "r@example.org", 1000, "new", "0"},
	{"another host, early", "198.51.100.7", "big.example", "m-1@big.example", "r@example.org", 1060, "early", "60"},
	{"another host, another number", "203.0.113.7", "big.example", "m-22@big.example", "r@example.org", 1120,
		"passed", "120"},
	{"the same again", "192.0.2.200", "big.example", "m-1@big.example", "r@example.org", 1130, "known", "130"},
	{"another sender and recipient", "192.0.9.7", "big.example", "x@other.example", "s@example.org", 1130, "known",
		"130"},
	{"its bounces", "192.0.9.7", "big.example", "", "s@example.org", 1131, "known", "131"},
	{"an impostor", "192.0.9.7", NULL, "x@big.example", "s@example.org", 1131, "new", "0"},
	{"another organisation", "192.0.9.7", "small.example", "x@big.example", "t@example.org", 1131, "new", "0"},
	{"used after long", "192.0.9.7", "big.example", "y@big.example", "u@example.org", 1120 + 9990, "known", "10110"},
	{"its life counts from the last use", "192.0.9.7", "big.example", "y@big.example", "u@example.org",
		1120 + 19000, "known", "19120"},
	{"forgotten", "192.0.9.7", "big.example", "y@big.example", "u@example.org", 1120 + 39000, "new", "0"},
	{"another's first sight", "192.0.2.7", "pool.example", "a@pool.example", "r@example.org", 1000, "new", "0"},
	{"from its second network, early", "198.51.100.7", "pool.example", "a@pool.example", "r@example.org", 1060,
		"early", "60"},
	{"again from there: the first sight counts", "198.51.100.7", "pool.example", "a@pool.example", "r@example.org",
		1125, "passed", "125"},
};

/* Not what passes makes an organisation known, but what is then accepted. */
static const struct {
	struct step step;
	bool refused; /* after RCPT, for its content */
} contents[] = {
	{{"a first sight", "192.0.2.7", "mix.example", "a@mix.example", "r@example.org", 1000, "new", "0"}, false},
	{{"it passes, and is refused", "192.0.2.7", "mix.example", "a@mix.example", "r@example.org", 1120, "passed", "120"},
		true},
	{{"others are new still", "192.0.2.7", "mix.example", "b@mix.example", "r@example.org", 1130, "new", "0"}, false},
	{{"it passes again", "192.0.9.7", "mix.example", "a@mix.example", "r@example.org", 1140, "known", "140"}, true},
	{{"others are new still", "192.0.2.7", "mix.example", "c@mix.example", "r@example.org", 1150, "new", "0"}, false},
	{{"it is accepted", "192.0.2.7", "mix.example", "a@mix.example", "r@example.org", 1160, "known", "160"}, false},
	{{"now all are known", "192.0.2.7", "mix.example", "d@mix.example", "s@example.org", 1170, "known", "170"}, false},
};

/* A bot network: same forged sender, same recipient, unrelated hosts, until the cap. */
static const struct step bots[] = {
	{"one", "192.0.2.1", NULL, "a@x.example", "r@example.org", 1000, "new", "0"},
	{"two", "198.51.100.1", NULL, "a@x.example", "r@example.org", 1200, "new", "0"},
	{"three", "203.0.113.1", "isp.example", "a@x.example", "r@example.org", 1400, "new", "0"},
	{"a second before the cap", "198.18.0.1", NULL, "a@x.example", "r@example.org", 1000 + 3599, "new", "0"},
	{"the cap", "198.18.1.1", NULL, "a@x.example", "r@example.org", 1000 + 3600, "passed", "3600"},
	{"numbers are of one sender for an organisation only", "198.18.1.1", NULL, "b-1@x.example", "r@example.org",
		1000, "new", "0"},
	{"no cap of a pattern", "198.18.2.1", NULL, "b-2@x.example", "r@example.org", 1000 + 3600, "new", "0"},
};

/* The DNS tells whose the host is now and then only. */
static const struct step flaps[] = {
	{"known whose", "192.0.2.7", "big.example", "a@big.example", "r@example.org", 1000, "new", "0"},
	{"retry while it is not", "192.0.2.9", NULL, "a@big.example", "r@example.org", 1200, "passed", "200"},
	{"not known whose", "192.0.3.7", NULL, "b@small.example", "r@example.org", 1000, "new", "0"},
	{"retry while it is", "192.0.3.9", "small.example", "b@small.example", "r@example.org", 1200, "passed", "200"},
	{"and is known for all", "192.0.9.9", "small.example", "c@small.example", "s@example.org", 1201, "known", "201"},
	{"and there without the DNS", "192.0.3.8", NULL, "b@small.example", "r@example.org", 1202, "known", "202"},
	{"still not known whose", "192.0.5.7", NULL, "k@kind.example", "r@example.org", 1000, "new", "0"},
	{"nor when it passes", "192.0.5.7", NULL, "k@kind.example", "r@example.org", 1200, "passed", "200"},
	{"now it is", "192.0.5.7", "kind.example", "k@kind.example", "r@example.org", 1201, "known", "201"},
	{"and is known for all", "192.0.6.7", "kind.example", "j@kind.example", "s@example.org", 1202, "known", "202"},
};

/* The clock is put back: nobody waits for it to catch up, and an early retry of another node is early. */
static const struct step clocks[] = {
	{"first sight", "192.0.2.7", NULL, "a@x.example", "r@example.org", 100000, "new", "0"},
	{"another node", "192.0.2.7", NULL, "a@x.example", "r@example.org", 99950, "early", "0"},
	{"put back by a day", "192.0.2.7", NULL, "a@x.example", "r@example.org", 13600, "passed", "0"},
	{"a pool", "192.0.3.7", NULL, "b@x.example", "r@example.org", 100000, "new", "0"},
	{"of another network", "192.0.4.7", NULL, "b@x.example", "r@example.org", 13600, "passed", "0"},
};

static const struct step unreadable = {"no address", "192.0.2.7", NULL, "@", "r@example.org", 1000, "new", "0"};

struct room {
	struct ip ip;
	struct address to;
};

static struct check_call *
call(const struct step *s, struct room *room, struct store *store)
{
	struct check_call *c = fake_new(&greylist_check, STAGE_RCPT, NULL, 0);

	c->settings.greylist_wait = 120;
	c->settings.greylist_cap = 3600;
	c->settings.greylist_window = 5000;
	c->settings.greylist_life = 10000;
	c->store = store;
	c->now = s->now;
	if (s->ip && ip_parse(view_str(s->ip), &room->ip))
		c->client.ip = &room->ip;
	fake_message.need[0] = s->organisation ? fact_text(view_str(s->organisation))
		: fact_unknown(VIEW("timeout")); /* the check knows the network itself */
	c->has_envelope = true;
	c->envelope.null_sender = !*s->from;
	c->envelope.from_raw = view_str(s->from);
	c->envelope.has_from = address_path(view_str(s->from), c->arena, &c->envelope.from) == ADDRESS_OK;
	CU_ASSERT_EQUAL(address_path(view_str(s->to), c->arena, &room->to), ADDRESS_OK);
	c->envelope.rcpt = &room->to;
	c->envelope.n_rcpt = 1;
	return c;
}

static void
step_to(const struct step *s, struct store *store, bool refused)
{
	struct room room;
	struct check_call *c = call(s, &room, store);
	struct store_result done;

	fake_run(c);
	UNIT_CASE(fake_is(c, STATE, s->state), s->name);
	UNIT_CASE(fake_is(c, AGE, s->age), s->name);
	if (c->newcomer && !refused)
		store_do(store, c->newcomer, 1, c->arena, &done);
	fake_done(c);
}

static void
step(const struct step *s, struct store *store)
{
	step_to(s, store, false);
}

static void
follow(const struct step *s, size_t n)
{
	struct store *store = store_local();

	for (size_t i = 0; i < n; i++)
		step(&s[i], store);
	store_free(store);
}
#define FOLLOW(steps) follow(steps, sizeof(steps) / sizeof(*(steps)))

static void
by_network(void)
{
	FOLLOW(networks);
}

static void
by_organisation(void)
{
	FOLLOW(organisations);
}

static void
by_content(void)
{
	struct store *store = store_local();

	for (size_t i = 0; i < sizeof(contents) / sizeof(*contents); i++)
		step_to(&contents[i].step, store, contents[i].refused);
	store_free(store);
}

static void
by_nobody(void)
{
	FOLLOW(bots);
	follow(&unreadable, 1);
}

static void
by_luck(void)
{
	FOLLOW(flaps);
}

static void
by_another_clock(void)
{
	FOLLOW(clocks);
}

/* What one of the records says; CU_FAIL if there is none. */
static struct greylist_record
record(struct store *store, struct view whose, const char *sender, int64_t now, struct arena *a)
{
	struct greylist_record r = {.passed = false};
	struct view v;

	if (store_get(store, STORE_GREYLIST, GREYLIST_RECORD_VERSION,
		greylist_record_key(whose, view_str(sender), VIEW("r@example.org"), a), now, a, &v) != STORE_FOUND ||
		!greylist_record_read(v, &r))
		CU_FAIL("no record");
	return r;
}

/* What passed beside an organisation's own record says nobody's name: it is not listed twice. */
static void
passed_records(void)
{
	struct store *store = store_local();
	struct arena *a = arena_new();
	struct greylist_record r;

	step(&organisations[0], store);
	step(&(struct step){"passed", "192.0.2.7", "big.example", "m-1@big.example", "r@example.org", 1120, "passed",
		"120"}, store);
	r = record(store, VIEW("big.example"), "m-#@big.example", 1121, a);
	CU_ASSERT(r.passed && r.first == 1000 && r.used == 1120);
	UNIT_VIEW(r.organisation, "big.example");
	r = record(store, VIEW("192.0.2.0/24"), "m-#@big.example", 1121, a);
	CU_ASSERT(r.passed && r.organisation.n == 0);
	arena_free(a);
	store_free(store);
}

/* What the records say to people; only one of a mail does. */
static void
records(void)
{
	struct store *store = store_local();
	struct room room;
	struct check_call *c = call(&organisations[0], &room, store);
	struct arena *a = arena_new();
	struct greylist_record r;
	struct view v;

	fake_run(c);
	CU_ASSERT_EQUAL_FATAL(store_get(store, STORE_GREYLIST, GREYLIST_RECORD_VERSION,
		greylist_record_key(VIEW("big.example"), VIEW("m-#@big.example"), VIEW("r@example.org"), a), 1000, a, &v),
		STORE_FOUND);
	CU_ASSERT_FATAL(greylist_record_read(v, &r));
	UNIT_VIEW(r.organisation, "big.example");
	UNIT_VIEW(r.sender, "m-#@big.example");
	UNIT_VIEW(r.recipient, "r@example.org");
	CU_ASSERT_EQUAL_FATAL(store_get(store, STORE_GREYLIST, GREYLIST_RECORD_VERSION,
		greylist_record_key(GREYLIST_ANYWHERE, VIEW("m-1@big.example"), VIEW("r@example.org"), a), 1000, a, &v),
		STORE_FOUND);
	CU_ASSERT_FATAL(greylist_record_read(v, &r));
	CU_ASSERT_EQUAL(r.organisation.n, 0);
	UNIT_VIEW(r.sender, "m-#@big.example");
	UNIT_VIEW(r.recipient, "r@example.org");
	fake_done(c);
	arena_free(a);
	store_free(store);
}

/* A network that was brought from another greylist is known as a whole, for as long as it is used. */
static void
brought(void)
{
	static const struct step steps[] = {
		{"nobody's host", "192.0.2.7", NULL, "a@x.example", "r@example.org", 2000, "known", "1000"},
		{"whosever host", "192.0.2.8", "x.example", "b@x.example", "s@example.org", 9000, "known", "8000"},
		{"its life counts from the last use", "192.0.2.9", NULL, "c@x.example", "s@example.org", 9000 + 9990, "known",
			"17990"},
		{"a neighbour", "192.0.3.7", NULL, "a@x.example", "r@example.org", 2000, "new", "0"},
	};
	struct store *store = store_local();
	struct arena *a = arena_new();
	struct greylist_record r = {.first = 1000, .used = 1000, .passed = true, .organisation = VIEW("192.0.2.0/24")};
	struct store_request q = known_request(STORE_PUT,
		known_key(KNOWN_ORGANISATION, r.organisation, (struct view){NULL, 0}, a), 1000);
	struct store_result done;
	char bytes[GREYLIST_RECORD_MAX];

	q.value = greylist_record_write(&r, bytes);
	q.expires = 11000;
	store_do(store, &q, 1, a, &done);
	CU_ASSERT_EQUAL_FATAL(done.status, STORE_FOUND);
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		step(&steps[i], store);
	arena_free(a);
	store_free(store);
}

/* Those to whom our users wrote are known at once: the address from wherever, or their organisation. */
static void
correspondents(void)
{
	static const struct {
		struct step step;
		bool secret;
		const char *spf;
	} rows[] = {
		{{"the address", "192.0.2.7", NULL, "Ann+x@y.example", "r@example.org", 1000, "known", "0"}, true, "none"},
		{{"marked", "192.0.2.7", NULL, "prvs=0123abcdef=ann@y.example", "r@example.org", 1000, "known", "0"}, true,
			"none"},
		{{"somebody else", "192.0.2.7", NULL, "ann@y.example", "t@example.org", 1000, "new", "0"}, true, "fail"},
		{{"perhaps", "192.0.2.7", NULL, "ann@y.example", "r@example.org", 1000, "known", "0"}, true, "softfail"},
		{{"another of its domain", "192.0.2.7", NULL, "noreply@y.example", "r@example.org", 1000, "new", "0"}, true,
			"none"},
		{{"of its organisation", "192.0.2.7", "y.example", "noreply@mail.y.example", "r@example.org", 1000, "known",
			"0"}, true, "none"},
		{{"its bounce", "192.0.2.7", "y.example", "", "r@example.org", 1000, "known", "0"}, true, "none"},
		{{"without the secret", "192.0.2.7", "y.example", "ann@y.example", "r@example.org", 1000, "new", "0"}, false,
			"none"},
	};
	struct store *store = store_local();
	struct arena *a = arena_new();
	struct view secret = VIEW("secret");

	CU_ASSERT_EQUAL(store_put(store, STORE_KNOWN, 2, known_key(KNOWN_ADDRESS, VIEW("ann@y.example"), secret, a),
		VIEW("1"), 1000, 9000, a), STORE_FOUND);
	CU_ASSERT_EQUAL(store_put(store, STORE_KNOWN, 2, known_key(KNOWN_DOMAIN, VIEW("y.example"), secret, a),
		VIEW("1"), 1000, 9000, a), STORE_FOUND);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct room room;
		struct check_call *c = call(&rows[i].step, &room, store);

		if (rows[i].secret)
			c->settings.known_secret = secret;
		fake_message.need[1] = fact_text(view_str(rows[i].spf));
		fake_run(c);
		UNIT_CASE(fake_is(c, STATE, rows[i].step.state), rows[i].step.name);
		fake_done(c);
	}
	arena_free(a);
	store_free(store);
}

/* It waits for the organisation, until it is late. */
static void
waits(void)
{
	struct store *store = store_local();
	struct room room;
	struct check_call *c = call(&networks[0], &room, store);

	fake_message.need[0] = (struct fact_value){.state = FACT_PENDING};
	fake_run(c);
	UNIT_CASE(fake_is(c, STATE, "..."), "pending");
	c->late = true;
	fake_run(c);
	UNIT_CASE(fake_is(c, STATE, "new"), "late");
	fake_done(c);
	store_free(store);
}

/* The store is away, or there is none: unknown, so that mail passes. */
static void
outage(void)
{
	struct store *store = store_connect("/nonexistent/store", 50);
	struct room room;

	for (size_t i = 0; i < 2; i++) {
		struct check_call *c = call(i ? &organisations[0] : &networks[0], &room, store);

		fake_run(c);
		UNIT_CASE(fake_is(c, STATE, "?store: no answer"), "away");
		UNIT_CASE(fake_is(c, AGE, "?store: no answer"), "away");
		fake_done(c);
		c = call(i ? &organisations[0] : &networks[0], &room, NULL);
		fake_run(c);
		UNIT_CASE(fake_is(c, STATE, "?no store"), "none");
		fake_done(c);
	}
	store_free(store);
}

static const struct unit_test tests[] = {
	{"networks over time", by_network},
	{"organisations over time", by_organisation},
	{"organisations whose mail is refused", by_content},
	{"hosts of nobody", by_nobody},
	{"a DNS that flaps", by_luck},
	{"a clock put back", by_another_clock},
	{"records tell whose they are", records},
	{"so do those of what passed", passed_records},
	{"networks of another greylist", brought},
	{"correspondents", correspondents},
	{"waits for the organisation", waits},
	{"outage", outage},
};

int
main(void)
{
	return unit_main("checks/greylist", tests, sizeof(tests) / sizeof(*tests));
}
