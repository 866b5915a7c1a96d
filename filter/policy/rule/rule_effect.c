/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_effect.h"

#include "policy/rule/rule_status.h"
#include "policy/rule/rule_text.h"

bool
rule_effect_is_terminal(enum effect_kind k)
{
	return k <= EFFECT_GREYLIST;
}

/* ---- trust ---- */

static const char *
claimed_names(struct rule_check *c)
{
	struct view out = VIEW("");

	for (size_t i = 0; i < c->finding->n_claimed; i++)
		out = arena_printf(c->set->arena, "%.*s%s%.*s", VIEW_ARG(out), i ? ", " : "",
			VIEW_ARG(c->finding->claimed[i]));
	return arena_cstr(c->set->arena, out);
}

void
rule_effect_grant(struct rule_check *c, const struct place *at, const char *what, const char *hint)
{
	if (c->finding->verified)
		return;
	if (c->finding->n_claimed)
		diag_warn(c->set->diag, at, "spoofable", hint,
			"%s is granted on facts the sender controls (%s)", what, claimed_names(c));
	else if (c->finding->by_result)
		diag_warn(c->set->diag, at, "spoofable", hint,
			"%s is granted for what is not proved, as of every stranger", what);
}

/* ---- stages ---- */

static bool
check_at_kind(struct rule_check *c, const struct ast_effect *e)
{
	bool possible = rule_effect_is_terminal(e->kind) || e->kind == EFFECT_TARPIT;

	if (e->kind == EFFECT_GREYLIST && e->stage != STAGE_RCPT)
		possible = false;
	if (e->kind == EFFECT_DISCARD && e->stage < STAGE_RCPT)
		possible = false;
	if (!possible)
		diag_error(c->set->diag, &e->stage_word->at, "leave out 'at'",
			"%s is not possible 'at %s'", effect_name(e->kind), stage_name(e->stage));
	return possible;
}

/* Before MAIL nobody has logged in, so a rule for strangers would meet our own users too. */
static void
check_at(struct rule_check *c, const struct ast_effect *e)
{
	const struct rule_finding *f = c->finding;

	if (!check_at_kind(c, e))
		return;
	if (e->stage < f->stage)
		diag_error(c->set->diag, &e->stage_word->at, NULL,
			"'at %s' is too early: the condition needs %.*s, known at '%s'",
			stage_name(e->stage), VIEW_ARG(f->latest), stage_name(f->stage));
	else if (e->stage <= STAGE_HELO && c->rule->rule->scope == SCOPE_INBOUND)
		diag_error(c->set->diag, &e->stage_word->at,
			"write 'scope any' if it shall meet your own users too, or leave out 'at'",
			"'at %s' is too early for an inbound rule: who logs in is known at 'mail'",
			stage_name(e->stage));
}

static void
check_stage(struct rule_check *c, const struct ast_effect *e, const struct rule_skip *skip)
{
	bool greylists = e->kind == EFFECT_GREYLIST || (e->kind == EFFECT_SKIP && skip->greylist);

	if (e->window && e->seconds >= e->window)
		diag_error(c->set->diag, &e->at, NULL,
			"the window must be longer than the wait: no retry could pass");
	if (greylists && c->finding->stage > STAGE_RCPT)
		diag_error(c->set->diag, &e->at, NULL,
			"greylisting happens at rcpt, but this condition needs %.*s, known at '%s'",
			VIEW_ARG(c->finding->latest), stage_name(c->finding->stage));
	else if (e->stage_word)
		check_at(c, e);
}

/* When the text is needed: with the reply, or with the finished message. */
static enum stage
text_stage(const struct rule_check *c, const struct ast_effect *e)
{
	if (e->kind == EFFECT_TAG || e->kind == EFFECT_QUARANTINE || e->kind == EFFECT_ADD_HEADER)
		return STAGE_END;
	if (e->stage_word)
		return e->stage;
	return c->finding->stage > STAGE_RCPT ? c->finding->stage : STAGE_RCPT;
}

/* ---- skip ---- */

static void
skip_one(struct rule_check *c, const struct ast_word *w, struct rule_skip *out)
{
	const struct group_def *g = name_table_find(&c->set->groups, w->text);
	struct suggest s;

	if (view_eq_str(w->text, "greylist")) {
		out->greylist = true;
	} else if (view_eq_str(w->text, "score")) {
		out->score = true;
	} else if (g) {
		out->group[out->n_group++] = g->index;
	} else if (!rule_set_retired(c->set, "group", w)) {
		suggest_init(&s, w->text);
		suggest_try(&s, VIEW("greylist"));
		suggest_try(&s, VIEW("score"));
		name_table_suggest(&c->set->groups, &s);
		diag_error(c->set->diag, &w->at, suggest_hint(&s, c->set->arena),
			"nothing called '%.*s' to skip", VIEW_ARG(w->text));
	}
}

struct rule_skip
rule_effect_skip(struct rule_check *c, const struct ast_word *names)
{
	struct rule_skip out = {0};
	size_t n = 0;

	for (const struct ast_word *w = names; w; w = w->next)
		n++;
	out.group = arena_array(c->set->arena, n, sizeof(*out.group));
	for (const struct ast_word *w = names; w; w = w->next)
		skip_one(c, w, &out);
	return out;
}

/* ---- one effect ---- */

/* What the settings leave no room for. */
static void
warn_vain(struct rule_check *c, const struct ast_effect *e)
{
	const struct program_options *o = c->set->options;

	if (!c->emit)
		return;
	if (e->kind == EFFECT_TARPIT && o->milter)
		diag_warn(c->set->diag, &e->at, "tarpit", NULL,
			"a milter would hold a process of the MTA: it does not, the tarpit is ignored");
	if (e->kind == EFFECT_GREYLIST && o->greylist_cap && e->seconds > o->greylist_cap)
		diag_warn(c->set->diag, &e->at, "greylist-cap",
			"shorten the wait, or raise greylist-cap in postern.conf",
			"nobody waits so long: greylist-cap ends the wait after %u seconds", o->greylist_cap);
}

static void
read_effect(struct rule_check *c, const struct ast_effect *e, struct effect *out)
{
	struct rule_skip skip = rule_effect_skip(c, e->skip);

	check_stage(c, e, &skip);
	rule_text_check(c, e->text, text_stage(c, e));
	*out = (struct effect){.kind = e->kind,
		.at = e->stage_word ? (int)e->stage : -1,
		.seconds = e->seconds,
		.window = e->window,
		.life = e->life,
		.skip_greylist = skip.greylist,
		.skip_score = skip.score,
		.skip_group = skip.group,
		.n_skip_group = skip.n_group};
	out->reply.code = e->code_n;
	if (e->enhanced)
		out->reply.enhanced = e->enhanced->text;
	else if (e->kind == EFFECT_REJECT || e->kind == EFFECT_REJECT_ALWAYS || e->kind == EFFECT_DEFER)
		out->reply.enhanced = rule_status_of(c->rule->rule->when, e->kind != EFFECT_DEFER);
	if (e->text)
		out->reply.text = e->text->text;
	if (e->header)
		out->header = e->header->text;
	warn_vain(c, e);
	if (e->kind == EFFECT_ACCEPT || e->kind == EFFECT_SKIP)
		rule_effect_grant(c, &e->at, effect_name(e->kind),
			"also require spf = pass, dkim.aligned, dmarc = pass, auth.user is present "
			"or a client.* fact");
}

/* Fields of which a message has one at most (RFC 5322 3.6, RFC 2045), and those that tell what we or
 * others found. A name that ends in "-" stands for all that begin so; Received too, for Received-SPF. */
static bool
is_taken(struct view name)
{
	static const char *const names[] = {"X-Spam-", "X-Postern-", "Authentication-Results",
		"DKIM-Signature", "ARC-", "From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Message-ID",
		"In-Reply-To", "References", "Subject", "Date", "MIME-Version", "Content-"};
	bool taken = view_starts_nocase(name, "Received");

	for (size_t i = 0; !taken && i < sizeof(names) / sizeof(*names); i++) {
		struct view one = view_str(names[i]);

		taken = view_ends_nocase(one, VIEW("-")) ? view_starts_nocase(name, names[i])
							 : view_eq_nocase(name, one);
	}
	return taken;
}

/* RFC 5322 2.2: a field name is printable ASCII without colon. */
static void
check_header_name(struct rule_check *c, const struct ast_word *w)
{
	bool ok = w->text.n > 0 && w->text.n <= 76;

	for (size_t i = 0; ok && i < w->text.n; i++)
		ok = w->text.p[i] > ' ' && w->text.p[i] < 0x7f && w->text.p[i] != ':';
	if (!ok)
		diag_error(c->set->diag, &w->at, NULL, "'%.*s' is not the name of a header field",
			VIEW_ARG(view_head(w->text, 80)));
	else if (is_taken(w->text))
		diag_error(c->set->diag, &w->at, "add a field of a name of your own, such as X-Example",
			"a rule cannot add a field '%.*s'", VIEW_ARG(w->text));
}

/* What an outage has refused for good does not come again. */
static void
warn_outage(struct rule_check *c, const struct ast_effect *e)
{
	bool lost = e->kind == EFFECT_REJECT || e->kind == EFFECT_REJECT_ALWAYS || e->kind == EFFECT_DISCARD;

	if (lost && c->emit)
		diag_warn(c->set->diag, &e->at, "outage", "write 'if unknown defer'",
			"in an outage this loses mail for good: unknown says nothing about it");
}

static void
read_score(struct rule_check *c, const struct ast_score *score, struct rule *out)
{
	if (!score)
		return;
	out->has_score = true;
	out->score = score->hundredths;
	if (c->finding->reads_score)
		diag_error(c->set->diag, &score->at, NULL,
			"a rule that reads 'score' cannot add to it");
	if (score->hundredths < 0)
		rule_effect_grant(
			c, &score->at, "a negative score", "also require an authenticated fact");
}

void
rule_effect_read(struct rule_check *c, struct rule *out)
{
	const struct ast_rule *r = c->rule->rule;
	struct effect *effects, *unknown;
	size_t n = 0;

	for (const struct ast_effect *e = r->effects; e; e = e->next)
		n++;
	effects = arena_array(c->set->arena, n, sizeof(*effects));
	for (const struct ast_effect *e = r->effects; e; e = e->next) {
		if (e->header)
			check_header_name(c, e->header);
		read_effect(c, e, &effects[out->n_effects++]);
	}
	out->effects = effects;
	if (r->if_unknown && !c->finding->retired) {
		unknown = arena_new_of(c->set->arena, struct effect);
		read_effect(c, r->if_unknown, unknown);
		warn_outage(c, r->if_unknown);
		if (!r->if_unknown->enhanced)
			unknown->reply.enhanced = rule_status_unknown(unknown->reply.enhanced);
		out->if_unknown = unknown;
	}
	read_score(c, r->score, out);
}
