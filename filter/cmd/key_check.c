/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/key_check.h"

#include <stdio.h>
#include <sysexits.h>

#include "cmd/assembly.h"
#include "mail/dkim/dkim_key.h"
#include "util/clock.h"
#include "util/limits.h"

enum { WAIT_MS = 15000 }; /* for one key's answer */

/* ---- does a record fit? ---- */

static bool
same_key(const struct dkim_key *x, const struct dkim_key *y)
{
	if (x->type != y->type)
		return false;
	return x->type == DKIM_KEY_RSA ? view_eq(dkim_key_rsa(x->der), dkim_key_rsa(y->der))
		: view_eq(x->der, y->der);
}

struct view
key_check_records(const struct dkim_sign_key *k, const struct view *txt, size_t n, bool *testing_out,
	struct arena *a)
{
	struct dkim_key own, one, found = {0};
	const char *why, *fault = NULL;
	size_t records = 0;

	*testing_out = false;
	if (n == 0)
		return VIEW("there is no such record");
	(void)dkim_key_read(dkim_sign_key_record(k, a), a, &own, &why);
	for (size_t i = 0; i < n; i++) {
		enum dkim_key_status status = dkim_key_read(txt[i], a, &one, &why);

		if (status == DKIM_KEY_FOREIGN)
			continue;
		records++;
		found = one;
		fault = why;
	}
	if (records == 0)
		return VIEW("the TXT record there is no DKIM key");
	if (records > 1)
		return arena_printf(a, "%zu key records there: only one may be", records);
	if (fault)
		return arena_printf(a, "the record is of no use: %s", fault);
	if (!same_key(&own, &found))
		return VIEW("the record has another key");
	*testing_out = found.testing;
	return (struct view){NULL, 0};
}

/* ---- the keys of the table ---- */

struct checking {
	struct dns *dns;
	struct arena *arena;
	bool misfit, unknown;
};

static const struct dns_answer *
ask(struct dns_session *s, struct view name)
{
	int64_t deadline = clock_mono_ms() + WAIT_MS;
	const struct dns_answer *got;

	while (!(got = dns_ask(s, name, DNS_TXT)) && dns_wait(s, deadline))
		;
	return got;
}

static void
check(struct checking *c, const struct sign_key *k)
{
	struct view name = arena_printf(c->arena, "%.*s._domainkey.%.*s", VIEW_ARG(k->selector),
		VIEW_ARG(k->domain));
	struct dns_session *s = dns_session_new(c->dns);
	const struct dns_answer *got = ask(s, name);
	struct view txt[DNS_ANSWER_RRS], fault;
	bool testing;
	size_t n = 0;

	printf("%.*s: ", VIEW_ARG(name));
	if (!got || got->status == DNS_TEMPFAIL) {
		printf("not known: the DNS did not answer (%s)\n", got ? got->why : "timeout");
		c->unknown = true;
	} else {
		for (; n < got->n && n < DNS_ANSWER_RRS; n++)
			txt[n] = got->rr[n].text;
		fault = key_check_records(k->key, txt, n, &testing, c->arena);
		if (fault.p)
			printf("WRONG: %.*s\n", VIEW_ARG(fault));
		else
			printf("fits%s\n", testing ? "; t=y in it: some will not count the signature" : "");
		c->misfit |= fault.p != NULL;
	}
	dns_session_free(s);
}

static int
check_all(struct assembly *a, const struct sign_table *t, struct view domain)
{
	struct checking c = {.dns = a->dns, .arena = a->arena};
	const struct sign_key *key;
	size_t n = domain.p ? sign_table_find(t, domain, &key) : sign_table_all(t, &key);

	if (n == 0) {
		fprintf(stderr, "postern dkim-key: %s has no key%s%.*s\n", a->conf->dkim_keys,
			domain.p ? " for " : "", VIEW_ARG(domain));
		return EX_CONFIG;
	}
	for (size_t i = 0; i < n; i++)
		check(&c, &key[i]);
	return c.misfit ? 1 : c.unknown ? EX_TEMPFAIL : EX_OK;
}

int
key_check_run(const char *conf, struct view domain)
{
	const struct assembly_reading what = {.conf = conf};
	struct assembly a;
	int status = EX_CONFIG;
	char why[500];

	if (assembly_settings(&a, &what) && !a.conf->dkim_keys)
		fprintf(stderr, "postern dkim-key: %s: dkim-keys is not set: nothing is signed\n", conf);
	else if (a.conf)
		a.sign = sign_table_load(NULL, a.conf->dkim_keys, a.diag);
	if (a.sign && assembly_dns_live(&a, why, sizeof(why)))
		status = check_all(&a, a.sign, domain);
	else if (a.sign)
		fprintf(stderr, "postern dkim-key: %s\n", why);
	diag_show(a.diag, stderr);
	assembly_done(&a);
	return status;
}
