/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Whose mail is signed, whose is not, and what is on record of it.
 */
#include "engine/signing.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/settings.h"
#include "policy/sign_table.h"
#include "tests/lib/dkim_signer.h"
#include "tests/lib/engine_world.h"
#include "tests/lib/unit.h"

#define KEYS "a._domainkey.ours.example,b._domainkey.ours.example"
#define OURS "From: joe@ours.example"

static struct sign_table *table;

static const char *
member(const struct engine_world *w, const char *name)
{
	const char *text = json_string_value(json_object_get(w->record, name));

	return text ? text : "-";
}

/* How many signatures a message gets, by the header lines (split by LF) that it has. */
static size_t
sent(struct engine_world *w, const struct engine_mail *m)
{
	struct session *s = engine_world_begin(w, m);
	struct view rest = view_str(m->header), line;
	const struct edits *e;
	size_t n = 0;

	session_rcpt(s, VIEW("kim@rcpt.example"));
	session_data(s);
	while (view_split(&rest, '\n', &line)) {
		size_t colon = view_find(line, ':');

		session_header(s, view_head(line, colon), view_skip(line, colon + 1));
	}
	session_eoh(s);
	session_body(s, VIEW("text\r\n"));
	session_end(s, VIEW("Q"));
	e = session_edits(s);
	for (size_t i = 0; i < e->n_headers; i++)
		n += e->header[i].kind == EDIT_ADD && view_eq_str(e->header[i].name, "DKIM-Signature");
	session_free(s);
	return n;
}

static void
whose(void)
{
	static const char no_key[] = "no key for other.example",
		foreign[] = "it came from outside, and was not authentic then";
	static const struct {
		const char *title, *client, *auth, *header, *is_signed, *is_not;
	} rows[] = {
		{"own network", "198.51.100.7", NULL, OURS, KEYS, "-"},
		{"local submission", NULL, NULL, OURS, KEYS, "-"},
		{"a user from anywhere", "192.0.2.10", "joe", OURS, KEYS, "-"},
		{"a stranger", "192.0.2.10", NULL, OURS, "-", "-"},
		{"a trusted relay", "198.51.100.25", NULL, OURS, "-", "-"},
		{"an author below", "198.51.100.7", NULL, "From: joe@a.ours.example", KEYS, "-"},
		{"another author", "198.51.100.7", NULL, "From: joe@other.example", "-", no_key},
		{"two authors", "198.51.100.7", NULL, OURS ", kim@ours.example", "-", "more than one author"},
		{"no author", "198.51.100.7", NULL, "To: joe@ours.example", "-", "no author"},
		{"a stranger's that comes back", "198.51.100.7", NULL,
			OURS "\nAuthentication-Results: mx.test; dmarc=fail header.from=ours.example", "-", foreign},
		{"the same without a policy", "198.51.100.7", NULL,
			"Authentication-Results: (x) MX.test; spf=pass; dmarc=none header.from=Ours.example\n" OURS,
			"-", foreign},
		{"ours that comes back", "198.51.100.7", NULL,
			OURS "\nAuthentication-Results: mx.test; dmarc=pass header.from=ours.example", KEYS, "-"},
		{"a list that writes in its own name", "198.51.100.7", NULL,
			OURS "\nAuthentication-Results: mx.test; dmarc=fail header.from=other.example", KEYS, "-"},
		{"what another server says", "198.51.100.7", NULL,
			OURS "\nAuthentication-Results: mx.other; dmarc=fail header.from=ours.example", KEYS, "-"},
		{"a user's forged field", "192.0.2.10", "joe",
			OURS "\nAuthentication-Results: mx.test; dmarc=fail header.from=ours.example", KEYS, "-"},
	};
	struct engine_world w;

	engine_world_open(&w, "");
	w.settings.sign = table;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct engine_mail m = {.client = rows[i].client, .helo = "pc.example", .from = "joe@ours.example",
			.auth = rows[i].auth, .header = rows[i].header};

		UNIT_CASE(sent(&w, &m) == (rows[i].is_signed[0] == '-' ? 0 : 2), rows[i].title);
		UNIT_CASE(strcmp(member(&w, "signed"), rows[i].is_signed) == 0, rows[i].title);
		UNIT_CASE(strcmp(member(&w, "unsigned"), rows[i].is_not) == 0, rows[i].title);
	}
	engine_world_close(&w);
}

/* What is refused costs no signature and needs no excuse; a dry run has one; without keys there is nothing to say. */
static void
not_at_all(void)
{
	struct engine_mail m = {.client = "198.51.100.7", .helo = "pc.example", .from = "joe@ours.example",
		.header = OURS};
	struct engine_world w;

	engine_world_open(&w, "rule RA scope any when from.address is present and mail.local = \"bad\" reject");
	CU_ASSERT_EQUAL(sent(&w, &m), 0);
	CU_ASSERT_STRING_EQUAL(member(&w, "unsigned"), "-");
	w.settings.sign = table;
	m.from = "bad@ours.example";
	CU_ASSERT_EQUAL(sent(&w, &m), 0);
	CU_ASSERT_STRING_EQUAL(member(&w, "verdict"), "reject");
	CU_ASSERT_STRING_EQUAL(member(&w, "signed"), "-");
	CU_ASSERT_STRING_EQUAL(member(&w, "unsigned"), "-");
	m.from = "joe@ours.example";
	w.settings.dry_run = true;
	CU_ASSERT_EQUAL(sent(&w, &m), 0);
	CU_ASSERT_STRING_EQUAL(member(&w, "unsigned"), "dry-run");
	engine_world_close(&w);
}

static const struct unit_test tests[] = {
	{"whose mail is signed", whose},
	{"mail that cannot be signed at all", not_at_all},
};

static void
put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		abort();
}

int
main(void)
{
	char folder[] = "/tmp/postern-test.XXXXXX", key[64], keys[64];
	struct arena *a = arena_new();
	struct diag *d = diag_new();
	struct view record;
	const char *pem;
	int status = 1;

	umask(077);
	if (!mkdtemp(folder))
		return 1;
	snprintf(key, sizeof(key), "%s/k.pem", folder);
	snprintf(keys, sizeof(keys), "%s/keys", folder);
	dkim_signer_key(SIGNER_ED25519, 0, a, &pem, &record);
	put(key, pem);
	put(keys, "ours.example a k.pem\nours.example b k.pem\n");
	table = sign_table_load(NULL, keys, d);
	if (table)
		status = unit_main("engine/signing", tests, sizeof(tests) / sizeof(*tests));
	else
		diag_show(d, stderr);
	sign_table_free(table);
	unlink(key);
	unlink(keys);
	rmdir(folder);
	diag_free(d);
	arena_free(a);
	return status;
}
