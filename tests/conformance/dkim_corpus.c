/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dkim_corpus -- signed messages of others through dkim_verify: the Mail::DKIM corpus, the messages
 * of dkimpy, and what python3-dkim signs now. One line a group, then the total and the cost of one.
 *
 * Of the corpus, the modern rows end as documented, but for those of `drafts`; those with rsa-sha1
 * or short keys never pass (RFC 8301); the DomainKeys ones have no DKIM signature. Skipped where
 * the suites are absent. Each signature that libopendkim passes or fails is judged by our own code too,
 * which serves ARC and RFC 8616: the two must agree, and on the reason.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "checks/dkim_verify.h"
#include "checks/signature.h"
#include "mail/mime/base64.h"
#include "tests/lib/raw_message.h"
#include "tests/lib/unit.h"
#include "util/clock.h"

enum { KEYS = 64 };

struct keys {
	struct {
		struct view name,
			text; /* text: "~~...": the question fails; absent: no such name */
	} item[KEYS];
	size_t n;
};

struct totals {
	unsigned cases, good;
};

static struct totals all, own;

static struct view
suite_file(const char *name, struct arena *a)
{
	const char *path = unit_suite_file(name);
	struct view v = path ? unit_read_file(path) : (struct view){NULL, 0},
		    copy = arena_copy(a, v);

	free((void *)(uintptr_t)v.p);
	return copy;
}

static void
add_key(struct keys *k, struct view name, struct view text)
{
	if (k->n < KEYS) {
		k->item[k->n].name = name;
		k->item[k->n++].text = text;
	}
}

static void
tell(struct dkim_verify *v, size_t i, const struct keys *keys)
{
	struct view name = dkim_verify_key_name(v, i);

	for (size_t k = 0; k < keys->n; k++) {
		struct view text = keys->item[k].text;

		if (!view_eq_nocase(keys->item[k].name, name) && keys->item[k].name.n > 0)
			continue;
		if (text.n > 1 && text.p[0] == '~')
			dkim_verify_key(v, i, DKIM_ANSWER_TEMPFAIL, NULL, 0, "DNS error");
		else
			dkim_verify_key(v, i, text.p ? DKIM_ANSWER_FOUND : DKIM_ANSWER_NONE, &text,
				1, NULL);
		return;
	}
	dkim_verify_key(v, i, DKIM_ANSWER_NONE, NULL, 0, NULL);
}

/* ---- the same signature by our own code, which serves ARC and RFC 8616 ---- */

static const struct dkim_key *
own_key(struct view name, const struct keys *keys, struct arena *a)
{
	struct dkim_key *key = arena_new_of(a, struct dkim_key);
	const char *why;

	for (size_t k = 0; k < keys->n; k++)
		if ((view_eq_nocase(keys->item[k].name, name) || keys->item[k].name.n == 0) &&
			dkim_key_read(keys->item[k].text, a, key, &why) == DKIM_KEY_OK)
			return key;
	return NULL;
}

static bool
own_body_holds(const struct dkim_signature *g, struct view body, struct arena *a)
{
	EVP_MD_CTX *hash = signature_hash_new(a);
	unsigned char got[SIGNATURE_HASH];
	struct view want = base64_decode(g->bh, a);
	struct canonical_body b;

	canonical_body_init(&b, g->body, g->has_l ? g->l : UINT64_MAX, signature_hash_add, hash);
	canonical_body_add(&b, body);
	canonical_body_end(&b);
	signature_hash_end(hash, got);
	return want.n == SIGNATURE_HASH && memcmp(want.p, got, SIGNATURE_HASH) == 0 && (!g->has_l || !b.left);
}

/* Of what libopendkim passes or fails: the same, and a failure for the same reason. */
static void
own_agrees(const struct dkim_verify *v, size_t i, const struct raw_message *m, const struct keys *keys,
	struct arena *a)
{
	struct dkim_verify_result got = dkim_verify_result(v, i);
	const struct dkim_signature *g = got.signature;
	struct signature_fields fields = {.n = 0};
	const struct dkim_key *key;
	unsigned char digest[SIGNATURE_HASH];
	size_t at = m->n, nth = 0;
	bool header, body;

	if (got.verdict != DKIM_PASS && got.verdict != DKIM_FAIL)
		return;
	for (size_t k = 0; k < m->n; k++) {
		signature_fields_add(&fields, m->field[k], a);
		if (view_is(view_trim(m->field[k].name), "DKIM-Signature") && nth++ == i)
			at = k;
	}
	key = own_key(dkim_verify_key_name(v, i), keys, a);
	signature_header(&fields, at, g->header, g->h, a, digest);
	header = key && signature_holds(key, g->alg == DKIM_ED25519_SHA256, base64_decode(g->b_text, a), digest);
	body = own_body_holds(g, m->body, a);
	own.cases++;
	if ((got.verdict == DKIM_PASS) == (header && body) &&
		(got.verdict == DKIM_PASS || header == (strcmp(got.why, "signature did not verify") != 0)))
		own.good++;
	else
		printf("  d=%.*s: libopendkim says %s, we say header %d, body %d\n", VIEW_ARG(g->d),
			got.why ? got.why : "pass", header, body);
}

static struct dkim_verify *
run(const struct raw_message *m, const struct keys *keys, struct arena *a)
{
	struct dkim_verify *v = dkim_verify_new(a, clock_wall());

	for (size_t i = 0; i < m->n; i++)
		dkim_verify_header(v, &m->field[i]);
	dkim_verify_eoh(v);
	dkim_verify_body(v, m->body);
	for (size_t i = 0; i < dkim_verify_count(v); i++)
		if (dkim_verify_key_name(v, i).p)
			tell(v, i, keys);
	dkim_verify_end(v);
	return v;
}

static struct dkim_verify *
verify(struct view bytes, const struct keys *keys, struct arena *a)
{
	struct raw_message *m = arena_new_of(a, struct raw_message);
	struct dkim_verify *v;

	raw_message_read(bytes, a, m);
	v = run(m, keys, a);
	for (size_t i = 0; i < dkim_verify_count(v); i++)
		own_agrees(v, i, m, keys, a);
	return v;
}

/* The best result in the words of the suite; "none" without signatures. */
static const char *
best(const struct dkim_verify *v)
{
	const char *word = dkim_verify_count(v) ? "invalid" : "none";

	for (size_t i = 0; i < dkim_verify_count(v); i++) {
		enum dkim_verdict got = dkim_verify_result(v, i).verdict;

		if (got == DKIM_PASS)
			return "pass";
		if (got == DKIM_FAIL)
			word = "fail";
	}
	return word;
}

static void
judge(struct totals *t, bool ok, struct view name, const char *want, const struct dkim_verify *v)
{
	t->cases++;
	all.cases++;
	t->good += ok;
	all.good += ok;
	if (ok)
		return;
	printf("  %.*s: want %s, got %s\n", VIEW_ARG(name), want, best(v));
	for (size_t i = 0; i < dkim_verify_count(v); i++)
		printf("    signature %zu: %s (%s)\n", i,
			dkim_verify_verdict_name(dkim_verify_result(v, i).verdict),
			dkim_verify_result(v, i).why ? dkim_verify_result(v, i).why : "-");
}

static void
show(const char *group, const struct totals *t)
{
	printf("%s dkim_corpus: %s: %u of %u\n", t->good == t->cases ? "ok" : "FAILED", group,
		t->good, t->cases);
}

/* ---- Mail::DKIM ---- */

/* "name text", "name NXDOMAIN", "name ~~error~~". */
static void
read_dns(struct view text, struct keys *out)
{
	struct view line;

	while (view_split(&text, '\n', &line)) {
		size_t blank = view_find(line, ' ');
		struct view value = view_trim(view_skip(line, blank));

		if (blank == 0 || blank == line.n || line.p[0] == '#')
			continue;
		add_key(out, view_head(line, blank),
			view_eq_str(value, "NXDOMAIN") ? (struct view){NULL, 0} : value);
	}
}

enum class { MODERN, LEGACY, DOMAINKEYS, PRESTANDARD, CLASSES };

/* Signed by a draft of 2006, without v= and with q=dns: RFC 6376 section 3.5 asks for v=1 and
 * dns/txt. */
static const char *const drafts[] = {"mine_ietf01_3.txt", "mine_ietf01_4.txt"};

static const char *
wanted(struct view file, struct view documented, struct arena *a)
{
	for (size_t i = 0; i < sizeof(drafts) / sizeof(*drafts); i++)
		if (view_eq_str(file, drafts[i]))
			return "invalid";
	return arena_cstr(a, documented);
}

static bool
as_wanted(enum class c, const char *want, const struct dkim_verify *v)
{
	const char *got = best(v);

	if (c == DOMAINKEYS)
		return dkim_verify_count(v) == 0;
	return c == MODERN ? strcmp(got, want) == 0 : strcmp(got, "pass") != 0;
}

static void
mail_dkim(struct arena *a)
{
	static const char *const names[CLASSES] = {"modern", "legacy", "domainkeys", "prestandard"};
	static const char *const titles[CLASSES] = {"Mail::DKIM, modern: as documented",
		"Mail::DKIM, rsa-sha1 or short keys: never pass",
		"Mail::DKIM, DomainKeys: no DKIM signature",
		"Mail::DKIM, before the standard: never pass"};
	struct totals t[CLASSES] = {{0}};
	struct keys keys = {.n = 0};
	struct view rows = suite_file("dkim-mail-dkim/expect.tsv", a), line, column[4];

	if (!rows.p)
		return;
	read_dns(suite_file("dkim-mail-dkim/FAKE_DNS.dat", a), &keys);
	while (view_split(&rows, '\n', &line)) {
		char path[300];
		struct view rest = line;
		size_t n = 0;
		struct dkim_verify *v;

		while (n < 4 && view_split(&rest, '\t', &column[n]))
			n++;
		if (n < 4 || line.p[0] == '#')
			continue;
		snprintf(path, sizeof(path), "dkim-mail-dkim/corpus/%.*s", VIEW_ARG(column[0]));
		v = verify(suite_file(path, a), &keys, a);
		for (int c = 0; c < CLASSES; c++) {
			const char *want =
				c == MODERN ? wanted(column[0], column[1], a) : "no pass";

			if (view_starts_nocase(column[2], names[c]))
				judge(&t[c], as_wanted((enum class)c, want, v), column[0], want, v);
		}
	}
	for (int c = 0; c < CLASSES; c++)
		show(titles[c], &t[c]);
}

/* ---- dkimpy ---- */

/* The record for a private key that is 32 bytes in base64. */
static struct view
ed25519_record(struct view seed, struct arena *a)
{
	unsigned char raw[48], pub[32];
	char text[64];
	size_t n = sizeof(pub);
	EVP_PKEY *key;

	seed = view_trim(seed);
	if (EVP_DecodeBlock(raw, (const unsigned char *)seed.p, (int)seed.n) < 32)
		return view_of(NULL, 0);
	key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, raw, 32);
	EVP_PKEY_get_raw_public_key(key, pub, &n);
	EVP_PKEY_free(key);
	EVP_EncodeBlock((unsigned char *)text, pub, 32);
	return arena_printf(a, "v=DKIM1; k=ed25519; p=%s", text);
}

static const struct {
	const char *file, *want; /* a verdict for each signature */
} messages[] = {
	{"rfc6376.signed.msg", "pass pass"}, /* RFC 8463 appendix A */
	{"rfc6376.signed.rsa.msg", "pass"},
	{"ed25519test2.msg", "pass"},
	{"rfc6376.msg", ""},
	{"test.message", ""},
};

static void
dkimpy(struct arena *a)
{
	struct keys keys = {.n = 0};
	struct totals t = {0};
	struct view seed = suite_file("dkim-dkimpy/data/rfc8032_7_1.key", a);

	if (!seed.p)
		return;
	add_key(&keys, VIEW("brisbane._domainkey.football.example.com"), ed25519_record(seed, a));
	add_key(&keys, VIEW("test._domainkey.football.example.com"),
		view_trim(suite_file("dkim-dkimpy/data/test.txt", a)));
	add_key(&keys, VIEW("sed._domainkey.test.ex"),
		view_trim(suite_file("dkim-dkimpy/data/eximtest.dns", a)));
	for (size_t i = 0; i < sizeof(messages) / sizeof(*messages); i++) {
		char path[200], got[200] = "";
		struct dkim_verify *v;
		size_t n = 0;

		snprintf(path, sizeof(path), "dkim-dkimpy/data/%s", messages[i].file);
		v = verify(suite_file(path, a), &keys, a);
		for (size_t k = 0; k < dkim_verify_count(v); k++)
			n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%s", k ? " " : "",
				dkim_verify_verdict_name(dkim_verify_result(v, k).verdict));
		judge(&t, strcmp(got, messages[i].want) == 0, view_str(messages[i].file),
			messages[i].want, v);
	}
	show("dkimpy's messages", &t);
}

/* ---- python3-dkim, now ---- */

/* libopendkim's canonical bodies lose bare CRs: dkim_verify lets no such body pass. */
static const char *
python_wants(const char *title)
{
	return strstr(title, "bare CR") ? "invalid" : "pass";
}

static void
python(struct arena *a)
{
	const char *data = unit_suite_file("dkim-dkimpy/data");
	struct totals t = {0};
	char line[4096], title[200];
	FILE *f;

	if (!data)
		return;
	snprintf(line, sizeof(line),
		"/usr/bin/python3 tests/conformance/dkim_sign.py '%s' 2>/dev/null", data);
	f = popen(line, "r");
	while (f && fgets(title, sizeof(title), f) && fgets(line, sizeof(line), f)) {
		struct keys keys = {.n = 0};
		struct view record = arena_copy(a, view_trim(view_str(line)));
		uint64_t size = 0;
		char *bytes;
		struct dkim_verify *v;

		if (!fgets(line, sizeof(line), f) ||
			!view_number(view_trim(view_str(line)), 1 << 24, &size))
			break;
		bytes = arena_alloc(a, size);
		if (fread(bytes, 1, size, f) != size)
			break;
		add_key(&keys, VIEW(""), record);
		v = verify(view_of(bytes, size), &keys, a);
		judge(&t, strcmp(best(v), python_wants(title)) == 0, view_trim(view_str(title)),
			python_wants(title), v);
	}
	if (f)
		pclose(f);
	if (t.cases)
		show("signed by python3-dkim", &t);
	else
		printf("skip: python3-dkim is not installed\n");
}

/* ---- cost ---- */

static void
measure(void)
{
	enum { TIMES = 2000 };
	struct arena *keep = arena_new(), *a = arena_new();
	struct keys keys = {.n = 0};
	struct view m = suite_file("dkim-dkimpy/data/rfc6376.signed.rsa.msg", keep);
	struct timespec from, to;
	size_t used = 0;

	add_key(&keys, VIEW(""), view_trim(suite_file("dkim-dkimpy/data/test.txt", keep)));
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	for (int i = 0; m.p && i < TIMES; i++) {
		struct raw_message *read = arena_new_of(a, struct raw_message);

		raw_message_read(m, a, read);
		run(read, &keys, a);
		used = arena_used(a);
		arena_reset(a);
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	if (m.p)
		printf("one RSA-1024 verification: %.1f microseconds of CPU, %zu bytes of arena\n",
			((double)(to.tv_sec - from.tv_sec) * 1e6 +
				(double)(to.tv_nsec - from.tv_nsec) / 1e3) /
				TIMES,
			used);
	arena_free(a);
	arena_free(keep);
}

int
main(void)
{
	struct arena *a = arena_new();

	mail_dkim(a);
	dkimpy(a);
	python(a);
	arena_free(a);
	show("libopendkim and our own code say the same of a signature", &own);
	measure();
	all.cases += own.cases;
	all.good += own.good;
	printf("%s dkim_corpus: %u of %u\n", all.good == all.cases ? "ok" : "FAILED", all.good,
		all.cases);
	return all.good == all.cases ? 0 : 1;
}
