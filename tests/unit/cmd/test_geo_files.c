/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/geo_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/mirror.h"
#include "tests/lib/mmdb.h"
#include "tests/lib/unit.h"
#include "util/limits.h"

static char *
file(void)
{
	struct mmdb *m = mmdb_new(4, "Test-Country");
	char *path;

	mmdb_built(m, 1750000000); /* 2025-06-15 */
	mmdb_net(m, "192.0.2.0/24", mmdb_country(m, "DE"));
	path = mmdb_file(m);
	mmdb_free(m);
	return path;
}

static struct conf *
conf_with(const char *key, const char *path, struct diag *d)
{
	char text[200];

	snprintf(text, sizeof(text), "%s %s\n", key, path);
	return conf_text("/c", view_str(text), "mx.test", d);
}

/* What is shown when this file is opened by that key; give back with free. */
static char *
shown(const char *key, const char *path, uint64_t now, bool opens)
{
	struct diag *d = diag_new();
	struct settings s = {.geo_country = NULL};
	struct conf *c = conf_with(key, path, d);
	char *out = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&out, &n);

	geo_files_open(NULL, c, &s, d);
	CU_ASSERT_EQUAL(s.geo_country != NULL, opens);
	CU_ASSERT_EQUAL(diag_errors(d) == 0, opens);
	geo_files_note_age(c, &s, now, d);
	diag_show(d, f);
	fclose(f);
	geo_close(s.geo_country);
	conf_free(c);
	diag_free(d);
	return out;
}

static void
expect(const char *key, const char *path, uint64_t now, bool opens, const char *want)
{
	char *text = shown(key, path, now, opens);

	UNIT_CASE(*want ? strstr(text, want) != NULL : *text == 0, want);
	if (!strstr(text, want))
		printf("%s", text);
	free(text);
}

static void
says_what_is_wrong(void)
{
	char *path = file(), *text = mmdb_file_of(VIEW("no database"));
	const char *country = "geo-country-file";

	expect(country, path, 1750000000, true, "");
	expect(country, path, 1750000000 + 180 * 86400, true, "");
	expect(country, path, 1750000001 + 180 * 86400, true,
		"/c:1:1: note: geo-country-file is of 2025-06-15: networks have moved since");
	expect(country, "/nowhere/x.mmdb", 0, false,
		"/c:1:1: error: geo-country-file /nowhere/x.mmdb: no such file");
	expect("geo-asn-file", path, 0, false, ": the database (Test-Country) has no AS number");
	expect(country, text, 0, false, ": not a usable MaxMind DB: ");
	CU_ASSERT_EQUAL(truncate(text, (off_t)GEO_FILE_MAX + 1), 0);
	expect(country, text, 0, false, ": is larger than 134217728 bytes");
	chmod(path, 0666);
	expect(country, path, 0, false, ": world-writable: ");
	unlink(path);
	unlink(text);
	free(path);
	free(text);
}

/* What is open is the copy of the accepted set: whoever cuts the file itself does no harm. */
static void
opens_the_copy(void)
{
	char root[] = "/tmp/postern-geo-XXXXXX", *path = file();
	struct source_tree check = {.root = "", .place = mirror_path, .kept = root, .keep = mirror_put};
	struct source_tree worker = {.root = root, .place = mirror_path};
	struct settings s = {.geo_country = NULL}, again = {.geo_country = NULL};
	struct diag *d = diag_new();
	struct conf *c = conf_with("geo-country-file", path, d);
	struct view code = VIEW("");
	struct ip ip;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(root));
	geo_files_open(&check, c, &s, d);
	CU_ASSERT_EQUAL(truncate(path, 0), 0);
	geo_files_open(&worker, c, &again, d);
	CU_ASSERT_EQUAL(diag_errors(d), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s.geo_country);
	CU_ASSERT_PTR_NOT_NULL_FATAL(again.geo_country);
	CU_ASSERT_TRUE(ip_parse(VIEW("192.0.2.1"), &ip));
	CU_ASSERT_EQUAL(geo_country(s.geo_country, &ip, &code), GEO_FOUND);
	UNIT_VIEW(code, "DE");
	CU_ASSERT_EQUAL(geo_country(again.geo_country, &ip, &code), GEO_FOUND);
	UNIT_VIEW(code, "DE");
	geo_close(s.geo_country);
	geo_close(again.geo_country);
	mirror_remove(root);
	conf_free(c);
	diag_free(d);
	unlink(path);
	free(path);
}

static const struct unit_test tests[] = {
	{"says what is wrong with a file", says_what_is_wrong},
	{"opens the copy of the accepted set", opens_the_copy},
};

int
main(void)
{
	return unit_main("cmd/geo_files", tests, sizeof(tests) / sizeof(*tests));
}
