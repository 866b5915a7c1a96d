/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/separate.h"

#include "tests/lib/engine_world.h"
#include "tests/lib/unit.h"

/* `recipients separate`: who is under other policies than the first comes in a message of their own, and at
 * most five kinds of recipients are told apart. */
static void
separate(void)
{
	static const struct {
		const char *to;
		enum verdict_kind want;
	} steps[] = {
		{"<a@rcpt.example>", VERDICT_NONE}, {"<p1@rcpt.example>", VERDICT_DEFER},
		{"<b@rcpt.example>", VERDICT_NONE}, {"<p2@rcpt.example>", VERDICT_DEFER},
		{"<no@rcpt.example>", VERDICT_REJECT}, {"<p3@rcpt.example>", VERDICT_DEFER},
		{"<p4@rcpt.example>", VERDICT_DEFER}, {"<p1@rcpt.example>", VERDICT_DEFER},
		{"<p5@rcpt.example>", VERDICT_NONE}, {"<p4@rcpt.example>", VERDICT_DEFER},
	};
	static const char rules[] = "policy p1 for rcpt.local = p1 threshold tag 1\n"
		"policy p2 for rcpt.local = p2 threshold tag 1\npolicy p3 for rcpt.local = p3 threshold tag 1\n"
		"policy p4 for rcpt.local = p4 threshold tag 1\npolicy p5 for rcpt.local = p5 threshold tag 1\n"
		"rule NO when rcpt.local = \"no\" reject\nrule MANY when rcpt.rejected > 1 reject";
	struct engine_world w;
	struct engine_mail m = engine_world_good;
	struct session *s;

	engine_world_open(&w, rules);
	w.settings.separate = true;
	s = engine_world_begin(&w, &m);
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		const struct verdict *v = session_rcpt(s, view_str(steps[i].to));

		UNIT_CASE(v->kind == steps[i].want, steps[i].to);
		if (v->kind == VERDICT_DEFER) {
			CU_ASSERT(v->reply.code == 452 && view_eq_str(v->reply.enhanced, "4.5.3"));
			UNIT_VIEW(view_str(json_string_value(json_object_get(w.record, "cause"))),
				"recipients separate");
		}
	}
	session_free(s);
	w.settings.separate = false;
	s = engine_world_begin(&w, &m);
	CU_ASSERT_EQUAL(session_rcpt(s, VIEW("<a@rcpt.example>"))->kind, VERDICT_NONE);
	CU_ASSERT_EQUAL(session_rcpt(s, VIEW("<p1@rcpt.example>"))->kind, VERDICT_NONE);
	session_free(s);
	engine_world_close(&w);
}

static const struct unit_test tests[] = {
	{"recipients under other policies come separately", separate},
};

int
main(void)
{
	return unit_main("engine/separate", tests, sizeof(tests) / sizeof(*tests));
}
