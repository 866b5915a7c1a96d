/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/greylist.h"

#include "tests/unit/checks/fake_check.c"

enum row { STATE, AGE };

static const struct {
	const char *name, *ip, *from, *to; /* from NULL: the null sender */
	int64_t now;
	const char *state, *age;
} steps[] = {
	{"first sight", "192.0.2.7", "a@x.example", "r@example.org", 1000, "new", "0"},
	{"too early", "192.0.2.7", "a@x.example", "r@example.org", 1060, "early", "60"},
	{"another recipient", "192.0.2.7", "a@x.example", "s@example.org", 1060, "new", "0"},
	{"another sender", "192.0.2.7", "b@x.example", "r@example.org", 1060, "new", "0"},
	{"another network", "192.0.3.7", "a@x.example", "r@example.org", 1060, "new", "0"},
	{"a neighbour, other case", "192.0.2.99", "A@x.example", "R@example.org", 1120, "passed", "120"},
	{"again", "192.0.2.7", "a@x.example", "r@example.org", 1130, "known", "130"},
	{"within its life", "192.0.2.7", "a@x.example", "r@example.org", 1120 + 9999, "known", "10119"},
	{"life counts from the last use", "192.0.2.7", "a@x.example", "r@example.org", 1120 + 19998, "known",
		"20118"},
	{"forgotten", "192.0.2.7", "a@x.example", "r@example.org", 1120 + 40000, "new", "0"},
	{"retry after the window", "192.0.2.7", "b@x.example", "r@example.org", 1060 + 5000, "new", "0"},
	{"bounce", "192.0.2.7", NULL, "r@example.org", 1000, "new", "0"},
	{"bounce again", "192.0.2.7", NULL, "r@example.org", 1001, "early", "1"},
	{"IPv6", "2001:db8:0:1::7", "a@x.example", "r@example.org", 1000, "new", "0"},
	{"IPv6, same /64", "2001:db8:0:1:ffff::8", "a@x.example", "r@example.org", 1200, "passed", "200"},
	{"IPv6, another /64", "2001:db8:0:2::7", "a@x.example", "r@example.org", 1200, "new", "0"},
	{"local submission", NULL, "a@x.example", "r@example.org", 1000, "-", "-"},
};

static struct check_call *
call(size_t i, struct ip *ip, struct address *to, struct store *store)
{
	struct check_call *c = fake_new(&greylist_check, STAGE_RCPT, NULL, 0);

	c->settings.greylist_wait = 120;
	c->settings.greylist_cap = 3600;
	c->settings.greylist_window = 5000;
	c->settings.greylist_life = 10000;
	c->store = store;
	c->now = steps[i].now;
	if (steps[i].ip && ip_parse(view_str(steps[i].ip), ip))
		c->client.ip = ip;
	c->has_envelope = true;
	c->envelope.has_from = steps[i].from != NULL;
	c->envelope.null_sender = !steps[i].from;
	c->envelope.from.text = view_str(steps[i].from);
	*to = (struct address){.text = view_str(steps[i].to)};
	c->envelope.rcpt = to;
	c->envelope.n_rcpt = 1;
	return c;
}

static void
table(void)
{
	struct store *store = store_local();

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		struct ip ip;
		struct address to;
		struct check_call *c = call(i, &ip, &to, store);

		fake_run(c);
		UNIT_CASE(fake_is(c, STATE, steps[i].state), steps[i].name);
		UNIT_CASE(fake_is(c, AGE, steps[i].age), steps[i].name);
		fake_done(c);
	}
	store_free(store);
}

/* The store is away, or there is none: unknown, so that mail passes. */
static void
outage(void)
{
	struct store *store = store_connect("/nonexistent/store", 50);
	struct ip ip;
	struct address to;
	struct check_call *c = call(0, &ip, &to, store);

	fake_run(c);
	UNIT_CASE(fake_is(c, STATE, "?store: no answer"), "away");
	UNIT_CASE(fake_is(c, AGE, "?store: no answer"), "away");
	fake_done(c);
	store_free(store);
	c = call(0, &ip, &to, NULL);
	fake_run(c);
	UNIT_CASE(fake_is(c, STATE, "?no store"), "none");
	fake_done(c);
}

static const struct unit_test tests[] = {
	{"states over time", table},
	{"outage", outage},
};

int
main(void)
{
	return unit_main("checks/greylist", tests, sizeof(tests) / sizeof(*tests));
}
