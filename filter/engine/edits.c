/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which header fields of strangers go, and which of ours come. A stranger's Authentication-Results with
 * our id (RFC 8601 section 5), Received-SPF with our name and X-Spam-* fields would be believed by whoever
 * reads them behind us.
 */
#include "engine/fate.h"
#include "engine/rcpt_list.h"
#include "engine/signing.h"
#include "engine/state.h"
#include "engine/tag_text.h"
#include "policy/sign_table.h"
#include "mail/authres.h"
#include "mail/domain.h"
#include "mail/received_spf.h"
#include "util/limits.h"

enum { RECEIVED_SPF_MAX = 8192, STATUS_TESTS = 40, LEVEL_MAX_STARS = 50, ADDED_MAX = 16,
	ADDED_TEXT_MAX = 900 /* RFC 5322 2.1.1: a line has at most 998 bytes */ };

/* As those may read it who trust our id: in any spelling of a domain name. A field without an id that can
 * be read says nothing to anybody but a careless reader. */
bool
edits_is_ours(const struct session *s, struct view value)
{
	struct view ours = s->e->o.settings->authserv_id, id = authres_id(value, s->message);
	struct view name = domain_normal(id, s->message);

	return !id.p || view_eq_nocase(id, ours) ||
		(name.p && view_eq(name, domain_normal(ours, s->message)));
}

/* Where we write none, another program of this host may. */
static bool
claims_spf(const struct session *s, struct view value)
{
	const struct settings *o = s->e->o.settings;

	return o->received_spf && received_spf_is_of(value, o->hostname, s->message);
}

static const struct ours {
	const char *name;
	bool (*claims_us)(const struct session *s, struct view value); /* NULL: whatever it says */
} ours[] = {{"Authentication-Results", edits_is_ours}, {"Received-SPF", claims_spf}, {"X-Spam-Flag", NULL},
	{"X-Spam-Score", NULL}, {"X-Spam-Status", NULL}, {"X-Spam-Level", NULL}, {"X-Postern-Dry-Run", NULL}};
enum { OURS = sizeof(ours) / sizeof(*ours) };

/* ---- strangers' fields ---- */

static void
delete_nth(struct session *s, struct view name, size_t nth)
{
	struct transaction *t = s->t;

	if (t->n_deletes == HEADER_COUNT_MAX) {
		t->flooded = true; /* refused at the end: what cannot be removed must not pass */
		return;
	}
	if (t->n_deletes == t->cap_deletes) {
		size_t cap = t->cap_deletes ? t->cap_deletes * 2 : 8;
		struct edit_header *more = arena_array(s->message, cap, sizeof(*more));

		if (t->n_deletes)
			memcpy(more, t->deletes, t->n_deletes * sizeof(*more));
		t->deletes = more;
		t->cap_deletes = cap;
	}
	t->deletes[t->n_deletes++] = (struct edit_header){EDIT_DELETE, name, {0}, nth};
}

bool
edits_trusts(const struct session *s)
{
	return s->relayed || (s->ip.family && list_has_ip(s->e->program->own_nets, &s->ip));
}

/* Mail from our own networks, perhaps sent in a second time by a content filter, keeps what the first
 * pass found; of a relay's, what claims to be ours by name goes as well (RFC 8601 section 5). */
bool
edits_is_strange(const struct session *s)
{
	return s->ip.family && !edits_trusts(s);
}

/* A relay keeps what strangers wrote in our name, unless it writes under that name itself. */
static bool
relay_has_our_id(const struct session *s)
{
	const struct settings *o = s->e->o.settings;

	for (size_t i = 0; i < o->n_trusted_ids; i++)
		if (view_eq_nocase(o->trusted_ids[i], o->authserv_id))
			return true;
	return false;
}

static bool
goes(const struct session *s, const struct ours *o, struct view value)
{
	bool by_relay = s->relayed && o->claims_us && !relay_has_our_id(s);

	return (edits_is_strange(s) || by_relay) && (!o->claims_us || o->claims_us(s, value));
}

void
edits_see(struct session *s, struct view name, struct view value, bool *strip_out)
{
	*strip_out = false;
	for (size_t i = 0; i < OURS; i++) {
		struct seen_name *seen = &s->t->seen[i];

		if (!view_is(name, ours[i].name))
			continue;
		if (++seen->count > HEADER_COUNT_MAX) {
			s->t->flooded = true; /* each costs memory to look at */
			return;
		}
		*strip_out = goes(s, &ours[i], value);
		if (*strip_out)
			delete_nth(s, view_str(ours[i].name), seen->count);
		return;
	}
}

/* ---- our fields ---- */

static void
add(struct edit_header *h, size_t *n, const char *name, struct view value)
{
	if (*n < ADDED_MAX)
		h[(*n)++] = (struct edit_header){EDIT_ADD, view_str(name), value, 0};
}

static struct view
authres(struct session *s)
{
	struct authres_result *r = arena_array(s->message, REPORTS_MAX, sizeof(*r));
	size_t n = reports_collect(s, r, REPORTS_MAX);
	struct buf b;
	struct view v;

	buf_init(&b, AUTHRES_MAX);
	authres_write(&b, s->e->o.settings->authserv_id, r, n);
	v = arena_copy(s->message, buf_view(&b));
	buf_done(&b);
	return v;
}

/* One field for each identity that was judged, the sender's on top. */
static void
add_spf(struct session *s, const struct reports *from, struct edit_header *h, size_t *n)
{
	const struct check_envelope *e = &s->t->envelope;
	struct received_spf r = {.helo = s->t->client.helo, .receiver = s->e->o.settings->hostname,
		.envelope_from = e->null_sender ? VIEW("") : e->has_from ? e->from.text : e->from_raw};
	char ip[IP_TEXT_MAX];
	struct buf b;

	if (s->t->client.ip) {
		ip_format(s->t->client.ip, ip);
		r.client_ip = view_str(ip);
	}
	for (const struct report *p = from->first; p; p = p->next) {
		if (!view_eq_str(p->result.method, "spf"))
			continue;
		r.result = p->result.result;
		r.problem = p->result.reason;
		r.mechanism = p->result.mechanism;
		r.identity =
			view_eq_str(p->result.prop[0].name, "smtp.helo") ? VIEW("helo") : VIEW("mailfrom");
		buf_init(&b, RECEIVED_SPF_MAX);
		received_spf_write(&b, &r);
		add(h, n, "Received-SPF", arena_copy(s->message, buf_view(&b)));
		buf_done(&b);
	}
}

static struct view
points(struct session *s, int32_t score)
{
	int32_t v = score < 0 ? -score : score;

	return arena_printf(s->message, "%s%d.%d", score < 0 && v >= 5 ? "-" : "", (v + 5) / 100,
		(v + 5) / 10 % 10);
}

/* The form that SpamAssassin's users and their sieve scripts know. */
static struct view
status(struct session *s, const struct judgement *j)
{
	const struct program *p = s->e->program;
	struct arena *a = s->message;
	struct view tests = VIEW(""), text = tag_text(s, j);
	size_t n = 0;

	for (size_t i = 0; i < j->n_fired && n < STATUS_TESTS; i++) {
		if (j->fired[i].trial)
			continue;
		tests = arena_printf(a, "%.*s%s%.*s", VIEW_ARG(tests), n == 0 ? "" : n % 4 ? "," : ",\n\t",
			VIEW_ARG(p->rules[j->fired[i].rule].name));
		n++;
	}
	return arena_printf(a, "%s, score=%.*s required=%.*s\n\ttests=%.*s\n\tid=%s%s%.*s",
		j->tagged ? "Yes" : "No", VIEW_ARG(points(s, j->score)),
		VIEW_ARG(j->has_tag_at ? points(s, j->tag_at) : VIEW("none")),
		VIEW_ARG(n ? tests : VIEW("none")), s->t->id, text.n ? "\n\treason=" : "", VIEW_ARG(text));
}

static struct view
stars(struct session *s, int32_t score)
{
	static const char all[] = "**************************************************";
	int32_t n = score / 100;

	return arena_printf(s->message, "%.*s", n < 0 ? 0 : n > LEVEL_MAX_STARS ? LEVEL_MAX_STARS : n, all);
}

static void
add_spam_fields(struct session *s, const struct judgement *j, struct edit_header *h, size_t *n)
{
	if (j->score >= 100)
		add(h, n, "X-Spam-Level", stars(s, j->score));
	add(h, n, "X-Spam-Status", status(s, j));
	add(h, n, "X-Spam-Score", points(s, j->score));
	if (j->tagged)
		add(h, n, "X-Spam-Flag", VIEW("YES"));
}

/* `add header` of the rules that fired. */
static void
add_rule_fields(struct session *s, const struct judgement *j, struct edit_header *h, size_t *n)
{
	const struct program *p = s->e->program;
	struct program_eval e = {.program = p, .fact = values_seen, .ctx = s, .memo = s->t->scratch};

	for (size_t i = 0; i < j->n_fired; i++) {
		const struct rule *r = &p->rules[j->fired[i].rule];
		struct program_names names = {r->name, s->t->queue_id, j->score};

		for (size_t k = 0; !j->fired[i].trial && !j->fired[i].by_unknown && k < r->n_effects; k++)
			if (r->effects[k].kind == EFFECT_ADD_HEADER && *n < ADDED_MAX)
				h[(*n)++] = (struct edit_header){EDIT_ADD, r->effects[k].header,
					program_text(&e, r->effects[k].reply.text, &names,
						ADDED_TEXT_MAX, s->message), 0};
	}
}

static struct view
would(struct session *s, const struct judgement *j)
{
	if (fate_refuses(j->kind))
		return arena_printf(s->message, "would %s %.*s", verdict_name(j->kind),
			VIEW_ARG(smtp_reply_line(&j->reply, s->message)));
	return arena_printf(s->message, "would %s%s (score %.*s) [%s]", verdict_name(j->kind),
		j->tagged ? " and tag" : "", VIEW_ARG(points(s, j->score)), s->t->id);
}

/* From the last to the first, so that a deletion does not move those that follow. */
static void
deletes(struct session *s, struct edit_header *out, size_t *n)
{
	for (size_t i = s->t->n_deletes; i-- > 0;)
		out[(*n)++] = s->t->deletes[i];
}

static void
drops(struct session *s)
{
	struct transaction *t = s->t;
	size_t max = t->n_rcpt + t->n_withdrawn;
	struct view *drop = arena_array(s->message, max + 1, sizeof(*drop));

	for (const struct withdrawn *w = t->withdrawn; w; w = w->next)
		drop[t->edits.n_drop++] = w->raw;
	for (size_t i = 0; i < t->n_rcpt; i++)
		if (t->rcpt[i].dropped)
			drop[t->edits.n_drop++] = t->rcpt[i].raw;
	t->edits.drop_rcpt = drop;
}

void
edits_make(struct session *s, const struct judgement *j)
{
	struct transaction *t = s->t;
	const struct settings *o = s->e->o.settings;
	struct edit_header *h = arena_array(s->message, t->n_deletes + ADDED_MAX + SIGN_TABLE_KEYS,
		sizeof(*h));
	size_t n = 0;

	t->edits = (struct edits){.header = h};
	if (o->dry_run) {
		add(h, &n, "X-Postern-Dry-Run", would(s, j));
		t->edits.n_headers = n;
		return;
	}
	if (j->kind == VERDICT_ACCEPT || j->kind == VERDICT_QUARANTINE) {
		deletes(s, h, &n);
		h += n;
		t->edits.n_headers = n;
		n = 0;
		add_rule_fields(s, j, h, &n);
		if (o->spam_headers && (!s->outbound || j->tagged))
			add_spam_fields(s, j, h, &n);
		if (o->authres && !s->outbound)
			add(h, &n, "Authentication-Results", authres(s));
		if (o->received_spf && !s->outbound) {
			add_spf(s, &s->reports, h, &n);
			add_spf(s, &s->t->reports, h, &n);
		}
		n += signing_fields(s, h + n);
		t->edits.n_headers += n;
		drops(s);
	}
}
