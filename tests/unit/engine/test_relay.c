/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Mail that a host of ours hands on.
 */
#include "tests/lib/engine_world.h"
#include "tests/lib/unit.h"

/* Behind a trusted relay the hop before it is judged, and refusing becomes tagging. */
static void
relays(void)
{
	struct engine_mail m = engine_world_good;
	struct engine_world w;

	m.client = "198.51.100.25";
	m.header = "Received: from shady.invalid (unknown [192.0.2.66])\r\n\tby backup.test; x";
	engine_world_open(&w, "dnsbl bl zone bl.example lookup client.ip\nrule RA when dnsbl.bl reject");
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &m), "end accept tagged");
	UNIT_VIEW(view_str(json_string_value(json_object_get(w.record, "client"))), "192.0.2.66");
	m.client = "192.0.2.66";
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &m), "rcpt 554");
	engine_world_close(&w);
}

/* Hops of ours, relays and own hosts alike, are passed over until one is a stranger's. */
static void
hops(void)
{
	static const char *const received[] = {" from relay (r [203.0.113.25]) by backup.test; x",
		" from own (o [198.51.100.7]) by relay.test; x", " from shady (s [192.0.2.66]) by own.test; x",
		" from forged (f [192.0.2.10]) by other.test; x"};
	struct engine_mail m = engine_world_good;
	struct engine_world w;
	struct session *s;

	m.client = "198.51.100.25";
	engine_world_open(&w, "rule RA when mail.null score 1");
	s = engine_world_begin(&w, &m);
	session_rcpt(s, VIEW("kim@rcpt.example"));
	session_data(s);
	for (size_t i = 0; i < sizeof(received) / sizeof(*received); i++)
		session_header(s, VIEW("Received"), view_str(received[i]));
	session_eoh(s);
	session_end(s, VIEW("Q"));
	UNIT_VIEW(view_str(json_string_value(json_object_get(w.record, "client"))), "192.0.2.66");
	session_free(s);
	engine_world_close(&w);
}

/* A message of a mailbox: what delivery wrote on top names no host, and is passed over. Where it comes in by
 * a relay of ours, such a field ends what we know. */
static void
stored(void)
{
	static const char *const received[] = {" from mx.test by mx.test with LMTP; x",
		" by mx.test (from userid 1000); x", " from localhost (l [198.51.100.7]) by mx.test; x",
		" from shady (s [192.0.2.66]) by mx.test; x", " from forged (f [192.0.2.10]) by other.test; x"};

	for (int i = 0; i < 2; i++) {
		struct session_client c = {.listener = VIEW("test"), .stored = i};
		struct engine_world w;
		struct session *s;

		engine_world_open(&w, "rule RA when mail.null score 1");
		if (!i)
			CU_ASSERT_TRUE(ip_parse(VIEW("198.51.100.25"), &c.ip));
		s = session_new(w.engine, &c);
		session_connect(s);
		session_mail(s, &(struct session_mail){.from = VIEW("<joe@good.example.com>")});
		session_data(s);
		for (size_t k = 0; k < sizeof(received) / sizeof(*received); k++)
			session_header(s, VIEW("Received"), view_str(received[k]));
		session_eoh(s);
		session_end(s, VIEW("Q"));
		if (i)
			UNIT_VIEW(view_str(json_string_value(json_object_get(w.record, "client"))),
				"192.0.2.66");
		else
			CU_ASSERT(json_is_null(json_object_get(w.record, "client")));
		session_free(s);
		engine_world_close(&w);
	}
}

int
main(void)
{
	static const struct unit_test tests[] = {
		{"looks behind trusted relays", relays},
		{"passes over hops of ours", hops},
		{"what a mailbox holds", stored},
	};

	return unit_main("engine/relay", tests, sizeof(tests) / sizeof(*tests));
}
