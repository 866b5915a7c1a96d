/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/hold.h"

#include "tests/unit/checks/fake_check.c"

static const struct {
	const char *name, *ip, *from;
	int64_t now;
	const char *age;
} steps[] = {
	{"first", "192.0.2.7", "a@x.example", 1000, "0"},
	{"again, from the same network", "192.0.2.99", "A@x.example", 1060, "60"},
	{"another network", "192.0.3.7", "a@x.example", 1060, "0"},
	{"another sender", "192.0.2.7", "b@x.example", 1060, "0"},
	{"the clock was set back", "192.0.2.7", "a@x.example", 900, "0"},
	{"and goes on from there", "192.0.2.7", "a@x.example", 950, "50"},
	{"long after the hold", "192.0.2.7", "a@x.example", 900 + 600 + 86399, "86999"},
	{"a new one", "192.0.2.7", "a@x.example", 900 + 600 + 86401, "0"},
	{"the clock was years ahead", "192.0.2.7", "a@x.example", 90000000, "0"},
	{"and is right again", "192.0.2.7", "a@x.example", 200000, "0"},
	{"so the hold ends", "192.0.2.7", "a@x.example", 200700, "700"},
	{"local submission", NULL, "a@x.example", 1000, "-"},
};

static struct check_call *
call(size_t i, struct ip *ip, struct address *to, struct store *store)
{
	struct check_call *c = fake_new(&hold_check, STAGE_RCPT, NULL, 0);

	c->settings.unknown_defer_max = 600;
	c->store = store;
	c->now = steps[i].now;
	if (steps[i].ip && ip_parse(view_str(steps[i].ip), ip))
		c->client.ip = ip;
	c->has_envelope = true;
	c->envelope.has_from = true;
	CU_ASSERT_EQUAL(address_path(view_str(steps[i].from), c->arena, &c->envelope.from), ADDRESS_OK);
	*to = (struct address){.text = VIEW("kim@example.org")};
	c->envelope.rcpt = to;
	c->envelope.n_rcpt = 1;
	return c;
}

static void
table(void)
{
	struct store *store = store_local();

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		struct address to;
		struct ip ip;
		struct check_call *c = call(i, &ip, &to, store);

		fake_run(c);
		UNIT_CASE(fake_is(c, 0, steps[i].age), steps[i].name);
		fake_done(c);
	}
	store_free(store);
}

static void
without_store(void)
{
	struct store *away = store_connect("/nonexistent/store", 50);
	struct address to;
	struct ip ip;
	struct check_call *c = call(0, &ip, &to, away);

	fake_run(c);
	UNIT_CASE(fake_is(c, 0, "?store: no answer"), "away");
	fake_done(c);
	store_free(away);
	c = call(0, &ip, &to, NULL);
	fake_run(c);
	UNIT_CASE(fake_is(c, 0, "?no store"), "none");
	fake_done(c);
}

int
main(void)
{
	static const struct unit_test tests[] = {
		{"since when", table},
		{"unknown without a store", without_store},
	};

	return unit_main("checks/hold", tests, sizeof(tests) / sizeof(*tests));
}
