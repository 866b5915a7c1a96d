/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/dns/dns_packet.h"

#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>

#include "svc/dns/dns_name.h"
#include "tests/lib/unit.h"

/* A message as text: flags of {q = not a reply, t = truncated}, rcode, and records. */
struct message {
	const char *question;
	ldns_rr_type type;
	const char *flags;
	int rcode;
	const char *answer[14], *authority[2];
};

static void
push(ldns_pkt *p, ldns_pkt_section section, const char *const *text, size_t n)
{
	for (size_t i = 0; i < n && text[i]; i++) {
		ldns_rr *rr = NULL;

		if (ldns_rr_new_frm_str(&rr, text[i], 0, NULL, NULL) != LDNS_STATUS_OK) {
			printf("bad record in test: %s\n", text[i]);
			abort();
		}
		ldns_pkt_push_rr(p, section, rr);
	}
}

static struct view
wire(const struct message *m)
{
	ldns_pkt *p = ldns_pkt_query_new(
		ldns_dname_new_frm_str(m->question), m->type, LDNS_RR_CLASS_IN, 0);
	uint8_t *out = NULL;
	size_t n = 0;

	ldns_pkt_set_qr(p, !strchr(m->flags, 'q'));
	ldns_pkt_set_tc(p, strchr(m->flags, 't') != NULL);
	ldns_pkt_set_rcode(p, (uint8_t)m->rcode);
	push(p, LDNS_SECTION_ANSWER, m->answer, sizeof(m->answer) / sizeof(*m->answer));
	push(p, LDNS_SECTION_AUTHORITY, m->authority, 2);
	if (ldns_pkt2wire(&out, p, &n) != LDNS_STATUS_OK)
		abort();
	ldns_pkt_free(p);
	return view_of(out, n);
}

#define SOA "a. 900 SOA n. h. 1 1 1 1 300"

static const struct {
	const char *name;
	enum dns_type type;
	struct message m;
	enum dns_status status;
	uint32_t ttl;
	size_t n;
	const char *text; /* of the first record, or why; "NX" for no such name */
} replies[] = {
	{"A", DNS_A, {"a.", 1, "", 0, {"a. 60 A 192.0.2.1", "a. 30 A 192.0.2.2"}, {0}}, DNS_FOUND,
		30, 2, "192.0.2.1"},
	{"AAAA", DNS_AAAA, {"a.", 28, "", 0, {"A. 60 AAAA 2001:db8::1"}, {0}}, DNS_FOUND, 60, 1,
		"2001:db8::1"},
	{"mapped AAAA", DNS_AAAA, {"a.", 28, "", 0, {"a. 60 AAAA ::ffff:192.0.2.1"}, {0}},
		DNS_FOUND, 60, 1, "192.0.2.1"},
	{"TXT joined", DNS_TXT, {"a.", 16, "", 0, {"a. 1 TXT \"v=spf1 \" \"\" \"-all\""}, {0}},
		DNS_FOUND, 1, 1, "v=spf1 -all"},
	{"PTR folded", DNS_PTR, {"a.", 12, "", 0, {"a. 1 PTR Mail.EXAMPLE."}, {0}}, DNS_FOUND, 1, 1,
		"mail.example"},
	{"PTR that is hostile", DNS_PTR,
		{"a.", 12, "", 0, {"a. 1 PTR a\\.b\\000c\\\\d\\032.x."}, {0}}, DNS_FOUND, 1, 1,
		"a\\.b\\000c\\\\d\\032.x"},
	{"null MX", DNS_MX, {"a.", 15, "", 0, {"a. 1 MX 0 ."}, {0}}, DNS_FOUND, 1, 1, ""},
	{"NS", DNS_NS, {".", 2, "", 0, {". 1 NS a.root."}, {0}}, DNS_FOUND, 1, 1, "a.root"},
	{"CNAMEs in any order", DNS_A,
		{"a.", 1, "", 0, {"c. 60 A 192.0.2.1", "b. 5 CNAME c.", "a. 60 CNAME B."}, {0}},
		DNS_FOUND, 5, 1, "192.0.2.1"},
	{"another name's record", DNS_A, {"a.", 1, "", 0, {"b. 60 A 192.0.2.1"}, {SOA}}, DNS_NONE,
		300, 0, NULL},
	{"another class's record", DNS_A, {"a.", 1, "", 0, {"a. 60 CH A 192.0.2.1"}, {SOA}},
		DNS_NONE, 300, 0, NULL},
	{"no data", DNS_A, {"a.", 1, "", 0, {0}, {SOA}}, DNS_NONE, 300, 0, NULL},
	{"no data, no SOA", DNS_A, {"a.", 1, "", 0, {0}, {"a. 60 NS b."}}, DNS_NONE, 0, 0, NULL},
	{"no such name", DNS_A, {"a.", 1, "", 3, {0}, {SOA}}, DNS_NONE, 300, 0, "NX"},
	{"alias of no such name", DNS_A, {"a.", 1, "", 3, {"a. 7 CNAME b."}, {SOA}}, DNS_NONE, 7, 0,
		"NX"},
	{"TTL over 2^31", DNS_A, {"a.", 1, "", 0, {"a. 2147483648 A 192.0.2.1"}, {0}}, DNS_FOUND, 0,
		1, "192.0.2.1"},
	{"SERVFAIL", DNS_A, {"a.", 1, "", 2, {0}, {0}}, DNS_TEMPFAIL, 0, 0, "SERVFAIL"},
	{"REFUSED", DNS_A, {"a.", 1, "", 5, {"a. 60 A 192.0.2.1"}, {0}}, DNS_TEMPFAIL, 0, 0,
		"REFUSED"},
	{"no rcode's number", DNS_A, {"a.", 1, "", 14, {0}, {0}}, DNS_TEMPFAIL, 0, 0, "RCODE"},
	{"truncated", DNS_A, {"a.", 1, "t", 0, {"a. 60 A 192.0.2.1"}, {0}}, DNS_TEMPFAIL, 0, 0,
		"truncated"},
	{"a question", DNS_A, {"a.", 1, "q", 0, {"a. 60 A 192.0.2.1"}, {0}}, DNS_TEMPFAIL, 0, 0,
		"malformed"},
	{"to another type", DNS_A, {"a.", 28, "", 0, {0}, {SOA}}, DNS_TEMPFAIL, 0, 0, "malformed"},
	{"CNAME to itself", DNS_A, {"a.", 1, "", 0, {"a. 60 CNAME a."}, {0}}, DNS_TEMPFAIL, 0, 0,
		"CNAME chain"},
	{"ten CNAMEs", DNS_A,
		{"a.", 1, "", 0,
			{"a. 9 CNAME b.", "b. 9 CNAME c.", "c. 9 CNAME d.", "d. 9 CNAME e.",
				"e. 9 CNAME f.", "f. 9 CNAME g.", "g. 9 CNAME h.", "h. 9 CNAME i.",
				"i. 9 CNAME j.", "j. 9 CNAME k.", "k. 9 A 192.0.2.1"},
			{0}},
		DNS_FOUND, 9, 1, "192.0.2.1"},
	{"eleven CNAMEs", DNS_A,
		{"a.", 1, "", 0,
			{"a. 9 CNAME b.", "b. 9 CNAME c.", "c. 9 CNAME d.", "d. 9 CNAME e.",
				"e. 9 CNAME f.", "f. 9 CNAME g.", "g. 9 CNAME h.", "h. 9 CNAME i.",
				"i. 9 CNAME j.", "j. 9 CNAME k.", "k. 9 CNAME l.",
				"l. 9 A 192.0.2.1"},
			{0}},
		DNS_TEMPFAIL, 0, 0, "CNAME chain"},
};

static void
reads(void)
{
	for (size_t i = 0; i < sizeof(replies) / sizeof(*replies); i++) {
		const char *name = replies[i].name;
		struct view p = wire(&replies[i].m);
		struct view question =
			view_of(replies[i].m.question, strlen(replies[i].m.question) - 1);
		struct dns_reply *r = dns_packet_parse(p, question, replies[i].type);
		const struct dns_answer *a = &r->answer;
		char ip[IP_TEXT_MAX] = "";

		UNIT_CASE(a->status == replies[i].status, name);
		UNIT_CASE(a->ttl == replies[i].ttl, name);
		UNIT_CASE(a->n == replies[i].n, name);
		UNIT_CASE((a->status == DNS_TEMPFAIL) == (a->why != NULL), name);
		if (a->status == DNS_TEMPFAIL)
			UNIT_CASE(strcmp(a->why, replies[i].text) == 0, name);
		if (a->status == DNS_NONE)
			UNIT_CASE(a->nxdomain == (replies[i].text != NULL), name);
		if (a->n && a->rr[0].ip.family) {
			ip_format(&a->rr[0].ip, ip);
			UNIT_CASE(strcmp(ip, replies[i].text) == 0, name);
		} else if (a->n) {
			UNIT_VIEW(a->rr[0].name.p ? a->rr[0].name : a->rr[0].text, replies[i].text);
		}
		dns_reply_drop(r);
		free((void *)p.p);
	}
}

/* No piece of a message, and no message with one byte changed, is read beyond its end. */
static void
mangled(void)
{
	static const struct message m = {"a.", 1, "", 0,
		{"a. 60 CNAME b.", "b. 60 A 192.0.2.1", "b. 60 TXT \"x\"", "b. 60 MX 1 c."}, {SOA}};
	struct view p = wire(&m);

	for (size_t n = 0; n < p.n; n++) {
		char *piece = malloc(n ? n : 1);
		struct dns_reply *r;

		memcpy(piece, p.p, n);
		r = dns_packet_parse(view_of(piece, n), VIEW("a"), DNS_A);
		CU_ASSERT_EQUAL(r->answer.status, DNS_TEMPFAIL);
		dns_reply_drop(r);
		free(piece);
	}
	for (size_t i = 0; i < p.n * 256; i++) {
		char *copy = malloc(p.n);

		memcpy(copy, p.p, p.n);
		copy[i / 256] = (char)i;
		dns_reply_drop(dns_packet_parse(view_of(copy, p.n), VIEW("a"), DNS_A));
		free(copy);
	}
	free((void *)p.p);
}

static void
hand_made(void)
{
#define HEAD(an) "\0\0\x81\x80\0\1\0" an "\0\0\0\0\1a\0\0\1\0\1"
	static const struct {
		const char *name;
		struct view packet;
		const char *why; /* NULL = found */
	} cases[] = {
		{"good", VIEW(HEAD("\1") "\300\14\0\1\0\1\0\0\0\74\0\4\300\0\2\1"), NULL},
		{"empty", VIEW(""), "malformed"},
		{"A of three bytes", VIEW(HEAD("\1") "\300\14\0\1\0\1\0\0\0\74\0\3\300\0\2"),
			"malformed"},
		{"A without data", VIEW(HEAD("\1") "\300\14\0\1\0\1\0\0\0\74\0\0"), "malformed"},
		{"more records promised", VIEW(HEAD("\2") "\300\14\0\1\0\1\0\0\0\74\0\4\300\0\2\1"),
			"malformed"},
		{"pointer to itself", VIEW(HEAD("\1") "\300\23\0\1\0\1\0\0\0\74\0\4\300\0\2\1"),
			"malformed"},
		{"pointer past the end", VIEW(HEAD("\1") "\377\377\0\1\0\1\0\0\0\74\0\4\300\0\2\1"),
			"malformed"},
		{"no question", VIEW("\0\0\x81\x80\0\0\0\0\0\0\0\0"), "malformed"},
		{"two questions", VIEW("\0\0\x81\x80\0\2\0\0\0\0\0\0\1a\0\0\1\0\1\1a\0\0\1\0\1"),
			"malformed"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct dns_reply *r = dns_packet_parse(cases[i].packet, VIEW("a"), DNS_A);

		UNIT_CASE((r->answer.status == DNS_FOUND) == !cases[i].why, cases[i].name);
		if (cases[i].why)
			UNIT_CASE(r->answer.why && strcmp(r->answer.why, cases[i].why) == 0,
				cases[i].name);
		dns_reply_drop(r);
	}
}

static void
limits(void)
{
	ldns_pkt *p = ldns_pkt_query_new(
		ldns_dname_new_frm_str("a."), LDNS_RR_TYPE_TXT, LDNS_RR_CLASS_IN, 0);
	ldns_rr *rr = ldns_rr_new_frm_type(LDNS_RR_TYPE_TXT);
	uint8_t string[256], *out = NULL;
	struct dns_reply *r;
	size_t n;

	memset(string, 'x', sizeof(string));
	string[0] = 255;
	ldns_rr_set_owner(rr, ldns_dname_new_frm_str("a."));
	free(ldns_rr_pop_rdf(rr));
	for (int i = 0; i < 40; i++)
		ldns_rr_push_rdf(
			rr, ldns_rdf_new_frm_data(LDNS_RDF_TYPE_STR, sizeof(string), string));
	ldns_pkt_set_qr(p, true);
	ldns_pkt_push_rr(p, LDNS_SECTION_ANSWER, rr);
	for (int i = 0; i < 100; i++) {
		ldns_rr_new_frm_str(&rr, "a. 1 TXT y", 0, NULL, NULL);
		ldns_pkt_push_rr(p, LDNS_SECTION_ANSWER, rr);
	}
	CU_ASSERT_EQUAL_FATAL(ldns_pkt2wire(&out, p, &n), LDNS_STATUS_OK);
	r = dns_packet_parse(view_of(out, n), VIEW("a"), DNS_TXT);
	CU_ASSERT_EQUAL(r->answer.status, DNS_FOUND);
	CU_ASSERT_EQUAL(r->answer.n, DNS_ANSWER_RRS);
	CU_ASSERT_EQUAL(r->answer.rr[0].text.n, DNS_TXT_MAX);
	dns_reply_drop(r);
	free(out);
	ldns_pkt_free(p);
}

static void
names(void)
{
	static const struct {
		const char *name;
		struct view wire;
		const char *text; /* NULL = refused */
	} cases[] = {
		{"root", VIEW("\0"), ""},
		{"folded", VIEW("\3WwW\1x\0"), "www.x"},
		{"a dot in a label", VIEW("\3a.b\0"), "a\\.b"},
		{"without end", VIEW("\1a"), NULL},
		{"cut", VIEW("\5ab"), NULL},
		{"empty", VIEW(""), NULL},
		{"bytes behind", VIEW("\1a\0\0"), NULL},
		{"a pointer", VIEW("\300\0"), NULL},
	};
	char text[DNS_NAME_TEXT];
	size_t n;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool ok = dns_name_from_wire(cases[i].wire, text, &n);

		UNIT_CASE(ok == (cases[i].text != NULL), cases[i].name);
		UNIT_CASE(!ok || strcmp(text, cases[i].text) == 0, cases[i].name);
	}
	UNIT_VIEW(dns_name_parent(VIEW("a\\.b.c.d")), "c.d");
	UNIT_VIEW(dns_name_parent(VIEW("d")), "");
	CU_ASSERT_PTR_NULL(dns_name_parent(VIEW("")).p);
}

static const struct unit_test tests[] = {
	{"reads replies", reads},
	{"stays inside mangled messages", mangled},
	{"refuses what is malformed", hand_made},
	{"keeps its limits", limits},
	{"reads names", names},
};

int
main(void)
{
	return unit_main("svc/dns_packet", tests, sizeof(tests) / sizeof(*tests));
}
