/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/sign_table.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/dkim_signer.h"
#include "tests/lib/unit.h"

static struct arena *a;
static char folder[] = "/tmp/postern-sign-XXXXXX";

static const char *
put(const char *name, struct view text, unsigned mode)
{
	const char *path = arena_printf(a, "%s/%s%c", folder, name, 0).p;
	FILE *f = fopen(path, "w");

	if (!f || fwrite(text.p, 1, text.n, f) != text.n || fclose(f) != 0 || chmod(path, mode) != 0)
		abort();
	return path;
}

/* "SELECTOR SELECTOR", in their order */
static struct view
found(const struct sign_table *t, const char *domain)
{
	const struct sign_key *k = NULL;
	size_t n = sign_table_find(t, view_str(domain), &k);
	struct view all = VIEW("");

	for (size_t i = 0; i < n; i++)
		all = arena_printf(a, "%.*s%s%.*s", VIEW_ARG(all), i ? " " : "", VIEW_ARG(k[i].selector));
	return all;
}

static void
finds(void)
{
	struct diag *d = diag_new();
	const char *path = put("keys", VIEW("# our keys\n"
		"example.org  two key.pem\nExample.ORG  One  key.pem # upper case\n\n"
		"sub.example.org s key.pem\nother.example s key.pem\n"), 0644);
	struct sign_table *t = sign_table_load(NULL, path, d);

	diag_show(d, stdout);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	UNIT_VIEW(found(t, "example.org"), "one two");
	UNIT_VIEW(found(t, "sub.example.org"), "s");
	UNIT_VIEW(found(t, "deep.mail.example.org"), "one two");
	UNIT_VIEW(found(t, "notexample.org"), "");
	UNIT_VIEW(found(t, "org"), "");
	UNIT_VIEW(found(t, ""), "");
	sign_table_free(t);
	diag_free(d);
}

static void
mistakes(void)
{
	static const struct {
		const char *text, *error; /* error: a piece of it */
	} cases[] = {
		{"example.org sel\n", ":1:1: a line of the key table has"},
		{"example.org sel key.pem more\n", ":1:1: a line of the key table has"},
		{"\n  exa..mple sel key.pem\n", ":2:3: 'exa..mple' is no domain"},
		{"example.org s/l key.pem\n", ":1:13: 's/l' is no selector"},
		{"example.org sel absent.pem\n", "no such file"},
		{"example.org sel .\n", "is a folder, not a file"},
		{"example.org sel open.pem\n", "has mode 0644"},
		{"example.org sel text.pem\n", "it is no private key"},
		{"example.org s key.pem\nexample.org s key.pem\n", "stands twice"},
		{"x.example a key.pem\nx.example b key.pem\nx.example c key.pem\nx.example d key.pem\n"
			"x.example e key.pem\n", "more than 4 keys"},
	};

	put("text.pem", VIEW("none"), 0600);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct diag *d = diag_new();
		struct view first;

		CU_ASSERT_PTR_NULL(sign_table_load(NULL, put("keys", view_str(cases[i].text), 0644), d));
		first = diag_first(d, a);
		UNIT_CASE(strstr(arena_cstr(a, first), cases[i].error) != NULL, cases[i].error);
		diag_free(d);
	}
}

static const struct unit_test tests[] = {
	{"keys of a domain, or of the one above it", finds},
	{"mistakes are shown where they are", mistakes},
};

int
main(void)
{
	const char *pem;
	struct view record;
	int status;

	a = arena_new();
	if (!mkdtemp(folder))
		return 1;
	dkim_signer_key(SIGNER_ED25519, 0, a, &pem, &record);
	put("key.pem", view_str(pem), 0600);
	put("open.pem", view_str(pem), 0644);
	status = unit_main("policy/sign_table", tests, sizeof(tests) / sizeof(*tests));
	for (const char *const *f = (const char *const[]){"keys", "key.pem", "open.pem", "text.pem", NULL}; *f; f++)
		unlink(arena_printf(a, "%s/%s%c", folder, *f, 0).p);
	rmdir(folder);
	arena_free(a);
	return status;
}
