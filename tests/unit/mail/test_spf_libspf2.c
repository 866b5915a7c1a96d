/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What only the engine libspf2 can get wrong; the tests of mail/spf/spf_query and mail/spf/spf_eval run both.
 */
#include "mail/spf/spf_libspf2.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/spf_bench.h"
#include "tests/lib/spf_twins.h"
#include "tests/lib/spf_watch.h"
#include "tests/lib/unit.h"

#define N(a) (sizeof(a) / sizeof(*(a)))
#define X    "x.example "

static const struct {
	const char *name, *ip, *zone;
	enum spf_result want;
} examples[] = {
	{"127.0.0.1 gets no free ride", "127.0.0.1", X "TXT v=spf1 a -all\n" X "A 127.0.0.2", SPF_FAIL},
	{"::1 gets no free ride", "::1", X "TXT v=spf1 -all", SPF_FAIL},
	{"127.0.0.1 by its address", "127.0.0.1", X "TXT v=spf1 a -all\n" X "A 127.0.0.1", SPF_PASS},
	{"a prefix of 31", "192.0.2.2", X "TXT v=spf1 a/31 -all\n" X "A 192.0.2.3", SPF_PASS},
	{"beside a prefix of 31", "192.0.2.2", X "TXT v=spf1 a/31 -all\n" X "A 192.0.2.1", SPF_FAIL},
	{"a prefix of 1", "1.2.3.4", X "TXT v=spf1 a/1 -all\n" X "A 127.255.255.255", SPF_PASS},
	{"a prefix of 0", "1.2.3.4", X "TXT v=spf1 a/0 -all\n" X "A 192.0.2.1", SPF_PASS},
	{"a prefix of 0 without address", "1.2.3.4", X "TXT v=spf1 a/0 -all", SPF_FAIL},
	{"an mx with a prefix of 0", "1.2.3.4",
		X "TXT v=spf1 mx/0 -all\n" X "MX m.example\nm.example A 192.0.2.1", SPF_PASS},
	{"a prefix of IPv6", "2001:db8:1::9", X "TXT v=spf1 a//47 -all\n" X "AAAA 2001:db8::1", SPF_PASS},
	{"beside a prefix of IPv6", "2001:db8:2::9", X "TXT v=spf1 a//47 -all\n" X "AAAA 2001:db8::1",
		SPF_FAIL},
	{"the other family", "2001:db8::9", X "TXT v=spf1 a/0 exists:e.example ~all\n" X "A 192.0.2.1",
		SPF_SOFTFAIL},
	{"exists is of IPv4", "2001:db8::9", X "TXT v=spf1 exists:e.example ~all\ne.example A 127.0.0.2",
		SPF_PASS},
	{"redirect before mechanisms", "192.0.2.1",
		X "TXT v=spf1 redirect=r.example ?ip4:192.0.2.1\nr.example TXT v=spf1 -all", SPF_NEUTRAL},
	{"a record that redirects to itself", "192.0.2.1", X "TXT v=spf1 redirect=x.example", SPF_PERMERROR},
	{"ptr with a time-out", "192.0.2.1",
		X "TXT v=spf1 ptr ~all\n1.2.0.192.in-addr.arpa TIMEOUT ", SPF_SOFTFAIL},
	{"11 MX names", "192.0.2.1",
		X "TXT v=spf1 mx ~all\n" X "MX 1.m\n" X "MX 2.m\n" X "MX 3.m\n" X "MX 4.m\n" X "MX 5.m\n" X
		  "MX 6.m\n" X "MX 7.m\n" X "MX 8.m\n" X "MX 9.m\n" X "MX 10.m\n" X "MX 11.m",
		SPF_PERMERROR},
	{"a void address behind two voids", "192.0.2.1",
		X "TXT v=spf1 a:1.example a:2.example mx +all\n" X "MX 1.m\n" X "MX 2.m\n2.m A 192.0.2.1",
		SPF_PERMERROR},
	{"the third void is the last term", "192.0.2.1",
		X "TXT v=spf1 a:1.example a:2.example include:i.example\ni.example TXT v=spf1 a:3.example",
		SPF_PERMERROR},
};

static void
decides(void)
{
	for (size_t i = 0; i < N(examples); i++) {
		struct spf_bench b = spf_bench_new(examples[i].zone);

		CU_ASSERT_FATAL(ip_parse(view_str(examples[i].ip), &b.q.ip));
		UNIT_CASE(spf_bench_run(&b, examples[i].name) == examples[i].want, examples[i].name);
		spf_bench_done(&b);
	}
}

/* Names and senders that would be something to a library that saw them; spf_watch looks on. */
static void
sees_no_name(void)
{
	struct spf_bench b = spf_bench_new(
		X "TXT v=spf1 include:%{l}._spf.%{d2} a:%{h} mx:%{o} exists:%{s}.e.example exp=%{l}.x.example\n"
		  "%n%{p}._spf.x.example TXT v=spf1 redirect=%{l}.r.example\n"
		  "%n%{p}.r.example TXT v=spf1 ?exp=%n -all\n");
	size_t before = spf_watch_records();

	b.q.local = VIEW("%n%{p}");
	b.q.helo = VIEW("h\r\nv=spf1 +all");
	CU_ASSERT(spf_bench_run(&b, "hostile names") == SPF_PERMERROR);
	CU_ASSERT(spf_watch_records() > before);
	spf_bench_done(&b);
}

/* At most 11 records of at most 11 asking terms each, however many a zone has. */
static void
compiles_a_bounded_number(void)
{
	struct spf_bench b = spf_bench_new(X "TXT v=spf1 include:i.example -all\n"
					     "i.example TXT v=spf1 include:i.example include:i.example -all");
	size_t before = spf_watch_records();
	struct spf_outcome out;

	b.q.engine = SPF_LIBSPF2;
	CU_ASSERT(spf_zone_check(b.zone, SPF_ZONE_AT_ONCE, &b.q, b.a, &out) == SPF_PERMERROR);
	CU_ASSERT(spf_watch_records() - before == SPF_TERMS + 1);
	CU_ASSERT(out.terms == SPF_TERMS + 1 && spf_zone_questions(b.zone) == 2);
	spf_bench_done(&b);
}

/* Should the library ask or say what it cannot know, nobody is let through or refused for it. */
static void
survives_nonsense(void)
{
	static const char *const records[] = {"v=spf1 a:9.9.t -all", "v=spf1 mx:0.0.t -all", "v=spf1 ptr -all",
		"v=spf1 a:x.example -all", "v=spf1 exists:0.0.9.t -all", "v=spf1 include:t -all",
		"v=spf1 redirect=1.0.t", "v=spf1 moo -all", "nonsense", "v=spf1 a:0.9.t +all"};
	struct spf_bench b = spf_bench_new(X "TXT v=spf1 a -all\n" X "A 192.0.2.9");

	b.q.engine = SPF_LIBSPF2;
	for (size_t i = 0; i < N(records); i++) {
		struct spf_outcome out;

		spf_watch_mislead(records[i]);
		UNIT_CASE(spf_zone_check(b.zone, SPF_ZONE_AT_ONCE, &b.q, b.a, &out) == SPF_TEMPERROR,
			records[i]);
		UNIT_CASE(out.why && strcmp(out.why, "libspf2 failed") == 0, records[i]);
	}
	spf_watch_mislead(NULL);
	spf_bench_done(&b);
}

/* The corpora of the fuzz targets, each as a DNS of its own, from several clients. */
static void
corpus(const char *folder)
{
	static const char *const clients[] = {"192.0.2.1", "192.0.2.5", "127.0.0.1", "c000:2::"};
	DIR *d = opendir(folder);
	size_t n = 0;

	CU_ASSERT_FATAL(d != NULL);
	for (const struct dirent *e; (e = readdir(d));) {
		char path[400];
		struct view text;

		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		if (e->d_name[0] == '.')
			continue;
		text = unit_read_file(path);
		for (size_t i = 0; i < N(clients); i++) {
			struct ip ip;
			enum spf_result ignored;

			CU_ASSERT_FATAL(ip_parse(view_str(clients[i]), &ip));
			UNIT_CASE(!spf_twins_differ(text, &ip, &ignored), path);
		}
		free((void *)(uintptr_t)text.p);
		n++;
	}
	closedir(d);
	CU_ASSERT(n > 0);
}

static void
agrees_on_the_corpora(void)
{
	corpus("tests/fuzz/corpus/spf_record");
	corpus("tests/fuzz/corpus/spf_query");
}

static const struct unit_test tests[] = {
	{"decides as the native engine", decides},
	{"sees no name", sees_no_name},
	{"compiles a bounded number of records", compiles_a_bounded_number},
	{"survives nonsense", survives_nonsense},
	{"agrees with the native engine on the corpora", agrees_on_the_corpora},
};

int
main(void)
{
	return unit_main("mail/spf/spf_libspf2", tests, N(tests));
}
