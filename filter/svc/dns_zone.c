/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/dns_zone.h"

#include <errno.h>
#include <ldns/ldns.h>
#include <stdlib.h>

#include "svc/dns/dns_name.h"
#include "util/buf.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/map.h"

enum { TTL_DEFAULT = 3600 };

/* What is known of a name. One without records is there because of a name below it. */
struct node {
	ldns_rr_list *rrs;
	const char *fail_any; /* constants; NULL = does not fail */
	const char *fail[64]; /* by type, for those below 64 */
};

struct zone {
	struct dns_backend backend; /* first: a zone is one */
	struct map *nodes;          /* by the text of the name */
};

static const struct {
	const char *word, *why;
} failures[] = {{"servfail", "SERVFAIL"}, {"timeout", "timeout"}};

static void *
must(void *p)
{
	if (!p)
		log_die("out of memory");
	return p;
}

/* ---- answering ---- */

/* RFC 4592 section 3.3.1: the name itself, else the wildcard below its closest encloser. */
static const struct node *
find(const struct zone *z, struct view name)
{
	char text[DNS_NAME_TEXT + 2];
	struct node *n = map_get(z->nodes, name);
	struct view up = name;

	if (n)
		return n;
	do
		up = dns_name_parent(up);
	while (up.n && !map_get(z->nodes, up));
	snprintf(text, sizeof(text), up.n ? "*.%.*s" : "*", VIEW_ARG(up));
	return map_get(z->nodes, view_str(text));
}

static const ldns_rr *
first_of(const struct node *n, ldns_rr_type type)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(n->rrs); i++)
		if (ldns_rr_get_type(ldns_rr_list_rr(n->rrs, i)) == type)
			return ldns_rr_list_rr(n->rrs, i);
	return NULL;
}

static ldns_rdf *
to_rdf(struct view name)
{
	char text[DNS_NAME_TEXT + 1];

	snprintf(text, sizeof(text), "%.*s.", VIEW_ARG(name));
	return must(ldns_dname_new_frm_str(text));
}

/* Copies the node's records of this type, under the name that was asked (a wildcard's is another).
 */
static bool
push(ldns_pkt *p, const struct node *n, struct view name, ldns_rr_type type)
{
	bool any = false;

	for (size_t i = 0; i < ldns_rr_list_rr_count(n->rrs); i++) {
		ldns_rr *rr = ldns_rr_list_rr(n->rrs, i);

		if (ldns_rr_get_type(rr) != type)
			continue;
		rr = must(ldns_rr_clone(rr));
		ldns_rdf_deep_free(ldns_rr_owner(rr));
		ldns_rr_set_owner(rr, to_rdf(name));
		ldns_pkt_push_rr(p, LDNS_SECTION_ANSWER, rr);
		any = true;
	}
	return any;
}

/* RFC 2308 section 3. */
static void
push_soa(ldns_pkt *p, const struct zone *z, struct view name)
{
	for (; name.p; name = dns_name_parent(name)) {
		const struct node *n = map_get(z->nodes, name);
		const ldns_rr *soa = n ? first_of(n, LDNS_RR_TYPE_SOA) : NULL;

		if (!soa)
			continue;
		ldns_pkt_push_rr(p, LDNS_SECTION_AUTHORITY, must(ldns_rr_clone(soa)));
		return;
	}
}

/* Fills the packet; returns why it cannot, or NULL. */
static const char *
resolve(const struct zone *z, ldns_pkt *p, struct view name, ldns_rr_type type)
{
	char text[DNS_NAME_TEXT];

	for (int links = 0; links <= DNS_CNAMES; links++) {
		const struct node *n = find(z, name);
		const ldns_rr *cname = n ? first_of(n, LDNS_RR_TYPE_CNAME) : NULL;
		const ldns_rdf *to;

		if (n && (n->fail_any || (type < 64 && n->fail[type])))
			return n->fail_any ? n->fail_any : n->fail[type];
		if (n && push(p, n, name, type))
			return NULL;
		if (!cname) {
			ldns_pkt_set_rcode(p, n ? LDNS_RCODE_NOERROR : LDNS_RCODE_NXDOMAIN);
			push_soa(p, z, name);
			return NULL;
		}
		push(p, n, name, LDNS_RR_TYPE_CNAME);
		to = ldns_rr_rdf(cname, 0);
		dns_name_from_wire(view_of(ldns_rdf_data(to), ldns_rdf_size(to)), text, &name.n);
		name.p = text;
	}
	return "SERVFAIL";
}

static void
zone_ask(struct dns_backend *b, const char *name, enum dns_type type, dns_done *done, void *ctx,
	void **handle_out)
{
	const struct zone *z = (const struct zone *)b;
	struct view key = strcmp(name, ".") == 0 ? VIEW("") : view_str(name);
	ldns_pkt *p = must(
		ldns_pkt_query_new(to_rdf(key), (ldns_rr_type)type, LDNS_RR_CLASS_IN, LDNS_RD));
	const char *why = resolve(z, p, key, (ldns_rr_type)type);
	uint8_t *wire = NULL;
	size_t n = 0;

	ldns_pkt_set_qr(p, true);
	ldns_pkt_set_ra(p, true);
	*handle_out = NULL;
	if (!why && ldns_pkt2wire(&wire, p, &n) != LDNS_STATUS_OK)
		why = "SERVFAIL"; /* more than 64 KB */
	ldns_pkt_free(p);
	done(ctx, why ? view_of(NULL, 0) : view_of(wire, n), false, why);
	free(wire);
}

/* Every question has been answered when ask returns. */
static bool
zone_cancel(struct dns_backend *b, void *handle)
{
	return false;
}

static void
zone_free(struct dns_backend *b)
{
	struct zone *z = (struct zone *)b;
	struct view key;
	void *value;

	for (size_t at = 0; map_next(z->nodes, &at, &key, &value);) {
		struct node *n = value;

		ldns_rr_list_deep_free(n->rrs);
		free(n);
	}
	map_free(z->nodes);
	free(z);
}

struct dns_backend *
dns_zone_new(void)
{
	struct zone *z = must(calloc(1, sizeof(*z)));

	z->backend = (struct dns_backend){zone_ask, zone_cancel, zone_free};
	z->nodes = map_new();
	return &z->backend;
}

/* ---- loading ---- */

struct reader {
	struct zone *zone;
	const char *path;
	int line;
	uint32_t ttl;
	ldns_rdf *origin, *prev;
	char *why;
	size_t why_max;
};

static bool
bad(const struct reader *r, const char *text)
{
	snprintf(r->why, r->why_max, "%s:%d: %s", r->path, r->line, text);
	return false;
}

/* The node of a name, made with all names above it if it is new. */
static struct node *
node_of(struct zone *z, const ldns_rdf *owner)
{
	char text[DNS_NAME_TEXT];
	struct view name = {text, 0};
	struct node *n, *first = NULL;

	if (!dns_name_from_wire(view_of(ldns_rdf_data(owner), ldns_rdf_size(owner)), text, &name.n))
		return NULL;
	for (; name.p; name = dns_name_parent(name)) {
		n = map_get(z->nodes, name);
		if (!n) {
			n = must(calloc(1, sizeof(*n)));
			n->rrs = must(ldns_rr_list_new());
			map_put(z->nodes, name, n);
		}
		first = first ? first : n;
	}
	return first;
}

/* Absolute text, or relative to the origin. NULL if it is no name. */
static ldns_rdf *
name_of(const struct reader *r, struct view word)
{
	char text[DNS_NAME_TEXT + 1];
	ldns_rdf *name;

	if (view_eq_str(word, "@"))
		return ldns_rdf_clone(r->origin);
	if (word.n >= sizeof(text))
		return NULL;
	snprintf(text, sizeof(text), "%.*s", VIEW_ARG(word));
	name = ldns_dname_new_frm_str(text);
	if (name && !ldns_dname_str_absolute(text) &&
		ldns_dname_cat(name, r->origin) != LDNS_STATUS_OK) {
		ldns_rdf_deep_free(name);
		return NULL;
	}
	return name;
}

/* The next word of the line, absent at its end or at a comment. */
static struct view
next_word(struct view *line)
{
	size_t n = 0;
	struct view word;

	*line = view_trim(*line);
	while (n < line->n && !view_is_space(line->p[n]) && line->p[n] != ';')
		n++;
	word = n ? view_head(*line, n) : view_of(NULL, 0);
	*line = view_skip(*line, n);
	return word;
}

/* The type of a word as "A" or "txt"; 0 if it is none that $FAIL can name. */
static unsigned
type_of(struct view word)
{
	char text[16];
	unsigned type;

	if (word.n >= sizeof(text))
		return 0;
	snprintf(text, sizeof(text), "%.*s", VIEW_ARG(word));
	type = (unsigned)ldns_get_rr_type_by_name(text);
	return type < 64 ? type : 0;
}

/* "$FAIL" NAME [ TYPE ] ( "servfail" / "timeout" ) */
static bool
read_fail(const struct reader *r, struct view line)
{
	struct view name = next_word(&line), type = next_word(&line), kind = next_word(&line);
	const char *why = NULL;
	unsigned t = 0;
	ldns_rdf *owner;
	struct node *n;

	if (!kind.p) {
		kind = type;
		type = view_of(NULL, 0);
	}
	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++)
		if (view_is(kind, failures[i].word))
			why = failures[i].why;
	if (!why || next_word(&line).p || (type.p && (t = type_of(type)) == 0))
		return bad(r, "expected: $FAIL NAME [TYPE] servfail|timeout");
	owner = name_of(r, name);
	n = owner ? node_of(r->zone, owner) : NULL;
	ldns_rdf_deep_free(owner);
	if (!n)
		return bad(r, "not a domain name");
	*(t ? &n->fail[t] : &n->fail_any) = why;
	return true;
}

static void
set_origin(struct reader *r, struct view word)
{
	ldns_rdf *origin = word.p ? name_of(r, word) : NULL;

	if (!origin)
		return; /* the main reader will complain */
	ldns_rdf_deep_free(r->origin);
	r->origin = origin;
}

/* Reads the $FAIL lines and copies the text without them, so that line numbers hold. */
static bool
take_fails(struct reader *r, struct view text, struct buf *out)
{
	struct view line;

	for (r->line = 1; view_split(&text, '\n', &line); r->line++) {
		struct view rest = line, word = next_word(&rest);

		if (word.p && view_is(word, "$FAIL")) {
			if (!read_fail(r, rest))
				return false;
		} else {
			buf_add(out, line);
		}
		if (word.p && view_is(word, "$ORIGIN"))
			set_origin(r, next_word(&rest));
		buf_byte(out, '\n');
	}
	return true;
}

/* Takes rr. */
static bool
add(const struct reader *r, ldns_rr *rr)
{
	struct node *n = node_of(r->zone, ldns_rr_owner(rr));

	if (!n || ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN || !ldns_rr_list_push_rr(n->rrs, rr)) {
		ldns_rr_free(rr);
		return bad(r, n ? "only class IN is served" : "not a domain name");
	}
	return true;
}

/* Where the record after offset at begins: past blank and comment lines; counts those passed. (ldns
 * counts too, but runs ahead over blank lines.) */
static size_t
find_record(struct reader *r, struct view text, size_t at, size_t from)
{
	bool comment = false;

	for (; at < text.n; at++) {
		char c = text.p[at];

		comment = c != '\n' && (comment || c == ';');
		if (at >= from && !comment && !view_is_space(c))
			break;
		r->line += c == '\n';
	}
	return at;
}

static bool
read_records(struct reader *r, struct view text, FILE *f)
{
	size_t at = 0;

	for (r->line = 1; !feof(f);) {
		ldns_rr *rr = NULL;
		ldns_status st;

		at = find_record(r, text, at, (size_t)ftell(f));
		st = ldns_rr_new_frm_fp_l(&rr, f, &r->ttl, &r->origin, &r->prev, NULL);
		switch (st) {
		case LDNS_STATUS_OK:
			if (!add(r, rr))
				return false;
			break;
		case LDNS_STATUS_SYNTAX_EMPTY:
		case LDNS_STATUS_SYNTAX_TTL:
		case LDNS_STATUS_SYNTAX_ORIGIN:
			break;
		case LDNS_STATUS_SYNTAX_INCLUDE:
			return bad(r, "$INCLUDE is not supported");
		default:
			return bad(r, ldns_get_errorstr_by_id(st));
		}
	}
	return true;
}

static void
reader_restart(struct reader *r)
{
	ldns_rdf_deep_free(r->origin);
	ldns_rdf_deep_free(r->prev);
	r->origin = must(ldns_dname_new_frm_str("."));
	r->prev = NULL;
	r->ttl = TTL_DEFAULT;
}

int
dns_zone_read(struct dns_backend *b, struct view text, const char *path, char *why, size_t n)
{
	struct reader r = {.zone = (struct zone *)b, .path = path, .why = why, .why_max = n};
	struct buf plain;
	FILE *f = NULL;
	bool ok;

	buf_init(&plain, DNS_ZONE_FILE_MAX + 1);
	reader_restart(&r);
	ok = take_fails(&r, text, &plain);
	if (ok && (plain.over || memchr(text.p, '\0', text.n)))
		ok = bad(&r, plain.over ? "file too large" : "a NUL byte: not a text file");
	reader_restart(&r);
	if (ok && plain.n) {
		f = must(fmemopen(plain.p, plain.n, "r"));
		ok = read_records(&r, buf_view(&plain), f);
		fclose(f);
	}
	ldns_rdf_deep_free(r.origin);
	ldns_rdf_deep_free(r.prev);
	buf_done(&plain);
	return ok ? 0 : -1;
}

int
dns_zone_load(struct dns_backend *b, const char *path, char *why, size_t n)
{
	struct buf text;
	char block[16384];
	FILE *f = fopen(path, "re");
	size_t got;
	int rc = -1;

	buf_init(&text, DNS_ZONE_FILE_MAX);
	if (f)
		while (!text.over && (got = fread(block, 1, sizeof(block), f)) > 0)
			buf_add(&text, view_of(block, got));
	if (!f || ferror(f))
		snprintf(why, n, "%s: %s", path, strerror(errno));
	else if (text.over)
		snprintf(why, n, "%s: larger than %d bytes", path, DNS_ZONE_FILE_MAX);
	else
		rc = dns_zone_read(b, buf_view(&text), path, why, n);
	if (f)
		fclose(f);
	buf_done(&text);
	return rc;
}
