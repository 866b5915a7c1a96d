/* SPDX-License-Identifier: BSD-2-Clause
 *
 * To whom our users wrote, through the whole engine: who is remembered, for how long, and what rules read.
 */
#include "engine/correspondence.h"

#include "checks/correspondent.h"
#include "engine/known.h"
#include "tests/lib/engine_world.h"
#include "tests/lib/unit.h"

static const char rules[] = "rule SENDER when mail.known score 1\nrule AUTHOR when from.known score 2\n"
	"rule DROP scope any when rcpt.local = \"drop\" discard\n"
	"rule NO scope any when rcpt.local = \"no\" reject 550 5.7.1 \"no\"\n"
	"rule HOLD scope any when rcpt.local = \"hold\" quarantine\n";
static const int64_t start = 1795000000;
enum { LIFE = 1000 };

static void
open_world(struct engine_world *w)
{
	engine_world_open(w, rules);
	w->settings.known_secret = VIEW("a secret of sixteen");
	w->settings.known_life = LIFE;
}

static void
send_out(struct engine_world *w, const char *from, const char *to, const char *header)
{
	struct engine_mail m = engine_world_good;

	m.auth = "kim";
	m.from = from;
	m.to[0] = to;
	m.header = header;
	engine_world_outcome(w, &m);
}

/* What rules say of mail from there, in hundredths; SENDER and AUTHOR. */
static int
comes_in(struct engine_world *w, const char *from)
{
	struct engine_mail m = engine_world_good;
	char header[100];

	snprintf(header, sizeof(header), "From: %s", *from ? from : "ann@y.example");
	m.from = from;
	m.header = header;
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(w, &m), "end accept");
	return (int)(100 * json_number_value(json_object_get(w->record, "score")));
}

static const struct {
	const char *name, *from, *to, *header, *sender;
	int want;
} rows[] = {
	{"written to", "kim@rcpt.example", "ann@y.example", "Subject: hello", "ann@y.example", 300},
	{"in another form", "kim@rcpt.example", "Ann+work@Y.example", "Subject: hello", "prvs=0123abcdef=ann@y.example", 300},
	{"another", "kim@rcpt.example", "ann@y.example", "Subject: hello", "bob@y.example", 0},
	{"as if forwarded", "kim@rcpt.example", "ann@y.example", "Subject: hello", "SRS0=aaaa=bb=y.example=ann@evil.example", 0},
	{"its bounce", "kim@rcpt.example", "ann@y.example", "Subject: hello", "", 200},
	{"an automatic answer", "kim@rcpt.example", "ann@y.example", "Auto-Submitted: auto-replied", "ann@y.example", 0},
	{"no automatic answer", "kim@rcpt.example", "ann@y.example", "Auto-Submitted: no", "ann@y.example", 300},
	{"a bounce", "", "ann@y.example", "Subject: failure", "ann@y.example", 0},
	{"discarded", "kim@rcpt.example", "drop@y.example", "Subject: hello", "drop@y.example", 0},
	{"refused", "kim@rcpt.example", "no@y.example", "Subject: hello", "no@y.example", 0},
	{"of ours", "kim@rcpt.example", "ann@own.example", "Subject: hello", "ann@own.example", 0},
	{"held", "kim@rcpt.example", "hold@y.example", "Subject: hello", "hold@y.example", 0},
};

static void
remembers(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct engine_world w;

		open_world(&w);
		send_out(&w, rows[i].from, rows[i].to, rows[i].header);
		UNIT_CASE(comes_in(&w, rows[i].sender) == rows[i].want, rows[i].name);
		engine_world_close(&w);
	}
}

/* Mail that comes in teaches nothing. */
static void
inbound(void)
{
	struct engine_world w;
	struct engine_mail m = engine_world_good;

	open_world(&w);
	m.to[0] = "ann@y.example";
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &m), "end accept");
	CU_ASSERT_EQUAL(comes_in(&w, "ann@y.example"), 0);
	engine_world_close(&w);
}

static void
forgets(void)
{
	struct engine_world w;

	open_world(&w);
	send_out(&w, "kim@rcpt.example", "ann@y.example", "Subject: hello");
	w.settings.now = start + LIFE - 1;
	CU_ASSERT_EQUAL(comes_in(&w, "ann@y.example"), 300);
	send_out(&w, "kim@rcpt.example", "ann@y.example", "Subject: again");
	w.settings.now = start + LIFE + LIFE - 2;
	CU_ASSERT_EQUAL(comes_in(&w, "ann@y.example"), 300);
	w.settings.now = start + 2 * LIFE;
	CU_ASSERT_EQUAL(comes_in(&w, "ann@y.example"), 0);
	engine_world_close(&w);
}

static struct store_result
look(struct engine_world *w, enum known_kind kind, struct view who, struct view secret)
{
	struct store_request q = known_request(STORE_GET, known_key(kind, who, secret, w->arena), start);
	struct store_result r;

	store_do(w->store, &q, 1, w->arena, &r);
	return r;
}

/* What the store has of it tells nobody the name; the organisation is remembered beside the address. */
static void
keys(void)
{
	struct engine_world w;
	struct view secret;

	open_world(&w);
	secret = w.settings.known_secret;
	send_out(&w, "kim@rcpt.example", "ann@mail.y.co.uk", "Subject: hello");
	CU_ASSERT_EQUAL(look(&w, KNOWN_ADDRESS, VIEW("ann@mail.y.co.uk"), secret).status, STORE_FOUND);
	CU_ASSERT_EQUAL(look(&w, KNOWN_DOMAIN, VIEW("y.co.uk"), secret).status, STORE_FOUND);
	CU_ASSERT_EQUAL(look(&w, KNOWN_ADDRESS, VIEW("ann@mail.y.co.uk"), VIEW("another")).status, STORE_NONE);
	CU_ASSERT_EQUAL(look(&w, KNOWN_DOMAIN, VIEW("mail.y.co.uk"), secret).status, STORE_NONE);
	CU_ASSERT_EQUAL(known_key(KNOWN_ADDRESS, VIEW("ann@mail.y.co.uk"), secret, w.arena).n, 33);
	CU_ASSERT_FALSE(view_eq(known_key(KNOWN_ADDRESS, VIEW("y.example"), secret, w.arena),
		known_key(KNOWN_DOMAIN, VIEW("y.example"), secret, w.arena)));
	CU_ASSERT_EQUAL(known_key(KNOWN_ORGANISATION, view_of((char[300]){0}, 300), secret, w.arena).n, 1 + DOMAIN_MAX);
	engine_world_close(&w);
}

/* Which organisation an address is of. */
static void
domains(void)
{
	static const struct {
		const char *address, *want;
	} list[] = {{"a@mail.y.co.uk", "y.co.uk"}, {"a@y.example", "y.example"}, {"a@co.uk", "co.uk"},
		{"a@[192.0.2.1]", ""}, {"postmaster", ""}};
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
		struct address x;

		UNIT_CASE(address_path(view_str(list[i].address), a, &x) == ADDRESS_OK, list[i].address);
		UNIT_CASE(view_eq_str(known_domain(&x), list[i].want), list[i].address);
	}
	arena_free(a);
}

/* Calls of the store for what one message of a user to these two says. */
static uint64_t
calls(struct engine_world *w, const char *to, const char *and_to)
{
	struct engine_mail m = engine_world_good;
	struct store_counters before, after;

	m.auth = "kim";
	m.from = "kim@rcpt.example";
	m.to[0] = to;
	m.to[1] = and_to;
	store_count(w->store, &before);
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(w, &m), "end accept");
	store_count(w->store, &after);
	return after.calls - before.calls;
}

/* Each is put down once a message, and nobody if it is switched off. */
static void
once(void)
{
	struct engine_world w;
	uint64_t one;

	open_world(&w);
	one = calls(&w, "ann@y.example", NULL);
	CU_ASSERT_EQUAL(calls(&w, "ann@y.example", "Ann+x@y.example"), one);
	CU_ASSERT_EQUAL(calls(&w, "ann@y.example", "bob@y.example"), one + 1);
	CU_ASSERT_EQUAL(calls(&w, "ann@y.example", "bob@z.example"), one + 2);
	CU_ASSERT_PTR_NULL(correspondent_check.lacks(&w.settings, 0));
	w.settings.known_life = 0;
	CU_ASSERT_EQUAL(calls(&w, "ann@y.example", NULL), one - 2);
	CU_ASSERT_PTR_NOT_NULL(correspondent_check.lacks(&w.settings, 0));
	engine_world_close(&w);
}

/* Of a circular the first hundred, of whom two share a domain. */
static void
ceiling(void)
{
	enum { MANY = 1000 };
	struct engine_world w;
	struct store_counters before, after;
	struct engine_mail m = engine_world_good;
	struct session *s;
	const struct edits *e;

	open_world(&w);
	m.auth = "kim";
	m.from = "kim@rcpt.example";
	s = engine_world_begin(&w, &m);
	for (int i = 0; i < MANY; i++)
		CU_ASSERT_EQUAL(session_rcpt(s, arena_printf(w.arena, "r%d@d%d.example", i, i / 2))->kind, VERDICT_NONE);
	store_count(w.store, &before);
	CU_ASSERT_EQUAL(engine_world_content(s, &m, &e)->kind, VERDICT_ACCEPT);
	store_count(w.store, &after);
	CU_ASSERT_EQUAL(after.calls - before.calls, KNOWN_RECIPIENTS + KNOWN_RECIPIENTS / 2);
	CU_ASSERT_EQUAL(after.failures, before.failures);
	session_free(s);
	CU_ASSERT_EQUAL(comes_in(&w, "r0@d0.example"), 300);
	CU_ASSERT_EQUAL(comes_in(&w, "r99@d49.example"), 300);
	CU_ASSERT_EQUAL(comes_in(&w, "r100@d50.example"), 0);
	CU_ASSERT_EQUAL(comes_in(&w, "r999@d499.example"), 0);
	engine_world_close(&w);
}

static json_t *
fact(const struct engine_world *w, const char *name)
{
	return json_object_get(json_object_get(w->record, "facts"), name);
}

/* What has no sender or author is no stranger. */
static void
missing(void)
{
	struct engine_mail m = engine_world_good;
	struct engine_world w;

	open_world(&w);
	CU_ASSERT_EQUAL(comes_in(&w, ""), 0);
	CU_ASSERT(json_is_null(fact(&w, "mail.known")) && json_is_false(fact(&w, "from.known")));
	m.header = "Subject: of nobody";
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &m), "end accept");
	CU_ASSERT(json_is_false(fact(&w, "mail.known")) && json_is_null(fact(&w, "from.known")));
	engine_world_close(&w);
}

static const char *
unknown_of(const struct engine_world *w)
{
	json_t *v = json_object_get(fact(w, "mail.known"), "unknown");

	return json_is_string(v) ? json_string_value(v) : "none";
}

/* Without a store or a secret the facts are unknown, never "no". */
static void
outages(void)
{
	struct engine_world w;

	open_world(&w);
	w.settings.known_secret = (struct view){NULL, 0};
	send_out(&w, "kim@rcpt.example", "ann@y.example", "Subject: hello");
	CU_ASSERT_EQUAL(comes_in(&w, "ann@y.example"), 0);
	CU_ASSERT_STRING_EQUAL(unknown_of(&w), "no secret");
	w.settings.known_secret = VIEW("a secret of sixteen");
	store_free(w.store);
	w.store = store_connect("/nonexistent/store", 50);
	engine_world_renew(&w);
	send_out(&w, "kim@rcpt.example", "ann@y.example", "Subject: hello");
	CU_ASSERT_EQUAL(comes_in(&w, "ann@y.example"), 0);
	CU_ASSERT_STRING_EQUAL(unknown_of(&w), "store: no answer");
	store_free(w.store);
	w.store = NULL;
	engine_world_renew(&w);
	CU_ASSERT_EQUAL(comes_in(&w, "ann@y.example"), 0);
	CU_ASSERT_STRING_EQUAL(unknown_of(&w), "no store");
	engine_world_close(&w);
}

int
main(void)
{
	static const struct unit_test tests[] = {
		{"who is remembered", remembers},
		{"inbound mail teaches nothing", inbound},
		{"for how long", forgets},
		{"under which keys", keys},
		{"of which organisation", domains},
		{"each once", once},
		{"neither sender nor author", missing},
		{"a message to many", ceiling},
		{"unknown without a store", outages},
	};

	return unit_main("engine/correspondence", tests, sizeof(tests) / sizeof(*tests));
}
