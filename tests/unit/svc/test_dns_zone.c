/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/dns_zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "svc/dns/dns_packet.h"
#include "tests/lib/unit.h"

static const char zone[] = "$ORIGIN example.test.\n"
			   "$TTL 600\n"
			   "@ IN SOA ns hostmaster ( 1 ; serial\n"
			   "	3600 600 86400 60 )\n"
			   "	NS ns\n"
			   "	MX 20 mx2\n"
			   "	MX 10 mx1.example.test.\n"
			   "ns A 192.0.2.53\n"
			   "mx1 300 A 192.0.2.1\n"
			   "mx1 AAAA 2001:db8::1\n"
			   "txt TXT \"v=spf1 \" \"-all\"\n"
			   "txt TXT \"semi;colon\"\n"
			   "UPPER A 192.0.2.9\n"
			   "alias CNAME mx1\n"
			   "alias2 CNAME alias\n"
			   "away CNAME nowhere\n"
			   "out CNAME host.other\n"
			   "loop CNAME loop2\n"
			   "loop2 CNAME loop\n"
			   "*.wild A 192.0.2.77\n"
			   "*.wild TXT \"wild\"\n"
			   "there.wild TXT \"plain\"\n"
			   "a.b.deep A 192.0.2.4\n"
			   "null MX 0 .\n"
			   "*.cwild CNAME mx1\n"
			   "$FAIL broken servfail\n"
			   "$FAIL slow.example.test. TXT timeout ; a comment\n"
			   "slow A 192.0.2.5\n"
			   "tobroken CNAME broken\n"
			   "mapped AAAA ::ffff:192.0.2.8\n";
static const char other[] = "host.other A 198.51.100.1\n"
			    "2.0.0.127.list.other. A 127.0.0.2\n"
			    "$FAIL gone servfail\n"
			    "1.2.0.192.in-addr.arpa PTR Mail.Example.TEST.\n";

struct seen {
	struct view name;
	enum dns_type type;
	int calls;
	struct dns_reply *reply;
};

static void
on_done(void *ctx, struct view packet, bool bogus, const char *why)
{
	struct seen *s = ctx;

	s->calls++;
	s->reply = packet.p ? dns_packet_parse(packet, s->name, s->type) : dns_reply_fail(why);
}

/* An answer as text: "192.0.2.1 ...", "NXDOMAIN 60", "NODATA 60" or "TEMPFAIL why". */
static void
show(const struct dns_answer *a, char *out, size_t size)
{
	char ip[IP_TEXT_MAX] = "";
	size_t n = 0;

	out[0] = '\0';
	if (a->status == DNS_TEMPFAIL)
		snprintf(out, size, "TEMPFAIL %s", a->why);
	if (a->status == DNS_NONE)
		snprintf(out, size, "%s %u", a->nxdomain ? "NXDOMAIN" : "NODATA", a->ttl);
	for (size_t i = 0; a->status == DNS_FOUND && i < a->n; i++) {
		const struct dns_rr *rr = &a->rr[i];

		if (rr->ip.family)
			ip_format(&rr->ip, ip);
		n += (size_t)snprintf(out + n, size - n, "%s", i ? "|" : "");
		if (rr->name.p && a->n && rr->priority)
			n += (size_t)snprintf(out + n, size - n, "%d ", rr->priority);
		n += (size_t)snprintf(out + n, size - n, "%s%.*s%.*s", rr->ip.family ? ip : "",
			VIEW_ARG(rr->name), VIEW_ARG(rr->text));
	}
}

static struct dns_reply *
ask(struct dns_backend *b, const char *name, enum dns_type type)
{
	struct seen s = {.name = strcmp(name, ".") == 0 ? VIEW("") : view_str(name), .type = type};
	void *handle;

	b->ask(b, name, type, on_done, &s, &handle);
	CU_ASSERT_EQUAL_FATAL(s.calls, 1);
	CU_ASSERT_FALSE(b->cancel(b, handle));
	return s.reply;
}

static void
answers(void)
{
	static const struct {
		const char *name;
		enum dns_type type;
		const char *want;
	} cases[] = {
		{"mx1.example.test", DNS_A, "192.0.2.1"},
		{"mx1.example.test", DNS_AAAA, "2001:db8::1"},
		{"mx1.example.test", DNS_TXT, "NODATA 60"},
		{"example.test", DNS_MX, "20 mx2.example.test|10 mx1.example.test"},
		{"example.test", DNS_NS, "ns.example.test"},
		{"example.test", DNS_A, "NODATA 60"},
		{"txt.example.test", DNS_TXT, "v=spf1 -all|semi;colon"},
		{"upper.example.test", DNS_A, "192.0.2.9"},
		{"nope.example.test", DNS_A, "NXDOMAIN 60"},
		{"alias2.example.test", DNS_A, "192.0.2.1"},
		{"alias2.example.test", DNS_TXT, "NODATA 60"},
		{"away.example.test", DNS_A, "NXDOMAIN 60"},
		{"out.example.test", DNS_A, "NXDOMAIN 60"}, /* relative: host.other.example.test */
		{"loop.example.test", DNS_A, "TEMPFAIL SERVFAIL"},
		{"x.wild.example.test", DNS_A, "192.0.2.77"},
		{"x.y.wild.example.test", DNS_A, "192.0.2.77"},
		{"x.wild.example.test", DNS_MX, "NODATA 60"},
		{"there.wild.example.test", DNS_A, "NODATA 60"},
		{"x.there.wild.example.test", DNS_A, "NXDOMAIN 60"}, /* the encloser is `there' */
		{"wild.example.test", DNS_A, "NODATA 60"},
		{"b.deep.example.test", DNS_A, "NODATA 60"},
		{"c.deep.example.test", DNS_A, "NXDOMAIN 60"},
		{"null.example.test", DNS_MX, ""},
		{"q.cwild.example.test", DNS_A, "192.0.2.1"},
		{"broken.example.test", DNS_A, "TEMPFAIL SERVFAIL"},
		{"broken.example.test", DNS_TXT, "TEMPFAIL SERVFAIL"},
		{"slow.example.test", DNS_TXT, "TEMPFAIL timeout"},
		{"slow.example.test", DNS_A, "192.0.2.5"},
		{"tobroken.example.test", DNS_A, "TEMPFAIL SERVFAIL"},
		{"mapped.example.test", DNS_AAAA, "192.0.2.8"},
		{"host.other", DNS_A, "198.51.100.1"},
		{"2.0.0.127.list.other", DNS_A, "127.0.0.2"},
		{"3.0.0.127.list.other", DNS_A, "NXDOMAIN 0"},
		{"gone", DNS_A, "TEMPFAIL SERVFAIL"},
		{"1.2.0.192.in-addr.arpa", DNS_PTR, "mail.example.test"},
		{"test", DNS_NS, "NODATA 0"},
		{".", DNS_NS, "NODATA 0"},
	};
	struct dns_backend *b = dns_zone_new();
	char why[200] = "", got[300];

	CU_ASSERT_EQUAL(dns_zone_read(b, VIEW(zone), "zone", why, sizeof(why)), 0);
	CU_ASSERT_EQUAL(dns_zone_read(b, VIEW(other), "other", why, sizeof(why)), 0);
	CU_ASSERT_STRING_EQUAL(why, "");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct dns_reply *r = ask(b, cases[i].name, cases[i].type);

		show(&r->answer, got, sizeof(got));
		UNIT_CASE(strcmp(got, cases[i].want) == 0, cases[i].name);
		if (strcmp(got, cases[i].want) != 0)
			printf("  %s: got %s, want %s\n", cases[i].name, got, cases[i].want);
		dns_reply_drop(r);
	}
	b->free(b);
}

static void
ttls(void)
{
	struct dns_backend *b = dns_zone_new();
	char why[200] = "";
	struct dns_reply *r;

	CU_ASSERT_EQUAL(dns_zone_read(b, VIEW(zone), "zone", why, sizeof(why)), 0);
	r = ask(b, "ns.example.test", DNS_A);
	CU_ASSERT_EQUAL(r->answer.ttl, 600);
	dns_reply_drop(r);
	r = ask(b, "alias.example.test", DNS_A);
	CU_ASSERT_EQUAL(r->answer.ttl, 300);
	dns_reply_drop(r);
	b->free(b);
}

static void
errors(void)
{
	static const struct {
		const char *name, *text, *want; /* want: the beginning */
	} cases[] = {
		{"bad address", "$ORIGIN x.\na A 192.0.2.1\nb A 192.0.2.999\n", "f.zone:3: "},
		{"unknown type", "a WHAT 1\n", "f.zone:1: "},
		{"include", "\n$INCLUDE other\n", "f.zone:2: $INCLUDE"},
		{"class CH", "a CH TXT \"x\"\n", "f.zone:1: only class IN"},
		{"fail without kind", "a A 192.0.2.1\n\n$FAIL a\n", "f.zone:3: expected: $FAIL"},
		{"fail with unknown kind", "$FAIL a later\n", "f.zone:1: expected: $FAIL"},
		{"fail with unknown type", "$FAIL a WHAT servfail\n", "f.zone:1: expected: $FAIL"},
		{"fail with a word too many", "$FAIL a A servfail x\n",
			"f.zone:1: expected: $FAIL"},
		{"fail with a bad name", "$FAIL a..b servfail\n", "f.zone:1: not a domain name"},
		{"no newline at the end", "a A 192.0.2.1\nb A", "f.zone:2: "},
		{"after blank lines", "a A 192.0.2.1\n\n\n; no\n\nb (\n A\n 1 )\n", "f.zone:6: "},
		{"before blank lines", "; \na A 192.0.2\n\n\n\nb A 192.0.2.1\n", "f.zone:2: "},
		{"no owner", "  A 192.0.2.1\n", ""}, /* the origin */
		{"empty", "", ""},
		{"a comment alone", "; nothing", ""},
		{"CR LF", "a A 192.0.2.1\r\n", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct dns_backend *b = dns_zone_new();
		char why[200] = "";
		int rc = dns_zone_read(b, view_str(cases[i].text), "f.zone", why, sizeof(why));
		bool ok = strncmp(why, cases[i].want, strlen(cases[i].want)) == 0 &&
			  rc == (cases[i].want[0] ? -1 : 0);

		UNIT_CASE(ok, cases[i].name);
		if (!ok)
			printf("  %s: got \"%s\"\n", cases[i].name, why);
		b->free(b);
	}
}

static void
files(void)
{
	char path[] = "/tmp/test_dns_zone.XXXXXX", why[200] = "";
	int fd = mkstemp(path);
	struct dns_backend *b = dns_zone_new();
	struct dns_reply *r;

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(write(fd, other, sizeof(other) - 1), (ssize_t)sizeof(other) - 1);
	close(fd);
	CU_ASSERT_EQUAL(dns_zone_load(b, path, why, sizeof(why)), 0);
	r = ask(b, "host.other", DNS_A);
	CU_ASSERT_EQUAL(r->answer.status, DNS_FOUND);
	dns_reply_drop(r);
	unlink(path);
	CU_ASSERT_EQUAL(dns_zone_load(b, path, why, sizeof(why)), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, ": No such file"));
	b->free(b);
}

static const struct unit_test tests[] = {
	{"answers as a resolver would", answers},
	{"keeps TTLs, the least of a chain", ttls},
	{"names file and line of an error", errors},
	{"loads files", files},
};

int
main(void)
{
	return unit_main("svc/dns_zone", tests, sizeof(tests) / sizeof(*tests));
}
