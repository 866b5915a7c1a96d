/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/session.h"

#include "tests/lib/engine_world.h"
#include "tests/lib/unit.h"

/* A relay hands on fields with our id that strangers wrote, unless it is said to write under it itself. */
static void
strips_relayed(void)
{
	static const struct view ids[] = {VIEW("mx.test")};
	struct engine_mail m = engine_world_good;
	struct engine_world w;

	m.client = "203.0.113.25";
	engine_world_open(&w, "rule RA when upstream.dmarc = pass tag");
	w.settings.received_spf = true;
	w.settings.trusted_ids = ids;
	for (int shared = 0; shared < 2; shared++) {
		struct session *s;
		const struct edits *e;
		size_t deletes = 0;

		w.settings.n_trusted_ids = (size_t)shared;
		s = engine_world_begin(&w, &m);
		session_rcpt(s, VIEW("kim@rcpt.example"));
		session_data(s);
		session_header(s, VIEW("Authentication-Results"), VIEW(" mx.test; dmarc=pass"));
		session_header(s, VIEW("Received-SPF"), VIEW(" pass receiver=mx.test"));
		session_header(s, VIEW("X-Spam-Flag"), VIEW(" YES"));
		session_eoh(s);
		session_end(s, VIEW("Q"));
		e = session_edits(s);
		for (size_t i = 0; i < e->n_headers; i++)
			deletes += e->header[i].kind == EDIT_DELETE;
		CU_ASSERT_EQUAL(deletes, shared ? 0 : 2);
		CU_ASSERT_EQUAL(json_is_true(json_object_get(w.record, "tagged")), shared);
		session_free(s);
	}
	engine_world_close(&w);
}

static const struct unit_test tests[] = {
	{"strips what a relay brings in our name", strips_relayed},
};

int
main(void)
{
	return unit_main("engine/edits", tests, sizeof(tests) / sizeof(*tests));
}
