/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/dns/dns_packet.h"

#include <ldns/ldns.h>

#include "svc/dns/dns_name.h"
#include "util/limits.h"

enum { HEADER = 12, TTL_MAX = 0x7fffffff };

const char *
dns_packet_rcode(int rcode)
{
	const ldns_lookup_table *row = ldns_lookup_by_id(ldns_rcodes, rcode);

	return row ? row->name : "RCODE";
}

static struct view
rdf_view(const ldns_rdf *f)
{
	return view_of(ldns_rdf_data(f), ldns_rdf_size(f));
}

/* RFC 2181 section 8: a TTL with the top bit set is 0. */
static uint32_t
rr_ttl(const ldns_rr *rr)
{
	uint32_t ttl = ldns_rr_ttl(rr);

	return ttl > TTL_MAX ? 0 : ttl;
}

static uint32_t
least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static bool
read_name(const ldns_rdf *f, struct arena *a, struct view *out)
{
	char text[DNS_NAME_TEXT];
	size_t n;

	if (!dns_name_from_wire(rdf_view(f), text, &n))
		return false;
	*out = arena_copy(a, view_of(text, n));
	return true;
}

/* An IPv4-mapped address is IPv4 everywhere (util/cidr.h). */
static bool
read_ip(const ldns_rdf *f, size_t size, struct ip *out)
{
	static const char mapped[12] = "\0\0\0\0\0\0\0\0\0\0\xff\xff";
	struct view v = rdf_view(f);

	if (v.n != size)
		return false;
	if (v.n == 16 && memcmp(v.p, mapped, sizeof(mapped)) == 0)
		v = view_skip(v, sizeof(mapped));
	*out = (struct ip){.family = v.n == 4 ? 4 : 6};
	memcpy(out->b, v.p, v.n);
	return true;
}

/* RFC 7208 3.3, RFC 6376 3.6.2.2: the strings are joined without blanks. */
static void
read_txt(const ldns_rr *rr, struct arena *a, struct view *out)
{
	size_t n = 0, room = 0;
	char *text;

	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++)
		room += ldns_rdf_size(ldns_rr_rdf(rr, i));
	room = room < DNS_TXT_MAX ? room : DNS_TXT_MAX;
	text = arena_alloc(a, room);
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		struct view string = view_skip(rdf_view(ldns_rr_rdf(rr, i)), 1);

		string = view_head(string, room - n);
		memcpy(text + n, string.p, string.n);
		n += string.n;
	}
	*out = view_of(text, n);
}

static bool
read_rr(const ldns_rr *rr, enum dns_type type, struct arena *a, struct dns_rr *out)
{
	size_t fields = ldns_rr_rd_count(rr);
	const ldns_rdf *first = fields ? ldns_rr_rdf(rr, 0) : NULL;

	*out = (struct dns_rr){.priority = 0};
	if (!first)
		return false;
	switch (type) {
	case DNS_A:
		return read_ip(first, 4, &out->ip);
	case DNS_AAAA:
		return read_ip(first, 16, &out->ip);
	case DNS_NS:
	case DNS_PTR:
		return read_name(first, a, &out->name);
	case DNS_MX:
		if (fields < 2 || ldns_rdf_size(first) != 2)
			return false;
		out->priority = ldns_rdf2native_int16(first);
		return read_name(ldns_rr_rdf(rr, 1), a, &out->name);
	case DNS_TXT:
		read_txt(rr, a, &out->text);
		return true;
	}
	return false;
}

/* Whether the message is an answer to this question; else *why_out says what it is. */
static bool
is_reply(const ldns_pkt *p, struct view name, enum dns_type type, const char **why_out)
{
	const ldns_rr_list *asked = ldns_pkt_question(p);
	char text[DNS_NAME_TEXT];
	const ldns_rr *q;
	size_t n;
	int rcode = ldns_pkt_get_rcode(p);

	*why_out = "malformed";
	if (!ldns_pkt_qr(p) || ldns_rr_list_rr_count(asked) != 1)
		return false;
	q = ldns_rr_list_rr(asked, 0);
	if (!dns_name_from_wire(rdf_view(ldns_rr_owner(q)), text, &n) ||
		!view_eq(view_of(text, n), name) || ldns_rr_get_type(q) != (ldns_rr_type)type)
		return false;
	if (rcode != LDNS_RCODE_NOERROR && rcode != LDNS_RCODE_NXDOMAIN) {
		*why_out = dns_packet_rcode(rcode);
		return false;
	}
	*why_out = ldns_pkt_tc(p) ? "truncated" : NULL;
	return !*why_out;
}

static const ldns_rr *
find_cname(const ldns_rr_list *l, const ldns_rdf *owner)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(l); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(l, i);

		if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_CNAME && ldns_rr_rd_count(rr) == 1 &&
			ldns_dname_compare(ldns_rr_owner(rr), owner) == 0)
			return rr;
	}
	return NULL;
}

/* False if a record is broken. ans->rr has room for DNS_ANSWER_RRS. */
static bool
collect(const ldns_rr_list *l, const ldns_rdf *owner, enum dns_type type, struct arena *a,
	struct dns_answer *ans)
{
	struct dns_rr *rrs = arena_array(a, DNS_ANSWER_RRS, sizeof(*rrs));

	ans->rr = rrs;
	for (size_t i = 0; i < ldns_rr_list_rr_count(l) && ans->n < DNS_ANSWER_RRS; i++) {
		const ldns_rr *rr = ldns_rr_list_rr(l, i);

		if (ldns_rr_get_type(rr) != (ldns_rr_type)type ||
			ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN ||
			ldns_dname_compare(ldns_rr_owner(rr), owner) != 0)
			continue;
		if (!read_rr(rr, type, a, &rrs[ans->n]))
			return false;
		ans->n++;
		ans->ttl = least(ans->ttl, rr_ttl(rr));
	}
	return true;
}

/* RFC 2308 section 5: the lesser of the SOA's TTL and its MINIMUM field. */
static uint32_t
negative_ttl(const ldns_pkt *p)
{
	const ldns_rr_list *l = ldns_pkt_authority(p);

	for (size_t i = 0; i < ldns_rr_list_rr_count(l); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(l, i);

		if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA && ldns_rr_rd_count(rr) == 7)
			return least(rr_ttl(rr), ldns_rdf2native_int32(ldns_rr_rdf(rr, 6)));
	}
	return 0;
}

/* Fills ans; returns why it cannot, or NULL. */
static const char *
follow(const ldns_pkt *p, enum dns_type type, struct arena *a, struct dns_answer *ans)
{
	const ldns_rr_list *l = ldns_pkt_answer(p);
	const ldns_rdf *name = ldns_rr_owner(ldns_rr_list_rr(ldns_pkt_question(p), 0));
	const ldns_rr *cname;

	ans->ttl = TTL_MAX;
	for (int links = 0; (cname = find_cname(l, name)); links++) {
		if (links == DNS_CNAMES)
			return "CNAME chain";
		ans->ttl = least(ans->ttl, rr_ttl(cname));
		name = ldns_rr_rdf(cname, 0);
	}
	if (!collect(l, name, type, a, ans))
		return "malformed";
	if (ans->n)
		return NULL;
	ans->status = DNS_NONE;
	ans->nxdomain = ldns_pkt_get_rcode(p) == LDNS_RCODE_NXDOMAIN;
	ans->ttl = least(ans->ttl, negative_ttl(p));
	return NULL;
}

struct dns_reply *
dns_packet_parse(struct view packet, struct view name, enum dns_type type)
{
	struct dns_answer ans = {.status = DNS_FOUND};
	struct arena *a;
	struct dns_reply *r;
	ldns_pkt *p = NULL;
	const char *why;

	if (packet.n < HEADER || packet.n > LDNS_MAX_PACKETLEN ||
		ldns_wire2pkt(&p, (const uint8_t *)packet.p, packet.n) != LDNS_STATUS_OK)
		return dns_reply_fail("malformed");
	a = arena_new();
	if (is_reply(p, name, type, &why))
		why = follow(p, type, a, &ans);
	r = why ? dns_reply_fail(why) : dns_reply_new(&ans);
	arena_free(a);
	ldns_pkt_free(p);
	return r;
}
