/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/geo.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/lib/mmdb.h"
#include "tests/lib/unit.h"

/* Opens what m says; takes m. */
static struct geo *
opened(struct mmdb *m, enum geo_kind kind, char *why, size_t n)
{
	char *path = mmdb_file(m);
	struct geo *g = geo_open(path, kind, why, n);

	unlink(path);
	free(path);
	mmdb_free(m);
	return g;
}

/* "DE", "64500", "none", "no IPv6", "bad" */
static const char *
look_up(const struct geo *g, enum geo_kind kind, const char *address)
{
	static const char *const ends[] = {[GEO_NONE] = "none", [GEO_NO_IPV6] = "no IPv6", [GEO_BAD] = "bad"};
	static char text[40];
	struct view code = VIEW("");
	uint32_t number = 0;
	enum geo_end end;
	struct ip ip;

	CU_ASSERT_TRUE_FATAL(ip_parse(view_str(address), &ip));
	end = kind == GEO_ASN ? geo_asn(g, &ip, &number) : geo_country(g, &ip, &code);
	if (end != GEO_FOUND)
		return ends[end];
	if (kind == GEO_ASN)
		snprintf(text, sizeof(text), "%u", number);
	else
		snprintf(text, sizeof(text), "%.*s", VIEW_ARG(code));
	return text;
}

static void
is(const struct geo *g, enum geo_kind kind, const char *address, const char *want)
{
	const char *got = look_up(g, kind, address);

	UNIT_CASE(strcmp(got, want) == 0, address);
	if (strcmp(got, want) != 0)
		printf("%s: got %s, want %s\n", address, got, want);
}

static void
countries(void)
{
	struct mmdb *m = mmdb_new(6, "Test-Country");
	char why[200];
	struct geo *g;

	mmdb_net(m, "192.0.2.0/24", mmdb_country(m, "DE"));
	mmdb_net(m, "198.51.100.128/25", mmdb_country(m, "FR"));
	mmdb_net(m, "2001:db8:77::/48", mmdb_country(m, "AT"));
	mmdb_net(m, "203.0.113.0/24", mmdb_asn(m, 64500)); /* a record that has no country */
	mmdb_built(m, 1234567890);
	g = opened(m, GEO_COUNTRY, why, sizeof(why));
	CU_ASSERT_PTR_NOT_NULL_FATAL(g);
	is(g, GEO_COUNTRY, "192.0.2.0", "DE");
	is(g, GEO_COUNTRY, "192.0.2.255", "DE");
	is(g, GEO_COUNTRY, "192.0.3.0", "none");
	is(g, GEO_COUNTRY, "198.51.100.127", "none");
	is(g, GEO_COUNTRY, "198.51.100.128", "FR");
	is(g, GEO_COUNTRY, "2001:db8:77::1", "AT");
	is(g, GEO_COUNTRY, "2001:db8:78::1", "none");
	is(g, GEO_COUNTRY, "::ffff:192.0.2.1", "DE");
	is(g, GEO_COUNTRY, "203.0.113.1", "none");
	is(g, GEO_ASN, "203.0.113.1", "64500"); /* one file may serve both */
	CU_ASSERT_EQUAL(geo_built(g), 1234567890);
	geo_close(g);
}

static void
version_4(void)
{
	struct mmdb *m = mmdb_new(4, "Test-ASN");
	char why[200];
	struct geo *g;

	mmdb_net(m, "192.0.2.0/24", mmdb_asn(m, 4200000001));
	g = opened(m, GEO_ASN, why, sizeof(why));
	CU_ASSERT_PTR_NOT_NULL_FATAL(g);
	is(g, GEO_ASN, "192.0.2.9", "4200000001");
	is(g, GEO_ASN, "192.0.3.9", "none");
	is(g, GEO_ASN, "2001:db8::1", "no IPv6");
	geo_close(g);
}

static void
pointers(void)
{
	struct mmdb *m = mmdb_new(4, "Test-Country");
	uint32_t key = mmdb_text(m, "country"), code = mmdb_text(m, "SE"), map = mmdb_map(m, 1), at;
	char why[200];
	struct geo *g;

	mmdb_text(m, "iso_code");
	mmdb_pointer(m, code);
	at = mmdb_map(m, 1);
	mmdb_pointer(m, key);
	mmdb_pointer(m, map);
	mmdb_net(m, "192.0.2.0/24", at);
	g = opened(m, GEO_COUNTRY, why, sizeof(why));
	CU_ASSERT_PTR_NOT_NULL_FATAL(g);
	is(g, GEO_COUNTRY, "192.0.2.1", "SE");
	geo_close(g);
}

/* ---- damage ---- */

static uint32_t
country_is_text(struct mmdb *m)
{
	uint32_t at = mmdb_map(m, 1);

	mmdb_text(m, "country");
	mmdb_text(m, "DE");
	return at;
}

static uint32_t
code_is_number(struct mmdb *m)
{
	uint32_t at = mmdb_map(m, 1);

	mmdb_text(m, "country");
	mmdb_map(m, 1);
	mmdb_text(m, "iso_code");
	mmdb_number(m, 49);
	return at;
}

static uint32_t
code_is_long(struct mmdb *m)
{
	return mmdb_country(m, "DEU");
}

static uint32_t
code_is_small(struct mmdb *m)
{
	return mmdb_country(m, "d\n");
}

static uint32_t
record_is_text(struct mmdb *m)
{
	return mmdb_text(m, "DE");
}

static uint32_t
points_to_itself(struct mmdb *m)
{
	uint32_t at = mmdb_map(m, 1), here = mmdb_text(m, "country") + 8;

	mmdb_pointer(m, here);
	return at;
}

static uint32_t
points_out(struct mmdb *m)
{
	uint32_t at = mmdb_map(m, 1);

	mmdb_text(m, "country");
	mmdb_pointer(m, 100000);
	return at;
}

static uint32_t
ends_early(struct mmdb *m)
{
	uint32_t at = mmdb_map(m, 20);

	mmdb_text(m, "x");
	return at;
}

static const struct damage {
	const char *name;
	uint32_t (*make)(struct mmdb *m);
	const char *want;
} damages[] = {
	{"country is a text", country_is_text, "bad"},
	{"code is a number", code_is_number, "bad"},
	{"code of three letters", code_is_long, "bad"},
	{"code is not of capitals", code_is_small, "bad"},
	{"record is a text", record_is_text, "bad"},
	{"pointer to itself", points_to_itself, "bad"},
	{"pointer out of the file", points_out, "bad"},
	{"map that ends early", ends_early, "bad"},
};

static void
damaged_records(void)
{
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		struct mmdb *m = mmdb_new(4, "Test-Country");
		char why[200] = "";
		const char *got;
		struct geo *g;

		mmdb_net(m, "10.0.0.0/8", mmdb_country(m, "DE"));
		mmdb_net(m, "192.0.2.0/24", damages[i].make(m));
		g = opened(m, GEO_COUNTRY, why, sizeof(why));
		CU_ASSERT_PTR_NOT_NULL_FATAL(g);
		got = look_up(g, GEO_COUNTRY, "192.0.2.1");
		UNIT_CASE(strcmp(got, damages[i].want) == 0, damages[i].name);
		if (strcmp(got, damages[i].want) != 0)
			printf("%s: got %s\n", damages[i].name, got);
		is(g, GEO_COUNTRY, "10.0.0.1", "DE");
		geo_close(g);

		/* the same and nothing else: refused as a whole */
		m = mmdb_new(4, "Test-Country");
		mmdb_net(m, "192.0.2.0/24", damages[i].make(m));
		g = opened(m, GEO_COUNTRY, why, sizeof(why));
		UNIT_CASE(!g && strcmp(why, "the database is damaged") == 0, damages[i].name);
		geo_close(g);
	}
}

/* A tree that leads back to its root, and one that leads out of the file, end. */
static void
damaged_trees(void)
{
	static const uint32_t records[] = {0, 5000, 0xffffff};

	for (size_t i = 0; i < 3; i++) {
		struct mmdb *m = mmdb_new(6, "Test-Country");
		char why[200] = "";
		struct geo *g;

		mmdb_net(m, "8000::/1", mmdb_country(m, "DE"));
		mmdb_node(m, 0, 0, records[i]);
		g = opened(m, GEO_COUNTRY, why, sizeof(why));
		CU_ASSERT_PTR_NOT_NULL_FATAL(g);
		is(g, GEO_COUNTRY, "8000::1", "DE");
		is(g, GEO_COUNTRY, "::1:2:3", records[i] ? "bad" : "DE");
		geo_close(g);

		m = mmdb_new(6, "Test-Country");
		mmdb_node(m, 0, 0, records[i]);
		mmdb_node(m, 0, 1, records[i]);
		g = opened(m, GEO_COUNTRY, why, sizeof(why));
		CU_ASSERT_PTR_NULL(g);
		geo_close(g);
	}
}

static void
cut_short(void)
{
	struct mmdb *m = mmdb_new(6, "Test-Country");
	struct view file;
	char why[200];

	mmdb_net(m, "192.0.2.0/24", mmdb_country(m, "DE"));
	file = mmdb_bytes(m);
	for (size_t n = 0; n < file.n; n++) {
		char *path = mmdb_file_of(view_head(file, n));
		struct geo *g = geo_open(path, GEO_COUNTRY, why, sizeof(why));

		CU_ASSERT_PTR_NULL(g);
		geo_close(g);
		unlink(path);
		free(path);
	}
	mmdb_free(m);
}

/* Descriptions that the library would lose memory over, or follow without end. */
static const struct description {
	const char *name;
	struct view bytes;
	bool opens;
} descriptions[] = {
	{"a text", VIEW("\xe1\x42" "en\x44" "Test"), true},
	{"a pointer to a text", VIEW("\xe1\x42" "en\x20\x01"), true},
	{"a pointer to the whole", VIEW("\xe2\x42" "en\x20\x00\x42" "de\x20\x00"), false},
	{"a pointer to a pointer", VIEW("\xe1\x42" "en\x20\x11"), false},
	{"a pointer out of the file", VIEW("\xe1\x42" "en\x38\x7f\xff\xff\xff"), false},
	{"a map in the map", VIEW("\xe1\x42" "en\xe0"), false},
	{"a number", VIEW("\xe1\x42" "en\xa1\x01"), false},
	{"a type that is none", VIEW("\xe1\x42" "en\x01\x09x"), false},
	{"more than there is", VIEW("\xff\xff\xff\xff"), false},
};

static void
odd_metadata(void)
{
	for (size_t i = 0; i < sizeof(descriptions) / sizeof(*descriptions); i++) {
		struct mmdb *m = mmdb_new(6, "Test-Country");
		char why[200] = "";
		struct geo *g;

		mmdb_net(m, "192.0.2.0/24", mmdb_country(m, "DE"));
		mmdb_description(m, descriptions[i].bytes);
		g = opened(m, GEO_COUNTRY, why, sizeof(why));
		UNIT_CASE((g != NULL) == descriptions[i].opens, descriptions[i].name);
		UNIT_CASE(g || strstr(why, "no metadata, or damaged ones"), descriptions[i].name);
		geo_close(g);
	}
}

/* More nodes than 32 bits can have bytes of: their size, in 32 bits, would be that of the tree. */
static void
vast_tree(void)
{
	struct mmdb *m = mmdb_new(6, "Test-Country");
	struct view bytes, key = VIEW("node_count");
	char why[200] = "", *file, *path;
	size_t at;

	mmdb_net(m, "192.0.2.0/24", mmdb_country(m, "DE"));
	bytes = mmdb_bytes(m);
	file = memcpy(malloc(bytes.n), bytes.p, bytes.n);
	at = (size_t)((char *)memmem(file, bytes.n, key.p, key.n) - file) + key.n;
	CU_ASSERT_EQUAL_FATAL((uint8_t)file[at], 0xc4); /* four bytes of a number */
	file[at + 1] = (char)0x80;
	path = mmdb_file_of(view_of(file, bytes.n));
	CU_ASSERT_PTR_NULL(geo_open(path, GEO_COUNTRY, why, sizeof(why)));
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "no metadata, or damaged ones"));
	unlink(path);
	free(path);
	free(file);
	mmdb_free(m);
}

static void
wrong_kind(void)
{
	struct mmdb *m = mmdb_new(4, "Test-ASN");
	char why[200] = "";

	mmdb_net(m, "192.0.2.0/24", mmdb_asn(m, 64500));
	CU_ASSERT_PTR_NULL(opened(m, GEO_COUNTRY, why, sizeof(why)));
	CU_ASSERT_STRING_EQUAL(why, "the database (Test-ASN) has no country in its first records");
	CU_ASSERT_PTR_NULL(geo_open("/nonexistent", GEO_ASN, why, sizeof(why)));
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "not a usable MaxMind DB: "));
}

static const struct unit_test tests[] = {
	{"countries of IPv4 and IPv6", countries},
	{"a file of IPv4 only", version_4},
	{"pointers", pointers},
	{"damaged records", damaged_records},
	{"damaged trees", damaged_trees},
	{"a file cut short", cut_short},
	{"odd metadata", odd_metadata},
	{"more nodes than bytes", vast_tree},
	{"a file of another kind", wrong_kind},
};

int
main(void)
{
	return unit_main("svc/geo", tests, sizeof(tests) / sizeof(*tests));
}
