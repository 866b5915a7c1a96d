/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/dmarc/dmarc_target.h"

#include "mail/dmarc/dmarc_query.h"
#include "util/clock.h"

enum { WAIT_MS = 60000 }; /* for all answers about one destination */

struct finder {
	struct dns_session *dns;
	struct view domain;
	struct arena *arena;
	dmarc_target_say *say;
	void *ctx;
	struct dmarc_targets *out;
	struct view txt[DNS_ANSWER_RRS]; /* of the answer that is looked at */
};

static struct dmarc_answer
ask(void *ctx, struct view name, bool txt)
{
	static const enum dmarc_status statuses[] = {[DNS_FOUND] = DMARC_ANSWER_FOUND,
		[DNS_NONE] = DMARC_ANSWER_NONE, [DNS_TEMPFAIL] = DMARC_ANSWER_TEMPFAIL};
	struct finder *f = ctx;
	const struct dns_answer *got = dns_ask(f->dns, name, txt ? DNS_TXT : DNS_A);
	struct dmarc_answer a = {.status = DMARC_ANSWER_PENDING, .txt = f->txt};

	if (!got)
		return a;
	a.status = statuses[got->status];
	a.nxdomain = got->nxdomain;
	a.why = got->why;
	for (; txt && a.n < got->n && a.n < DNS_ANSWER_RRS; a.n++)
		f->txt[a.n] = got->rr[a.n].text;
	return a;
}

static enum dmarc_status
org_of(struct finder *f, struct view domain, struct view *org_out)
{
	int64_t deadline = clock_mono_ms() + WAIT_MS;
	enum dmarc_status status;

	while ((status = dmarc_query_org(domain, ask, f, org_out)) == DMARC_ANSWER_PENDING)
		if (!dns_wait(f->dns, deadline))
			return DMARC_ANSWER_TEMPFAIL;
	return status;
}

/* Is the destination of the same organization? */
static enum dmarc_status
same_organization(struct finder *f, struct view destination)
{
	struct view a, b;
	enum dmarc_status status;

	if (view_eq_nocase(f->domain, destination))
		return DMARC_ANSWER_FOUND;
	status = org_of(f, f->domain, &a);
	if (status == DMARC_ANSWER_FOUND)
		status = org_of(f, destination, &b);
	if (status != DMARC_ANSWER_FOUND)
		return status;
	return view_eq_nocase(a, b) ? DMARC_ANSWER_FOUND : DMARC_ANSWER_NONE;
}

static void
add(struct finder *f, const struct dmarc_rua *r)
{
	for (size_t i = 0; i < f->out->n; i++)
		if (view_eq(f->out->item[i].address, r->address))
			return;
	if (f->out->n == DMARC_TARGETS)
		f->say(f->ctx, r->address, "one destination too many");
	else
		f->out->item[f->out->n++] = *r;
}

/* Step 9: the owner of the destination may name another address of the same host; any other host there
 * means that nobody gets a report. */
static void
add_overriding(struct finder *f, const struct dmarc_rua *asked, struct view list)
{
	struct view rest = list;
	struct dmarc_rua r;
	enum dmarc_rua_end end;

	while ((end = dmarc_rua_next(&rest, f->arena, &r)) != DMARC_RUA_END)
		if (end == DMARC_RUA_BAD || !view_eq(r.domain, asked->domain)) {
			f->say(f->ctx, asked->address, "it is redirected to another host, or to no address");
			return;
		}
	while (dmarc_rua_next(&list, f->arena, &r) == DMARC_RUA_OK)
		add(f, &r);
}

/* Steps 6 to 9, over the TXT records at the name. */
static void
take_permission(struct finder *f, const struct dmarc_rua *asked, const struct dmarc_answer *a)
{
	struct dmarc_record one;
	struct view override = {NULL, 0};
	bool allowed = false;

	for (size_t i = 0; i < a->n; i++)
		if (dmarc_record_read(a->txt[i], &one)) {
			allowed = true;
			override = override.p ? override : one.rua;
		}
	if (!allowed)
		f->say(f->ctx, asked->address, "its domain does not allow reports about this one");
	else if (override.p)
		add_overriding(f, asked, override);
	else
		add(f, asked);
}

static void
put_off(struct finder *f, const struct dmarc_rua *asked)
{
	f->say(f->ctx, asked->address, "put off: the DNS did not say whether its domain allows it");
	f->out->put_off++;
}

static struct view
permission_name(const struct finder *f, const struct dmarc_rua *asked)
{
	return arena_printf(f->arena, "%.*s._report._dmarc.%.*s", VIEW_ARG(f->domain),
		VIEW_ARG(asked->domain));
}

/* Destinations whose name servers are silent are waited for together: a stranger's record may name ten. */
static void
ask_ahead(struct finder *f, struct view rua)
{
	enum dmarc_rua_end end;
	struct dmarc_rua r;

	for (size_t i = 0; i < DMARC_TARGETS; i++) {
		end = dmarc_rua_next(&rua, f->arena, &r);
		if (end == DMARC_RUA_END)
			return;
		if (end == DMARC_RUA_BAD || view_eq_nocase(f->domain, r.domain))
			continue;
		dmarc_query_start(r.domain, ask, f);
		(void)ask(f, permission_name(f, &r), true);
	}
}

static void
verify(struct finder *f, const struct dmarc_rua *asked)
{
	int64_t deadline = clock_mono_ms() + WAIT_MS;
	struct view name = permission_name(f, asked);
	struct dmarc_answer a;

	while ((a = ask(f, name, true)).status == DMARC_ANSWER_PENDING)
		if (!dns_wait(f->dns, deadline)) {
			put_off(f, asked);
			return;
		}
	if (a.status == DMARC_ANSWER_TEMPFAIL)
		put_off(f, asked);
	else
		take_permission(f, asked, &a); /* an impossible name has no records */
}

void
dmarc_target_find(struct dns *dns, struct view domain, struct view rua, struct arena *a,
	dmarc_target_say *say, void *ctx, struct dmarc_targets *out)
{
	struct finder f = {.dns = dns_session_new(dns), .domain = domain, .arena = a, .say = say, .ctx = ctx,
		.out = out};
	enum dmarc_rua_end end;
	struct dmarc_rua r;

	*out = (struct dmarc_targets){.n = 0};
	ask_ahead(&f, rua);
	for (size_t i = 0; (end = dmarc_rua_next(&rua, a, &r)) != DMARC_RUA_END; i++) {
		enum dmarc_status same;

		if (end == DMARC_RUA_BAD || i >= DMARC_TARGETS) {
			say(ctx, r.address, i >= DMARC_TARGETS ? "one destination too many"
				: "not a mailto: URI with a plain address");
			continue;
		}
		same = same_organization(&f, r.domain);
		if (same == DMARC_ANSWER_FOUND)
			add(&f, &r);
		else if (same == DMARC_ANSWER_NONE)
			verify(&f, &r);
		else
			put_off(&f, &r);
	}
	dns_session_free(f.dns);
}
