/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/postgrey_dump.h"

#include <stdio.h>

#include "tests/lib/unit.h"

#define HEAD "VERSION=3\nformat=print\ntype=btree\ndb_pagesize=4096\nHEADER=END\n"

/* What the lines say, one word each. */
static const char *
told(const char *text)
{
	static const char *const names[] = {"", "triplet", "client", "hashed", "odd", "BAD"};
	static char out[1000];
	static struct postgrey_dump d;
	struct view rest = view_str(text), line;
	size_t n = 0;

	postgrey_dump_init(&d);
	out[0] = '\0';
	while (view_split(&rest, '\n', &line)) {
		struct postgrey_record r;
		char net[IP_TEXT_MAX];
		enum postgrey_event e;

		if (line.n == 0 && rest.n == 0) /* behind the last line end */
			break;
		e = postgrey_dump_line(&d, line, &r);
		if (e == POSTGREY_MORE)
			continue;
		if (e == POSTGREY_TRIPLET || e == POSTGREY_CLIENT)
			ip_format(&r.net, net);
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s", names[e]);
		if (e == POSTGREY_TRIPLET)
			n += (size_t)snprintf(out + n, sizeof(out) - n, " %s <%.*s> <%.*s> %lld %lld", net,
				VIEW_ARG(r.sender), VIEW_ARG(r.recipient), (long long)r.first, (long long)r.last);
		if (e == POSTGREY_CLIENT)
			n += (size_t)snprintf(out + n, sizeof(out) - n, " %s %llu %lld", net,
				(unsigned long long)r.count, (long long)r.last);
		n += (size_t)snprintf(out + n, sizeof(out) - n, "; ");
	}
	snprintf(out + n, sizeof(out) - n, "%s", postgrey_dump_is_whole(&d) ? "whole" : "cut");
	return out;
}

static void
records(void)
{
	static const struct {
		const char *name, *lines, *want;
	} rows[] = {
		{"passed", " 192.0.2.0/joe@x.example/kim@y.example\n 1000,1400\n",
			"triplet 192.0.2.0 <joe@x.example> <kim@y.example> 1000 1400; "},
		{"IPv6 as NetAddr::IP writes it", " 2001:db8:0:0:0:0:0:0/j-#@x.example/kim@y.example\n 1000,1000\n",
			"triplet 2001:db8:: <j-#@x.example> <kim@y.example> 1000 1000; "},
		{"a host, of an old version", " 192.0.2.0/a@x.example/b@y.example\n 1,2,.7\n",
			"triplet 192.0.2.0 <a@x.example> <b@y.example> 1 2; "},
		{"bounce", " 192.0.2.0//kim@y.example\n 5,5\n", "triplet 192.0.2.0 <> <kim@y.example> 5 5; "},
		{"a word", " 192.0.2.0/root/kim@y.example\n 5,5\n",
			"triplet 192.0.2.0 <root> <kim@y.example> 5 5; "},
		{"two words", " 192.0.2.0/root/postmaster\n 5,5\n", "triplet 192.0.2.0 <root> <postmaster> 5 5; "},
		{"slashes", " 192.0.2.0/a/b/c@x.example/k/m@y.example\n 5,5\n",
			"triplet 192.0.2.0 <a/b/c@x.example> <k/m@y.example> 5 5; "},
		{"slash of a recipient alone", " 192.0.2.0//k/m@y.example\n 5,5\n",
			"triplet 192.0.2.0 <> <k/m@y.example> 5 5; "},
		{"an @ within quotes", " 192.0.2.0/\"a@b/c\"@x.example/k@y.example\n 5,5\n",
			"triplet 192.0.2.0 <\"a@b/c\"@x.example> <k@y.example> 5 5; "},
		{"escapes", " 192.0.2.0/a\\\\b\\c3\\A9@x.example/k@y.example\n 5,5\n",
			"triplet 192.0.2.0 <a\\b\xc3\xa9@x.example> <k@y.example> 5 5; "},
		{"client", " 192.0.2.7\n 12,1795000400\n", "client 192.0.2.7 12 1795000400; "},
		{"IPv6 client", " 2001:DB8:0:0:0:0:0:7\n 1,2\n", "client 2001:db8::7 1 2; "},
		{"privacy", " da39a3ee5e6b4b0d3255bfef95601890afd80709\n 1,2\n", "hashed; "},
		{"no address", " 192.0.2/a@x.example/b@y.example\n 1,2\n", "odd; "},
		{"no recipient", " 192.0.2.0/a@x.example/\n 1,2\n", "odd; "},
		{"one address", " 192.0.2.0/a@x.example\n 1,2\n", "odd; "},
		{"first after last", " 192.0.2.0/a@x.example/b@y.example\n 2,1\n", "odd; "},
		{"one time", " 192.0.2.0/a@x.example/b@y.example\n 2\n", "odd; "},
		{"no times", " 192.0.2.0/a@x.example/b@y.example\n \n", "odd; "},
		{"negative", " 192.0.2.0/a@x.example/b@y.example\n -1,2\n", "odd; "},
		{"far future", " 192.0.2.0/a@x.example/b@y.example\n 1,99999999999999\n", "odd; "},
		{"a count alone", " 192.0.2.7\n 12\n", "odd; "},
		{"nothing", " \n \n", "odd; "},
	};
	char text[500], want[200];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(text, sizeof(text), HEAD "%sDATA=END\n", rows[i].lines);
		snprintf(want, sizeof(want), "%swhole", rows[i].want);
		UNIT_CASE(strcmp(told(text), want) == 0, rows[i].name);
	}
}

static void
text_around(void)
{
	static const struct {
		const char *name, *text, *want;
	} rows[] = {
		{"nothing at all", "", "whole"},
		{"an empty database", HEAD "DATA=END\n", "whole"},
		{"two", HEAD " 192.0.2.7\n 1,2\nDATA=END\n" HEAD " 192.0.2.8\n 1,3\nDATA=END\n",
			"client 192.0.2.7 1 2; client 192.0.2.8 1 3; whole"},
		{"cut after a record", HEAD " 192.0.2.7\n 1,2\n", "client 192.0.2.7 1 2; cut"},
		{"cut within one", HEAD " 192.0.2.7\n", "cut"},
		{"a key without its value", HEAD " 192.0.2.7\nDATA=END\n", "BAD; cut"},
		{"without -p", "VERSION=3\nformat=bytevalue\nHEADER=END\n", "BAD; cut"},
		{"no header", " 192.0.2.7\n 1,2\n", "BAD; BAD; cut"},
		{"no dump", "hello\n", "BAD; cut"},
		{"an empty line", HEAD "\nDATA=END\n", "BAD; BAD; cut"},
		{"no header line", "VERSION=3\nformat\n", "BAD; cut"},
		{"half an escape", HEAD " 192.0.2.7\\a\n", "BAD; cut"},
		{"one hex digit", HEAD " 192.0.2.7\\4x\n", "BAD; cut"},
		{"no hex digits", HEAD " 192.0.2.7\\xy\n", "BAD; cut"},
		{"a wrong value", HEAD " 192.0.2.7\n 1\\\n", "BAD; cut"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		UNIT_CASE(strcmp(told(rows[i].text), rows[i].want) == 0, rows[i].name);
}

/* Longer than postgrey writes: passed over, and the next record is read. */
static void
too_long(void)
{
	static char text[POSTGREY_KEY_MAX + 1000];
	int n = snprintf(text, sizeof(text), HEAD " 192.0.2.0/a@x.example/");

	memset(text + n, 'r', POSTGREY_KEY_MAX);
	snprintf(text + n + POSTGREY_KEY_MAX, 200, "@y.example\n 1,2\n 192.0.2.7\n 1,2\nDATA=END\n");
	UNIT_VIEW(view_str(told(text)), "odd; client 192.0.2.7 1 2; whole");
}

static const struct unit_test tests[] = {
	{"records", records},
	{"the text around them", text_around},
	{"a key without end", too_long},
};

int
main(void)
{
	return unit_main("cmd/postgrey_dump", tests, sizeof(tests) / sizeof(*tests));
}
