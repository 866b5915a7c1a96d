/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/spf/spf_libspf2.h"

#include <limits.h>
#include <netinet/in.h>
#include <spf2/spf.h>

#include "mail/spf/spf_frame.h"
#include "mail/spf/spf_opaque.h"
#include "util/log.h"

/* The sender that libspf2 is given, and the tag of the first record. */
#define FIRST "t"
#define SENDER "t@" FIRST

/* Where libspf2 asks or says what it cannot. */
#define FAILED "libspf2 failed"

/* One record that was shown. */
struct shown {
	struct spf_frame frame;
	struct shown *parent; /* the record whose term led here; NULL = the first */
	char domain[DOMAIN_MAX]; /* the target name of that term */
	struct spf_opaque opaque;
	struct view host[SPF_NAMES]; /* of the mx term at hand */
	size_t n_hosts;
};

/* On the stack: about 25 KB, of which a run uses what it shows. */
struct guard {
	struct spf_run *r;
	struct view domain;
	struct shown record[SPF_OPAQUE_RECORDS]; /* record 0 is the domain's own */
	uint8_t n;
	struct shown *at;    /* whose term is at hand */
	struct shown *last;  /* the newest that is below no include: its explanation counts */
	struct view void_of; /* the term at hand, if an answer of its was empty; else absent */
	enum spf_step stop;  /* PENDING or an error: libspf2 is to end now; else YES */
	SPF_dns_server_t layer;
};

/* One question of libspf2's: a tag and a type. */
struct question {
	struct shown *of;
	const struct spf_term *t;
	enum spf_kind shown; /* as that: INCLUDE, REDIRECT, A, MX, EXISTS */
	struct spf_opaque_tag tag;
	ns_type type;
};

/* ---- answers ---- */

static SPF_dns_rr_t *
answer(struct guard *g, ns_type type, SPF_dns_stat_t status)
{
	SPF_dns_rr_t *rr = SPF_dns_rr_new_init(&g->layer, NULL, type, 0, status);

	if (!rr)
		log_die("out of memory");
	return rr;
}

static SPF_dns_rr_t *
nothing(struct guard *g, ns_type type)
{
	return answer(g, type, NO_DATA);
}

static SPF_dns_rr_t *
stop(struct guard *g, ns_type type, enum spf_step why)
{
	g->stop = why;
	return answer(g, type, TRY_AGAIN);
}

static void
add(SPF_dns_rr_t *rr, const void *data, size_t n)
{
	if (SPF_dns_rr_buf_realloc(rr, rr->num_rr, n) != SPF_E_SUCCESS)
		log_die("out of memory");
	memcpy((void *)rr->rr[rr->num_rr++], data, n);
}

static ns_type
address_type(const struct guard *g)
{
	return g->r->q->ip.family == 4 ? ns_t_a : ns_t_aaaa;
}

static SPF_dns_rr_t *
addresses(struct guard *g, ns_type type, const struct spf_answer *got)
{
	SPF_dns_rr_t *rr = answer(g, type, NETDB_SUCCESS);

	for (size_t i = 0; i < got->n; i++) {
		struct ip ip = spf_opaque_ip(&got->ip[i], &g->r->q->ip);

		add(rr, ip.b, type == ns_t_a ? 4 : 16);
	}
	return rr;
}

/* ---- questions ---- */

/* The term before has had its last answer: its void look-up counts now (section 4.6.4). */
static enum spf_step
settle(struct guard *g)
{
	struct view text = g->void_of;

	g->void_of = view_of(NULL, 0);
	return spf_frame_count_void(g->r, text.p != NULL, text);
}

/* A term is met: counted, and its target name found. */
static enum spf_step
begin_term(struct guard *g, const struct question *q, char buf[static DOMAIN_MAX], struct view *name)
{
	enum spf_step step = settle(g);

	g->at = q->of;
	q->of->frame.rest = q->of->opaque.rest[q->tag.term];
	if (step == SPF_STEP_YES)
		step = spf_frame_count(g->r, &q->of->frame, q->t->text);
	if (step == SPF_STEP_YES)
		step = spf_run_target(g->r, q->of->frame.domain, q->t->spec, buf, name);
	return step;
}

/* The record of domain, which is shown as the next. A record is asked for the domain at hand and for
 * each counted include and redirect: there is room. */
static enum spf_step
fetch(struct guard *g, struct shown *parent, struct view domain, bool included)
{
	struct shown *s = &g->record[g->n];
	enum spf_step step;

	s->parent = parent;
	s->n_hosts = 0;
	s->frame = (struct spf_frame){.domain = domain, .included = included};
	step = spf_frame_begin(g->r, &s->frame);
	if (step != SPF_STEP_YES)
		return step;
	spf_opaque_write(
		&s->frame.record, &g->r->q->ip, g->n++, SPF_TERMS - g->r->terms, &s->opaque);
	g->at = s;
	if (!included)
		g->last = s;
	return step;
}

static SPF_dns_rr_t *
shown(struct guard *g, const struct shown *s)
{
	SPF_dns_rr_t *rr = answer(g, ns_t_txt, NETDB_SUCCESS);

	add(rr, s->opaque.text, strlen(s->opaque.text) + 1);
	return rr;
}

/* include, redirect: the record of the target name. */
static SPF_dns_rr_t *
ask_record(struct guard *g, const struct question *q)
{
	char buf[DOMAIN_MAX];
	struct view name;
	bool included = q->t->kind == SPF_TERM_INCLUDE || q->of->frame.included;
	enum spf_step step = begin_term(g, q, buf, &name);

	if (step == SPF_STEP_YES) {
		memcpy(g->record[g->n].domain, name.p, name.n);
		name.p = g->record[g->n].domain;
		step = fetch(g, q->of, name, included);
	}
	if (step == SPF_STEP_YES)
		return shown(g, g->at);
	if (step != SPF_STEP_NO)
		return stop(g, q->type, step);
	/* libspf2 makes a permerror of it */
	spf_frame_no_record(g->r, q->t->kind, q->t->text);
	return nothing(g, q->type);
}

static SPF_dns_rr_t *
ask_first_record(struct guard *g)
{
	enum spf_step step = fetch(g, NULL, g->domain, false);

	if (step == SPF_STEP_YES)
		return shown(g, g->at);
	return step == SPF_STEP_NO ? nothing(g, ns_t_txt) : stop(g, ns_t_txt, step);
}

/* ip4, ip6, all: it would not stand there if it did not fit. */
static SPF_dns_rr_t *
ask_fitting(struct guard *g, const struct question *q)
{
	enum spf_step step = settle(g);

	return step == SPF_STEP_YES ? addresses(g, q->type, &(struct spf_answer){.ip = &g->r->q->ip, .n = 1})
		: stop(g, q->type, step);
}

/* exists: what libspf2 cannot decide is decided here. */
static SPF_dns_rr_t *
ask_exists(struct guard *g, const struct question *q)
{
	char buf[DOMAIN_MAX];
	struct view name;
	bool is_void = false;
	enum spf_step step = begin_term(g, q, buf, &name);

	if (step == SPF_STEP_YES) {
		step = spf_frame_match(g->r, q->t, name, &is_void);
		if (is_void)
			g->void_of = q->t->text;
		if (step == SPF_STEP_NO)
			return nothing(g, q->type);
	}
	if (step != SPF_STEP_YES)
		return stop(g, q->type, step);
	return addresses(g, ns_t_a, &(struct spf_answer){.ip = &g->r->q->ip, .n = 1});
}

static SPF_dns_rr_t *
ask_address(struct guard *g, const struct question *q, struct view name)
{
	struct spf_answer got;

	switch (spf_run_ask(g->r, name, spf_run_address_rr(g->r), &got)) {
	case SPF_ASK_FOUND:
		return addresses(g, q->type, &got);
	case SPF_ASK_NONE:
		g->void_of = q->t->text;
		return nothing(g, q->type);
	case SPF_ASK_TEMPFAIL:
		return stop(g, q->type, spf_run_temperror(g->r, got.why, q->t->text));
	case SPF_ASK_PENDING:
		break;
	}
	return stop(g, q->type, SPF_STEP_PENDING);
}

static SPF_dns_rr_t *
ask_a(struct guard *g, const struct question *q)
{
	char buf[DOMAIN_MAX];
	struct view name;
	enum spf_step step = begin_term(g, q, buf, &name);

	return step == SPF_STEP_YES ? ask_address(g, q, name) : stop(g, q->type, step);
}

/* The names go back as tags. */
static SPF_dns_rr_t *
ask_mx(struct guard *g, const struct question *q)
{
	char buf[DOMAIN_MAX], tag[SPF_OPAQUE_TAG];
	struct view name;
	SPF_dns_rr_t *rr;
	enum spf_step step = begin_term(g, q, buf, &name);

	if (step == SPF_STEP_YES) {
		step = spf_frame_mx(g->r, q->t, name, q->of->host, &q->of->n_hosts);
		if (step == SPF_STEP_NO) {
			g->void_of = q->t->text;
			return nothing(g, q->type);
		}
	}
	if (step != SPF_STEP_YES)
		return stop(g, q->type, step);
	rr = answer(g, q->type, NETDB_SUCCESS);
	for (size_t i = 0; i < q->of->n_hosts; i++) {
		spf_opaque_tag_write(
			&(struct spf_opaque_tag){q->tag.record, q->tag.term, (int8_t)i}, tag);
		add(rr, tag, strlen(tag) + 1);
	}
	return rr;
}

/* An address of one of these names; behind one that is pending, the others are only asked for. */
static SPF_dns_rr_t *
ask_mx_address(struct guard *g, const struct question *q)
{
	SPF_dns_rr_t *rr = ask_address(g, q, q->of->host[q->tag.name]);
	struct spf_answer ignored;

	for (size_t i = (size_t)q->tag.name + 1; g->stop == SPF_STEP_PENDING && i < q->of->n_hosts; i++)
		spf_run_ask(g->r, q->of->host[i], spf_run_address_rr(g->r), &ignored);
	return rr;
}

/* libspf2 asks what it was shown, and of that type. */
static bool
read_question(struct guard *g, const char *name, ns_type type, struct question *out)
{
	struct spf_opaque_tag *tag = &out->tag;

	out->type = type;
	if (!spf_opaque_tag_read(name, tag) || tag->record >= g->n)
		return false;
	out->of = &g->record[tag->record];
	if (tag->term >= out->of->opaque.n || (tag->name >= 0 && (size_t)tag->name >= out->of->n_hosts))
		return false;
	out->t = &out->of->opaque.term[tag->term];
	out->shown = out->of->opaque.shown[tag->term];
	switch (out->shown) {
	case SPF_TERM_A:
		return tag->name < 0 && type == address_type(g);
	case SPF_TERM_MX:
		return type == (tag->name < 0 ? ns_t_mx : address_type(g));
	case SPF_TERM_EXISTS:
		return tag->name < 0 && type == ns_t_a;
	default:
		return tag->name < 0 && type == ns_t_txt;
	}
}

static SPF_dns_rr_t *
lookup(SPF_dns_server_t *layer, const char *name, ns_type type, int cache)
{
	struct guard *g = layer->hook;
	struct question q;

	if (g->stop != SPF_STEP_YES)
		return stop(g, type, g->stop);
	if (g->n == 0 && type == ns_t_txt && strcmp(name, FIRST) == 0)
		return ask_first_record(g);
	if (!read_question(g, name, type, &q))
		return stop(g, type, spf_run_temperror(g->r, FAILED, view_str(name)));
	if (!q.of->frame.included)
		g->r->mechanism = q.t->text;
	switch (q.shown) {
	case SPF_TERM_A:
		return ask_a(g, &q);
	case SPF_TERM_MX:
		return q.tag.name < 0 ? ask_mx(g, &q) : ask_mx_address(g, &q);
	case SPF_TERM_EXISTS:
		return spf_record_asks(q.t->kind) ? ask_exists(g, &q) : ask_fitting(g, &q);
	default:
		return ask_record(g, &q);
	}
}

/* ---- the run ---- */

static SPF_result_t
run(struct guard *g)
{
	char none[] = "t"; /* our own name, for the comments that it writes */
	SPF_server_t server = {.resolver = &g->layer,
		.rec_dom = none,
		.max_dns_mech = INT_MAX, /* counted here */
		.max_dns_mx = SPF_NAMES};
	const struct ip *client = &g->r->q->ip;
	struct ip shown = spf_opaque_ip(client, client);
	SPF_request_t *request = SPF_request_new(&server);
	SPF_response_t *response = NULL;
	SPF_result_t result;
	struct in_addr ip4;
	struct in6_addr ip6;

	if (!request || SPF_request_set_env_from(request, SENDER) != SPF_E_SUCCESS)
		log_die("out of memory");
	memcpy(&ip4, shown.b, sizeof(ip4));
	memcpy(&ip6, shown.b, sizeof(ip6));
	if (client->family == 4)
		SPF_request_set_ipv4(request, ip4);
	else
		SPF_request_set_ipv6(request, ip6);
	SPF_request_query_mailfrom(request, &response);
	if (!response)
		log_die("out of memory");
	result = SPF_response_result(response);
	if (SPF_response_reason(response) != SPF_REASON_MECH) /* the last that was asked did not match */
		g->r->mechanism = view_of(NULL, 0);
	SPF_response_free(response);
	SPF_request_free(request);
	return result;
}

/* A question is pending: what the records at hand were granted is asked, innermost first. */
static enum spf_result
pending(struct guard *g)
{
	for (struct shown *s = g->at; s; s = s->parent)
		spf_frame_ask_ahead(g->r, &s->frame);
	return SPF_PENDING;
}

static enum spf_result
verdict(struct guard *g, SPF_result_t result)
{
	switch (result) {
	case SPF_RESULT_NONE:
		return SPF_NONE;
	case SPF_RESULT_NEUTRAL:
		return SPF_NEUTRAL;
	case SPF_RESULT_PASS:
		return SPF_PASS;
	case SPF_RESULT_SOFTFAIL:
		return SPF_SOFTFAIL;
	case SPF_RESULT_FAIL:
		if (g->last)
			return spf_frame_fail(g->r, &g->last->frame);
		break;
	case SPF_RESULT_PERMERROR:
		if (g->r->why)
			return SPF_PERMERROR;
		break;
	default:
		break;
	}
	spf_run_temperror(g->r, FAILED, g->r->macro.origin);
	return SPF_TEMPERROR;
}

enum spf_result
spf_libspf2_domain(struct spf_run *r, struct view domain)
{
	struct guard g;
	SPF_result_t result;

	g.r = r;
	g.domain = domain;
	g.n = 0;
	g.at = g.last = NULL;
	g.void_of = view_of(NULL, 0);
	g.stop = SPF_STEP_YES;
	g.layer = (SPF_dns_server_t){.lookup = lookup, .name = "postern", .hook = &g};
	result = run(&g);
	if (g.stop == SPF_STEP_PENDING)
		return pending(&g);
	if (settle(&g) != SPF_STEP_YES || g.stop == SPF_STEP_PERMERROR)
		return SPF_PERMERROR;
	return g.stop == SPF_STEP_YES ? verdict(&g, result) : SPF_TEMPERROR;
}
