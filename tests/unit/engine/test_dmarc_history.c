/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is recorded for an aggregate report, by what became of the message.
 */
#include "engine/state.h"
#include "mail/dmarc/dmarc_row_read.h"
#include "tests/lib/unit.h"

#define N DMARC_NONE
#define Q DMARC_QUARANTINE
#define R DMARC_REJECT

static const struct {
	const char *title;
	enum verdict_kind kind;
	bool tagged, dry, unknown, passed;
	enum dmarc_policy asked, published;
	const char *want; /* disposition and reason; NULL = no row */
} cases[] = {
	{"passes", VERDICT_NONE, 0, 0, 0, 1, R, R, "pass "},
	{"passes, no policy", VERDICT_NONE, 0, 0, 0, 1, N, N, "none "},
	{"passes, refused as spam", VERDICT_REJECT, 0, 0, 0, 1, Q, Q, "pass "},
	{"as asked: reject", VERDICT_REJECT, 0, 0, 0, 0, R, R, "reject "},
	{"as asked: discard", VERDICT_DISCARD, 0, 0, 0, 0, R, R, "reject "},
	{"as asked: quarantine", VERDICT_QUARANTINE, 0, 0, 0, 0, Q, Q, "quarantine "},
	{"as asked: tag", VERDICT_ACCEPT, 1, 0, 0, 0, Q, Q, "quarantine "},
	{"as asked: nothing", VERDICT_NONE, 0, 0, 0, 0, N, N, "none "},
	{"milder", VERDICT_ACCEPT, 1, 0, 0, 0, R, R, "quarantine local_policy"},
	{"accepted", VERDICT_ACCEPT, 0, 0, 0, 0, Q, Q, "none local_policy"},
	{"stricter", VERDICT_REJECT, 0, 0, 0, 0, N, N, "reject local_policy"},
	{"test mode", VERDICT_NONE, 0, 0, 0, 0, N, Q, "none policy_test_mode"},
	{"test mode, and yet stricter", VERDICT_REJECT, 0, 0, 0, 0, Q, R, "reject local_policy"},
	{"dry run", VERDICT_REJECT, 1, 1, 0, 0, R, R, "none local_policy"},
	{"not known", VERDICT_NONE, 0, 0, 1, 0, R, R, "none other"},
	{"put off", VERDICT_DEFER, 0, 0, 0, 0, R, R, NULL},
	{"greylisted", VERDICT_GREYLIST, 0, 0, 0, 0, R, R, NULL},
};

static void
keep(void *ctx, struct view json)
{
	buf_add(ctx, json);
}

static struct check_dmarc
found(size_t i)
{
	return (struct check_dmarc){.row = {.domain = VIEW("a.example"), .header_from = VIEW("a.example"),
			.ip = {4, {192, 0, 2, 1}}}, .known = !cases[i].unknown, .passed = cases[i].passed,
		.asked = cases[i].asked, .published = cases[i].published};
}

static void
recorded(void)
{
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct settings settings = {.dry_run = cases[i].dry};
		struct buf line;
		struct engine e = {.o = {.settings = &settings, .dmarc_sink = keep, .dmarc_sink_ctx = &line}};
		struct check_dmarc d = found(i);
		struct transaction t = {.dmarc = &d, .envelope = {.has_from = true,
			.from = {.domain = VIEW("m.example")}}};
		struct session s = {.e = &e, .t = &t};
		struct judgement g = {.kind = cases[i].kind, .tagged = cases[i].tagged};
		struct dmarc_row row;

		buf_init(&line, DMARC_ROW_BYTES);
		dmarc_history_emit(&s, &g);
		UNIT_CASE((line.n > 0) == (cases[i].want != NULL), cases[i].title);
		if (cases[i].want && dmarc_row_read(buf_view(&line), a, &row)) {
			UNIT_VIEW(arena_printf(a, "%s %s", dmarc_row_disposition_name(row.disposition),
				dmarc_row_override_name(row.override)), cases[i].want);
			UNIT_VIEW(row.envelope_from, "m.example");
		}
		buf_reset(&line); /* a second decision about the same message */
		dmarc_history_emit(&s, &g);
		UNIT_CASE(line.n == 0, cases[i].title);
		buf_done(&line);
	}
	arena_free(a);
}

/* A message of a forwarder on the site's list, by the rule's name. */
static void
forwarders(void)
{
	static const struct {
		const char *rule, *want;
		bool trial, by_unknown, refused;
	} rows[] = {
		{"FORWARDER_TRUSTED", "none trusted_forwarder", false, false, false},
		{"ARC_TRUSTED", "none trusted_forwarder", false, false, false},
		{"ARC_TRUSTED", "none local_policy", true, false, false},
		{"ARC_TRUSTED", "none local_policy", false, true, false},
		{"SPF_FAIL", "none local_policy", false, false, false},
		{"ARC_TRUSTED", "reject local_policy", false, false, true}, /* refused for something else */
	};
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct settings settings = {.dry_run = false};
		struct rule rule = {.name = view_str(rows[i].rule)};
		struct program p = {.rules = &rule, .n_rules = 1};
		struct buf line;
		struct engine e = {.program = &p,
			.o = {.settings = &settings, .dmarc_sink = keep, .dmarc_sink_ctx = &line}};
		struct check_dmarc d = found(5);
		struct transaction t = {.dmarc = &d};
		struct session s = {.e = &e, .t = &t};
		struct fired fired = {0, 0, rows[i].trial, rows[i].by_unknown};
		struct judgement g = {.kind = rows[i].refused ? VERDICT_REJECT : VERDICT_ACCEPT, .fired = &fired,
			.n_fired = 1};
		struct dmarc_row row;

		buf_init(&line, DMARC_ROW_BYTES);
		dmarc_history_emit(&s, &g);
		CU_ASSERT_FATAL(dmarc_row_read(buf_view(&line), a, &row));
		UNIT_VIEW(arena_printf(a, "%s %s", dmarc_row_disposition_name(row.disposition),
			dmarc_row_override_name(row.override)), rows[i].want);
		buf_done(&line);
	}
	arena_free(a);
}

static void
signatures(void)
{
	struct arena *a = arena_new();
	struct settings settings = {.dry_run = false};
	struct buf line;
	struct engine e = {.o = {.settings = &settings, .dmarc_sink = keep, .dmarc_sink_ctx = &line}};
	struct check_dmarc d = found(0);
	struct report many[DKIM_SIGNATURES + 3], spf = {NULL, {.method = VIEW("spf")}};
	struct transaction t = {.dmarc = &d, .envelope = {.null_sender = true}, .reports = {&spf, NULL}};
	struct session s = {.e = &e, .t = &t};
	struct judgement g = {.kind = VERDICT_NONE};
	struct dmarc_row row;

	spf.next = many;
	for (size_t i = 0; i < DKIM_SIGNATURES + 3; i++)
		many[i] = (struct report){i < DKIM_SIGNATURES + 2 ? &many[i + 1] : NULL, {VIEW("dkim"), VIEW("fail"),
			.prop = {{VIEW("header.d"), VIEW("d.example")}, {VIEW("header.s"), VIEW("k")}}, .n_props = 2}};
	buf_init(&line, DMARC_ROW_BYTES);
	dmarc_history_emit(&s, &g);
	CU_ASSERT_FATAL(dmarc_row_read(buf_view(&line), a, &row));
	CU_ASSERT_EQUAL(row.n_dkim, DKIM_SIGNATURES);
	UNIT_VIEW(row.dkim[0].domain, "d.example");
	CU_ASSERT(row.envelope_from.p && row.envelope_from.n == 0);
	buf_done(&line);
	arena_free(a);
}

/* The recipients' domain is told if they have one; who was refused does not count. */
static void
recipients(void)
{
	static const struct {
		const char *title, *domain[3];
		bool refused[3];
		const char *want; /* NULL = none is told */
	} rows[] = {
		{"one", {"r.example"}, {false}, "r.example"},
		{"two of one domain", {"r.example", "R.example"}, {false, false}, "R.example"},
		{"two domains", {"r.example", "s.example"}, {false, false}, NULL},
		{"the other was refused", {"s.example", "r.example"}, {true, false}, "r.example"},
		{"one without domain", {"r.example", ""}, {false, false}, NULL},
		{"nobody is left", {"r.example"}, {true}, NULL},
	};
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct settings settings = {.dry_run = false};
		struct buf line;
		struct engine e = {.o = {.settings = &settings, .dmarc_sink = keep, .dmarc_sink_ctx = &line}};
		struct check_dmarc d = found(0);
		struct recipient to[3] = {{.refused = rows[i].refused[0]}, {.refused = rows[i].refused[1]},
			{.refused = rows[i].refused[2]}};
		struct transaction t = {.dmarc = &d, .rcpt = to};
		struct session s = {.e = &e, .t = &t};
		struct judgement g = {.kind = VERDICT_NONE};
		struct dmarc_row row;

		for (; t.n_rcpt < 3 && rows[i].domain[t.n_rcpt]; t.n_rcpt++)
			to[t.n_rcpt].address.domain = view_str(rows[i].domain[t.n_rcpt]);
		buf_init(&line, DMARC_ROW_BYTES);
		dmarc_history_emit(&s, &g);
		CU_ASSERT_FATAL(dmarc_row_read(buf_view(&line), a, &row));
		if (rows[i].want)
			UNIT_VIEW(row.envelope_to, rows[i].want);
		else
			UNIT_CASE(!row.envelope_to.p, rows[i].title);
		buf_done(&line);
	}
	arena_free(a);
}

static const struct unit_test tests[] = {
	{"what was done, and why it is not what was asked", recorded},
	{"a forwarder that the site trusts", forwarders},
	{"signatures, up to their limit", signatures},
	{"whom it was for", recipients},
};

int
main(void)
{
	return unit_main("engine/dmarc_history", tests, sizeof(tests) / sizeof(*tests));
}
