/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/parser/parser_dnsbl.h"

#include "util/cidr.h"

enum { LIMIT_MAX = 1000000000 };

/* ---- codes ---- */

static uint32_t
host_order(const struct ip *ip)
{
	return (uint32_t)ip->b[0] << 24 | (uint32_t)ip->b[1] << 16 | (uint32_t)ip->b[2] << 8 |
		ip->b[3];
}

/* IPV4 [ "-" INT ]: the number is that of the last octet. */
static bool
code_range(struct view v, struct dnsbl_match *m)
{
	size_t dash = view_find(v, '-');
	uint64_t last;
	struct ip ip;

	if (!ip_parse(view_head(v, dash), &ip) || ip.family != 4)
		return false;
	last = ip.b[3];
	if (dash < v.n && (!view_number(view_skip(v, dash + 1), 255, &last) || last < ip.b[3]))
		return false;
	m->kind = DNSBL_RANGE;
	m->low = host_order(&ip);
	m->high = (m->low & 0xffffff00) | (uint32_t)last;
	return true;
}

/* code = IPV4 [ "-" INT ] | NETWORK | "bit" INT */
static struct ast_code *
code(struct reader *r)
{
	struct ast_code *c = arena_new_of(r->arena, struct ast_code);
	bool host_bits = false;
	uint64_t bit;

	c->at = r->now.at;
	if (reader_take_word(r, "bit")) {
		c->match.kind = DNSBL_BIT;
		reader_number(r, "a bit of the last octet, 1 to 255", 255, &bit);
		c->match.bit = (uint32_t)bit;
		if (bit == 0 && !r->failed)
			reader_fail_at(r, &c->at, NULL, "bit 0 is never set");
		return c;
	}
	if (!reader_at(r, TOKEN_WORD)) {
		reader_expected(r, "a return code", NULL);
	} else if (!code_range(r->now.text, &c->match)) {
		c->match.kind = DNSBL_NET;
		if (!cidr_parse(r->now.text, &c->match.net, &host_bits) || host_bits ||
			c->match.net.net.family != 4)
			reader_fail(r, "write 127.0.0.2, 127.0.0.4-7, 127.0.1.0/24 or bit 8",
				"%s is not a return code", reader_shown(r, &r->now));
	}
	reader_skip(r);
	return c;
}

/* code { "," code }, behind those that are there */
static void
codes(struct reader *r, struct ast_code **last)
{
	while (*last)
		last = &(*last)->next;
	do {
		*last = code(r);
		last = &(*last)->next;
	} while (reader_take_punct(r, ','));
}

/* ---- dnsbl ---- */

struct dnsbl_clauses {
	struct ast_dnsbl *dnsbl;
	struct ast_dnsbl_code **last; /* where the next code goes */
	struct ast_code *last_error;
};

static void
clause_code(struct reader *r, struct dnsbl_clauses *c)
{
	struct ast_dnsbl_code *k = arena_new_of(r->arena, struct ast_dnsbl_code);

	k->name = *reader_name(r, "a code name");
	codes(r, &k->codes);
	*c->last = k;
	c->last = &k->next;
}

static void
clause_error(struct reader *r, struct dnsbl_clauses *c)
{
	struct ast_code **from = c->last_error ? &c->last_error->next : &c->dnsbl->errors;

	codes(r, from);
	for (c->last_error = *from; c->last_error->next;)
		c->last_error = c->last_error->next;
}

static void
clause_timeout(struct reader *r, struct dnsbl_clauses *c)
{
	uint64_t ms;

	c->dnsbl->timeout = reader_duration(r, "a duration such as 3s", &ms);
	if (!r->failed && (ms == 0 || ms > 60 * 1000))
		reader_fail_at(r, &c->dnsbl->timeout->at, NULL,
			"a DNS list is waited for at most 60s");
	c->dnsbl->timeout_ms = (uint32_t)ms;
}

/* "test-entry" ( WORD "absent" WORD | "none" ) */
static void
clause_test(struct reader *r, struct dnsbl_clauses *c)
{
	struct ast_word *first = reader_word(r, "an entry that is listed, or 'none'");

	if (view_eq_str(first->text, "none") && !reader_at_word(r, "absent")) {
		c->dnsbl->test_none = first;
		return;
	}
	c->dnsbl->test_listed = first;
	reader_keyword(r, "absent", "'absent' and an entry that is not listed");
	c->dnsbl->test_absent = reader_word(r, "an entry that is not listed");
}

/* "limit" INT "per" DURATION */
static void
clause_limit(struct reader *r, struct dnsbl_clauses *c)
{
	c->dnsbl->limit = reader_number(r, "a number of queries", LIMIT_MAX, &c->dnsbl->limit_n);
	reader_keyword(r, "per", "'per' and a period such as 1d");
	reader_seconds(r, "a period such as 1d", &c->dnsbl->limit_seconds);
}

/* DOMAIN may hold "{secret:NAME}" */
static void
clause_zone(struct reader *r, struct dnsbl_clauses *c)
{
	c->dnsbl->zone = reader_at(r, TOKEN_STRING) ? reader_keep(r) : reader_word(r, "a domain");
}

static void
clause_lookup(struct reader *r, struct dnsbl_clauses *c)
{
	c->dnsbl->lookup = reader_word(r, "a fact");
}

enum { ZONE, LOOKUP, CODE, ERROR, TIMEOUT, TEST_ENTRY, LIMIT, CLAUSES };
static const char clause_words[] = "zone lookup code error timeout test-entry limit";
static void (*const clause_forms[CLAUSES])(struct reader *, struct dnsbl_clauses *) = {
	[ZONE] = clause_zone,
	[LOOKUP] = clause_lookup,
	[CODE] = clause_code,
	[ERROR] = clause_error,
	[TIMEOUT] = clause_timeout,
	[TEST_ENTRY] = clause_test,
	[LIMIT] = clause_limit,
};

/* dnsbl = "dnsbl" NAME { clause } */
void
parser_dnsbl(struct reader *r, struct ast_statement *s)
{
	struct dnsbl_clauses c = {.dnsbl = arena_new_of(r->arena, struct ast_dnsbl)};
	struct ast_word *word;
	unsigned said = 0;

	c.last = &c.dnsbl->codes;
	s->dnsbl = c.dnsbl;
	s->name = *reader_name(r, "a DNS list name");
	while (!r->failed && !reader_at(r, TOKEN_END)) {
		int k;

		reader_clause(r);
		k = reader_choice(r, "zone, lookup, code, error, timeout, test-entry or limit",
			"unknown dnsbl clause", clause_words, &word);
		if (k < 0)
			return;
		if (k != CODE && k != ERROR && said & 1u << k)
			reader_fail_at(r, &word->at, NULL, "a dnsbl has one '%.*s'",
				VIEW_ARG(word->text));
		said |= 1u << k;
		clause_forms[k](r, &c);
	}
	if (!s->change && (!c.dnsbl->zone || !c.dnsbl->lookup))
		reader_fail_at(r, &s->name.at, NULL, "dnsbl '%.*s' needs zone and lookup",
			VIEW_ARG(s->name.text));
}

/* ---- rates ---- */

static struct ast_word *
fact(struct reader *r)
{
	return reader_word(r, "a fact");
}

/* rate = "rate" NAME ( "messages" | "recipients" | "connections" | "bytes" | "rejects" )
 *        "by" FACT { "," FACT } "per" DURATION */
void
parser_dnsbl_rate(struct reader *r, struct ast_statement *s)
{
	static const char counts[] = "messages recipients connections bytes rejects";
	struct ast_rate *rate = arena_new_of(r->arena, struct ast_rate);
	int count;

	s->rate = rate;
	s->name = *reader_name(r, "a rate name");
	if (!s->change || !(reader_at_word(r, "by") || reader_at_word(r, "per"))) {
		count = reader_choice(r, "what to count", "cannot count", counts, &rate->what);
		rate->count = count < 0 ? AST_MESSAGES : (enum ast_count)count;
	}
	if (!s->change || reader_at_word(r, "by")) {
		reader_keyword(r, "by", "'by' and a fact");
		rate->by = reader_list(r, fact);
	}
	if (!s->change || reader_at_word(r, "per")) {
		reader_keyword(r, "per", "'per' and a period such as 1h");
		rate->per = reader_seconds(r, "a period such as 1h", &rate->seconds);
	}
}
