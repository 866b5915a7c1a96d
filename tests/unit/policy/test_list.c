/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/list.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/unit.h"

enum { MAX = 8 };

static const struct {
	const char *name;
	enum list_type type;
	const char *items[MAX], *in[MAX], *out[MAX];
} has[] = {
	{"networks of both families", LIST_NETS,
		{"192.0.2.0/24", "10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32", "::1"},
		{"192.0.2.77", "10.1.2.3", "10.200.0.1", "2001:db8:1::1", "::1", "::ffff:10.0.0.1"},
		{"192.0.3.0", "11.0.0.1", "2001:db9::1", "::2", "not-an-ip", ""}},
	{"the whole of a family", LIST_NETS, {"0.0.0.0/0"}, {"1.2.3.4", "255.255.255.255"},
		{"::1"}},
	{"a network within another that was added later", LIST_NETS,
		{"10.1.2.0/24", "10.0.0.0/8", "10.1.2.3"}, {"10.1.2.3", "10.1.2.4", "10.9.9.9"},
		{"9.255.255.255"}},
	{"domains, and all below them where it says so", LIST_DOMAINS,
		{"x.example", ".Y.example", "z.example."},
		{"x.example", "X.EXAMPLE", "y.example", "a.b.y.example", "z.example", "y.example."},
		{"a.x.example", "xy.example", "example", "fy.example", ".y.example", ""}},
	{"a domain with an umlaut", LIST_DOMAINS,
		{"b\xc3\xbc"
		 "cher.example"},
		{"xn--bcher-kva.example"}, {"bcher.example"}},
	{"a whole top level", LIST_DOMAINS, {".zip"}, {"a.zip", "zip"}, {"a.zip.example"}},
	{"addresses and any user of a domain", LIST_ADDRESSES, {"Joe@X.example", "@y.example"},
		{"joe@x.example", "JOE@x.example", "any@y.example", "a@b@y.example"},
		{"jo@x.example", "joe@a.y.example", "y.example", "@y.example.org", ""}},
	{"words without case", LIST_WORDS, {"exe", "SCR"}, {"exe", "EXE", "scr"},
		{"ex", "exee", ""}},
	{"countries", LIST_COUNTRIES, {"DE", "at"}, {"DE", "AT", "de"}, {"FR", ""}},
	{"numbers and ranges", LIST_NUMBERS, {"7", "20-10000", "15-25", "-3", "10001-10001"},
		{"7", "20", "15", "10000", "-3", "10001"}, {"8", "14", "10002", "3", "x"}},
	{"phrases anywhere", LIST_PHRASES, {"Act Now", "risk free", "now!", "nowhere"},
		{"please ACT NOW", "totally risk free offer", "now!", "is nowhere"},
		{"act  now", "no", "", "ris"}},
	{"regexes anywhere", LIST_REGEXES, {"/^a+b$/", "/CASINO/i"}, {"aab", "my casino"},
		{"aabb", "casin"}},
};

static struct list *
open_list(enum list_type t, const char *const *items)
{
	struct list *l = list_new(t, LIST_WORDS, LIST_WORDS);
	struct list_note note;

	for (size_t i = 0; i < MAX && items[i]; i++)
		UNIT_CASE(list_add(l, view_str(items[i]), (struct view){NULL, 0}, &note), items[i]);
	return l;
}

static struct list *
make(enum list_type t, const char *const *items)
{
	struct list *l = open_list(t, items);
	struct list_note note;

	CU_ASSERT(list_seal(l, &note));
	return l;
}

static void
finds_what_is_in(void)
{
	for (size_t i = 0; i < sizeof(has) / sizeof(*has); i++) {
		struct list *l = make(has[i].type, has[i].items);

		for (size_t k = 0; k < MAX && has[i].in[k]; k++)
			UNIT_CASE(
				list_has_text(l, view_str(has[i].in[k])) == LIST_YES, has[i].in[k]);
		for (size_t k = 0; k < MAX && has[i].out[k]; k++)
			UNIT_CASE(list_has_text(l, view_str(has[i].out[k])) == LIST_NO,
				has[i].out[k]);
		list_free(l);
	}
}

static const struct {
	enum list_type type;
	const char *item, *text, *hint;
	size_t at;
	bool ok;
} notes[] = {
	{LIST_NETS, "192.0.2.7/24", "'192.0.2.7/24' has host bits set; taken as 192.0.2.0/24", "",
		0, true},
	{LIST_NETS, "300.1.1.1", "'300.1.1.1' does not fit a list of nets", "", 0, false},
	{LIST_NETS, "192.0.2.0/33", "'192.0.2.0/33' does not fit a list of nets", "", 0, false},
	{LIST_DOMAINS, "*.vendor.example", "wildcards are not needed in a domain list",
		"write '.vendor.example' for the domain and everything below it", 0, false},
	{LIST_DOMAINS, "bob@x.example", "'bob@x.example' is an address, this list holds domains",
		"use 'x.example', or declare the list as addresses", 0, false},
	{LIST_DOMAINS, "a..example", "'a..example' does not fit a list of domains", "", 0, false},
	{LIST_ADDRESSES, "x.example", "'x.example' is not an address",
		"write 'user@x.example' for one sender or '@x.example' for the whole domain", 0,
		false},
	{LIST_ADDRESSES, "*@x.example", "wildcards are not needed in an address list",
		"write '@x.example' for every user there", 0, false},
	{LIST_COUNTRIES, "Germany", "'Germany' does not fit a list of countries",
		"write two letters (ISO 3166), for example DE", 0, false},
	{LIST_NUMBERS, "9-3", "'9-3' does not fit a list of numbers", "", 0, false},
	{LIST_REGEXES, "casino", "expected a regular expression /.../", "", 0, false},
	{LIST_REGEXES, "/a/q", "unknown regular expression flag 'q'", "flags: i m s x", 3, false},
	{LIST_REGEXES, "/(foo|bar/i", "regular expression: missing closing parenthesis", "", 9,
		false},
	{LIST_REGEXES, "/(a+)+$/", "nested repetition can be very slow on hostile input",
		"bound it, for example {1,40}", 0, true},
	{LIST_WORDS, "", "'' does not fit a list of words", "", 0, false},
	{LIST_PAIRS, "lonely", "'lonely' does not fit a list of pairs",
		"write both, of words and of words", 0, false},
};

static void
says_what_is_wrong(void)
{
	for (size_t i = 0; i < sizeof(notes) / sizeof(*notes); i++) {
		struct list *l = list_new(notes[i].type, LIST_WORDS, LIST_WORDS);
		struct list_note note;
		bool ok = list_add(l, view_str(notes[i].item), (struct view){NULL, 0}, &note);

		UNIT_CASE(ok == notes[i].ok && note.warning == notes[i].ok, notes[i].item);
		UNIT_VIEW(view_str(note.text), notes[i].text);
		UNIT_VIEW(view_str(note.hint), notes[i].hint);
		UNIT_CASE(note.at == notes[i].at, notes[i].item);
		list_free(l);
	}
}

static const struct {
	enum list_type first, second;
	const char *item[2], *in[2], *out[2];
} pairs[] = {
	{LIST_ADDRESSES, LIST_DOMAINS, {"Kim@x.example", ".y.example"},
		{"kim@x.example", "a.y.example"}, {"kim@x.example", "y.example.org"}},
	{LIST_ADDRESSES, LIST_DOMAINS, {"@x.example", "y.example"}, {"any@x.example", "y.example"},
		{"any@x.example", "a.y.example"}},
	{LIST_NETS, LIST_WORDS, {"10.0.0.0/8", "bob"}, {"10.9.9.9", "BOB"}, {"11.0.0.1", "bob"}},
	{LIST_NETS, LIST_WORDS, {"2001:db8::/33", "bob"}, {"2001:db8:7fff::1", "bob"},
		{"2001:db8:8000::1", "bob"}},
	{LIST_WORDS, LIST_WORDS, {"ab", "c"}, {"ab", "c"}, {"a", "bc"}},
	{LIST_NUMBERS, LIST_COUNTRIES, {"7", "DE"}, {"7", "de"}, {"DE", "7"}},
};

static void
finds_pairs(void)
{
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		struct list *l = list_new(LIST_PAIRS, pairs[i].first, pairs[i].second);
		struct list_note note;

		CU_ASSERT(
			list_add(l, view_str(pairs[i].item[0]), view_str(pairs[i].item[1]), &note));
		CU_ASSERT(list_seal(l, &note));
		UNIT_CASE(list_has_pair(l, view_str(pairs[i].in[0]), view_str(pairs[i].in[1])),
			pairs[i].item[0]);
		UNIT_CASE(!list_has_pair(l, view_str(pairs[i].out[0]), view_str(pairs[i].out[1])),
			pairs[i].item[0]);
		CU_ASSERT(!list_remove(l, VIEW("nobody"), VIEW("nothing")));
		CU_ASSERT(list_remove(l, view_str(pairs[i].item[0]), view_str(pairs[i].item[1])));
		CU_ASSERT(!list_has_pair(l, view_str(pairs[i].in[0]), view_str(pairs[i].in[1])));
		CU_ASSERT_EQUAL(list_count(l), 0);
		list_free(l);
	}
}

/* Both keys of the pair that is asked for are there, and make up the same bytes. */
static void
keeps_pairs_apart(void)
{
	struct list *l = list_new(LIST_PAIRS, LIST_WORDS, LIST_WORDS);
	struct list_note note;

	CU_ASSERT(list_add(l, VIEW("ab"), VIEW("c"), &note));
	CU_ASSERT(list_add(l, VIEW("a"), VIEW("q"), &note));
	CU_ASSERT(list_add(l, VIEW("z"), VIEW("bc"), &note));
	CU_ASSERT(list_seal(l, &note));
	CU_ASSERT(list_has_pair(l, VIEW("ab"), VIEW("c")));
	CU_ASSERT(!list_has_pair(l, VIEW("a"), VIEW("bc")));
	list_free(l);
}

static void
removes_items(void)
{
	for (size_t i = 0; i < sizeof(has) / sizeof(*has); i++) {
		struct list *l = open_list(has[i].type, has[i].items);
		size_t n = list_count(l);
		struct list_note note;

		UNIT_CASE(
			n > 0 && list_remove(l, view_str(has[i].items[0]), (struct view){NULL, 0}),
			has[i].name);
		UNIT_CASE(!list_remove(l, view_str(has[i].items[0]), (struct view){NULL, 0}),
			has[i].name);
		UNIT_CASE(list_count(l) == n - 1, has[i].name);
		CU_ASSERT(list_seal(l, &note));
		UNIT_CASE(list_has_text(l, view_str(has[i].in[0])) == LIST_NO || has[i].items[1],
			has[i].name);
		list_free(l);
	}
}

static void
takes_values_of_each_type(void)
{
	static const char *const nets[MAX] = {"192.0.2.0/24"}, *const numbers[MAX] = {"5-9"};
	struct list *l = make(LIST_NETS, nets);
	struct fact_value v;
	struct ip ip;

	CU_ASSERT(ip_parse(VIEW("192.0.2.9"), &ip));
	v = fact_ip(ip);
	CU_ASSERT(list_has(l, FACT_IP, &v) == LIST_YES && list_has_ip(l, &ip));
	list_free(l);
	l = make(LIST_NUMBERS, numbers);
	v = fact_number(6);
	CU_ASSERT(list_has(l, FACT_NUMBER, &v) == LIST_YES);
	v = fact_number(10);
	CU_ASSERT(list_has(l, FACT_SIZE, &v) == LIST_NO);
	v = fact_bool(true);
	CU_ASSERT(list_has(l, FACT_BOOL, &v) == LIST_NO);
	CU_ASSERT(!list_has_ip(l, &ip));
	list_free(l);
	list_free(NULL);
}

/* Every answer of the trie against the plain definition. */
static void
nets_agree_with_the_definition(void)
{
	struct list *l = list_new(LIST_NETS, LIST_NETS, LIST_NETS);
	struct cidr net[400];
	struct list_note note;
	size_t wrong = 0;

	srand(7);
	for (size_t i = 0; i < 400; i++) {
		char text[64];
		bool host;

		snprintf(text, sizeof(text), "10.%d.%d.%d/%d", rand() % 4, rand() % 4, rand() % 256,
			8 + rand() % 25);
		CU_ASSERT(list_add(l, view_str(text), (struct view){NULL, 0}, &note));
		cidr_parse(view_str(text), &net[i], &host);
		if (i % 3 == 0) {
			list_remove(l, view_str(text), (struct view){NULL, 0});
			for (size_t k = 0; k <= i; k++) {
				if (net[k].bits == net[i].bits && ip_eq(&net[k].net, &net[i].net))
					net[k].net.family = 0;
			}
		}
	}
	for (int i = 0; i < 20000; i++) {
		struct ip ip = {.family = 4,
			.b = {10, (uint8_t)(rand() % 5), (uint8_t)(rand() % 5), (uint8_t)rand()}};
		bool want = false;

		for (size_t k = 0; k < 400; k++)
			want |= cidr_has(&net[k], &ip);
		wrong += list_has_ip(l, &ip) != want;
	}
	CU_ASSERT_EQUAL(wrong, 0);
	list_free(l);
}

/* What a list says of its memory grows with it, and stays small for each item. */
static void
tells_its_memory(void)
{
	for (enum list_type t = LIST_NETS; t <= LIST_PAIRS; t++) {
		struct list *l = list_new(t, LIST_WORDS, LIST_WORDS);
		struct list_note note;
		size_t empty = list_bytes(l);
		char item[64];

		for (int i = 0; i < 1000; i++) {
			snprintf(item, sizeof(item),
				t == LIST_NETS      ? "10.%d.%d.0/24"
				: t == LIST_NUMBERS ? "%d%03d"
				: t == LIST_REGEXES ? "/a%dx%d/"
				: t == LIST_COUNTRIES ? "DE"
						      : "u%d@x%d.example",
				i / 256, i % 256);
			if (t == LIST_DOMAINS)
				item[0] = '.', item[view_find(view_str(item), '@')] = 'x';
			UNIT_CASE(list_add(l, view_str(item), t == LIST_PAIRS ? VIEW("w") : (struct view){0},
					  &note),
				item);
		}
		CU_ASSERT(list_seal(l, &note));
		UNIT_CASE(list_bytes(l) > empty + 64, list_type_name(t));
		UNIT_CASE(t == LIST_PHRASES || t == LIST_REGEXES || list_bytes(l) < empty + 1000 * 100,
			list_type_name(t));
		list_free(l);
	}
}

static const struct unit_test tests[] = {
	{"finds what is in a list of each type", finds_what_is_in},
	{"says what is wrong with an item", says_what_is_wrong},
	{"finds pairs", finds_pairs},
	{"keeps pairs apart", keeps_pairs_apart},
	{"removes items", removes_items},
	{"takes values of each type", takes_values_of_each_type},
	{"networks agree with the definition", nets_agree_with_the_definition},
	{"tells its memory", tells_its_memory},
};

int
main(void)
{
	return unit_main("policy/list", tests, sizeof(tests) / sizeof(*tests));
}
