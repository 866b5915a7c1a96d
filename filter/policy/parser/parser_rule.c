/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/parser/parser_rule.h"

#include "policy/parser/parser_expr.h"
#include "policy/suggest.h"

/* ---- effects ---- */

/* CODE: three digits. Whether it suits the verb is told here, where the caret can be put. */
static bool
is_code(struct view v)
{
	uint64_t n;

	return v.n == 3 && view_number(v, 999, &n) && n >= 200;
}

/* ENHANCED-CODE = class "." 1*3DIGIT "." 1*3DIGIT (RFC 3463 section 2) */
static bool
is_enhanced(struct view v)
{
	struct view rest = v, part;
	uint64_t n;
	int parts = 0;

	while (view_split(&rest, '.', &part)) {
		if (part.n > 3 || !view_number(part, 999, &n))
			return false;
		parts++;
	}
	return parts == 3 && v.p[1] == '.' && (v.p[0] == '2' || v.p[0] == '4' || v.p[0] == '5');
}

static void
check_class(struct reader *r, const struct ast_effect *e, const struct ast_word *w)
{
	bool defer = e->kind == EFFECT_DEFER;
	char want = defer ? '4' : '5', got = w->text.p[0];
	const char *verb = defer ? "defer" : "reject";
	const char *other = got == '4' ? "defer" : got == '5' ? "reject" : NULL;

	if (r->failed || got == want)
		return;
	if (w == e->enhanced && e->code && e->code->text.p[0] != want)
		return; /* one mistake, and it is told */
	diag_error(r->diag, &w->at,
		other ? arena_printf(r->arena, "use '%s' for %.*s", other, VIEW_ARG(w->text)).p
		      : NULL,
		"%s needs a %c%s code, not %.*s", verb, want, w->text.n == 3 ? "xx" : ".x.x",
		VIEW_ARG(w->text));
}

/* reply = [ CODE ] [ ENHANCED-CODE ] [ STRING ] */
static void
reply(struct reader *r, struct ast_effect *e)
{
	uint64_t n = 0;

	if (reader_at(r, TOKEN_WORD) && is_code(r->now.text)) {
		view_number(r->now.text, 999, &n);
		e->code_n = (int)n;
		e->code = reader_keep(r);
		check_class(r, e, e->code);
	}
	if (reader_at(r, TOKEN_WORD) && is_enhanced(r->now.text)) {
		e->enhanced = reader_keep(r);
		check_class(r, e, e->enhanced);
	}
	if (reader_at(r, TOKEN_STRING))
		e->text = reader_keep(r);
}

struct ast_word *
parser_rule_skip(struct reader *r)
{
	return reader_name(r, "greylist, score or a group name");
}

static void
effect_reject(struct reader *r, struct ast_effect *e)
{
	if (reader_take_word(r, "always"))
		e->kind = EFFECT_REJECT_ALWAYS;
	reply(r, e);
}

static void
effect_text(struct reader *r, struct ast_effect *e)
{
	if (reader_at(r, TOKEN_STRING))
		e->text = reader_keep(r);
}

static void
effect_greylist(struct reader *r, struct ast_effect *e)
{
	if (reader_at(r, TOKEN_WORD) && view_is_digit(r->now.text.p[0]))
		reader_seconds(r, "a duration such as 10m", &e->seconds);
	if (reader_take_word(r, "window"))
		reader_seconds(r, "a duration such as 12h", &e->window);
	if (reader_take_word(r, "life"))
		reader_seconds(r, "a duration such as 60d", &e->life);
}

static void
effect_tarpit(struct reader *r, struct ast_effect *e)
{
	reader_seconds(r, "a duration such as 20s", &e->seconds);
}

static void
effect_header(struct reader *r, struct ast_effect *e)
{
	reader_keyword(r, "header", "'header' after 'add'");
	e->header = reader_string(r, "a header name");
	e->text = reader_string(r, "a value");
}

static void
effect_skip(struct reader *r, struct ast_effect *e)
{
	e->skip = reader_list(r, parser_rule_skip);
}

/* effect = "accept" | "reject" [ "always" ] reply | "defer" reply | "discard"
 *        | "quarantine" [ STRING ]
 *        | "greylist" [ DURATION ] [ "window" DURATION ] [ "life" DURATION ] | "tarpit" DURATION
 *        | "tag" [ STRING ] | "add" "header" STRING STRING | "skip" NAME { "," NAME } */
static const struct effect_form {
	const char *word;
	enum effect_kind kind;
	void (*rest)(struct reader *, struct ast_effect *);
} effects[] = {
	{"accept", EFFECT_ACCEPT, NULL},
	{"reject", EFFECT_REJECT, effect_reject},
	{"defer", EFFECT_DEFER, reply},
	{"discard", EFFECT_DISCARD, NULL},
	{"quarantine", EFFECT_QUARANTINE, effect_text},
	{"greylist", EFFECT_GREYLIST, effect_greylist},
	{"tarpit", EFFECT_TARPIT, effect_tarpit},
	{"tag", EFFECT_TAG, effect_text},
	{"add", EFFECT_ADD_HEADER, effect_header},
	{"skip", EFFECT_SKIP, effect_skip},
};
#define EFFECT_WORDS "accept reject defer discard quarantine greylist tarpit tag add skip"

static const struct effect_form *
effect_form(struct view word)
{
	for (size_t i = 0; i < sizeof(effects) / sizeof(*effects); i++)
		if (view_eq_str(word, effects[i].word))
			return &effects[i];
	return NULL;
}

bool
parser_rule_effect(struct view name, enum effect_kind *out)
{
	const struct effect_form *f = effect_form(name);

	if (view_eq_str(name, "skip-greylist"))
		*out = EFFECT_SKIP;
	else if (f && f->kind != EFFECT_SKIP && f->kind != EFFECT_ADD_HEADER)
		*out = f->kind;
	else
		return false;
	return true;
}

static void
effect_at(struct reader *r, struct ast_effect *e)
{
	if (!reader_take_word(r, "at"))
		return;
	reader_choice(r, "a stage", "unknown stage", "connect helo mail rcpt data header body end",
		&e->stage_word);
	stage_parse(e->stage_word->text, &e->stage);
	if (r->failed || !reader_at(r, TOKEN_STRING) || (e->kind != EFFECT_REJECT && e->kind != EFFECT_DEFER))
		return;
	/* the rule is clear all the same: what else is wrong with it is told in the same run */
	diag_error(r->diag, &r->now.at, "the text stands before 'at'", "unexpected %s after the stage",
		reader_shown(r, &r->now));
	e->text = reader_keep(r);
}

static struct ast_effect *
effect(struct reader *r)
{
	struct ast_effect *e = arena_new_of(r->arena, struct ast_effect);
	const struct effect_form *f = effect_form(r->now.text);

	e->at = r->now.at;
	e->kind = f->kind;
	reader_skip(r);
	if (f->rest)
		f->rest(r, e);
	return e;
}

/* ---- clauses ---- */

struct clauses {
	struct ast_rule *rule;
	struct ast_effect **last; /* where the next effect goes */
	bool change;
};

static bool
once(struct reader *r, const void *said, const char *word, const char *hint)
{
	if (said)
		reader_fail(r, hint, "a rule has one '%s'", word);
	return !said;
}

/* The word itself is still to be read, so that the caret stands under it. */
static void
condition(struct reader *r, struct ast_expr **out, const char *word)
{
	if (!once(r, *out, word, "join the conditions with 'and' / 'or'"))
		return;
	reader_skip(r);
	*out = parser_expr(r);
}

static void
clause_when(struct reader *r, struct clauses *c)
{
	if (c->change)
		reader_fail(r, "'unless' adds an exception; or disable the rule and write another",
			"the 'when' of a rule cannot be changed");
	condition(r, &c->rule->when, "when");
}

static void
clause_unless(struct reader *r, struct clauses *c)
{
	condition(r, &c->rule->unless, "unless");
}

static void
clause_score(struct reader *r, struct clauses *c)
{
	struct ast_score *s = arena_new_of(r->arena, struct ast_score);

	if (!once(r, c->rule->score, "score", NULL))
		return;
	reader_skip(r);
	s->hundredths = reader_score(r, &s->at);
	c->rule->score = s;
}

static void
clause_if(struct reader *r, struct clauses *c)
{
	if (!once(r, c->rule->if_unknown, "if unknown", NULL))
		return;
	reader_skip(r);
	if (reader_at(r, TOKEN_WORD) && !reader_at_word(r, "unknown"))
		reader_fail(r, "conditions go after 'when'",
			"only 'if unknown ACTION' is possible here");
	reader_keyword(r, "unknown", "'unknown' after 'if'");
	if (reader_at(r, TOKEN_WORD) && effect_form(r->now.text))
		c->rule->if_unknown = effect(r);
	else
		reader_choice(r, "an action", "unknown action", EFFECT_WORDS, NULL);
}

static void
clause_group(struct reader *r, struct clauses *c)
{
	if (!once(r, c->rule->group, "group", NULL))
		return;
	reader_skip(r);
	c->rule->group = reader_name(r, "a group name");
}

/* In the order of enum scope. */
static void
clause_scope(struct reader *r, struct clauses *c)
{
	int scope;

	if (!once(r, c->rule->scope_word, "scope", NULL))
		return;
	reader_skip(r);
	scope = reader_choice(r, "inbound, outbound or any", "unknown scope",
		"inbound outbound any", &c->rule->scope_word);
	c->rule->scope = scope < 0 ? SCOPE_INBOUND : (enum scope)scope;
}

static void
clause_info(struct reader *r, struct clauses *c)
{
	if (!once(r, c->rule->info, "info", NULL))
		return;
	reader_skip(r);
	c->rule->info = reader_string(r, "a description");
}

static void
clause_trial(struct reader *r, struct clauses *c)
{
	struct ast_rule *rule = c->rule;
	bool trial = reader_at_word(r, "trial");

	if (rule->trial || rule->enforce)
		reader_fail(r, NULL, "a rule has one 'trial' or 'enforce'");
	*(trial ? &rule->trial : &rule->enforce) = reader_keep(r);
}

/* clause = "when" expr | "unless" expr | "score" SCORE | effect [ "at" STAGE ]
 *        | "if" "unknown" effect | "group" NAME | "scope" ( "inbound" | "outbound" | "any" )
 *        | "info" STRING | "trial" | "enforce" */
static const struct {
	const char *word;
	void (*read)(struct reader *, struct clauses *);
} clause_forms[] = {
	{"when", clause_when},
	{"unless", clause_unless},
	{"score", clause_score},
	{"if", clause_if},
	{"group", clause_group},
	{"scope", clause_scope},
	{"info", clause_info},
	{"trial", clause_trial},
	{"enforce", clause_trial},
};
#define CLAUSE_WORDS "when unless score if group scope info trial enforce " EFFECT_WORDS

const char *
parser_rule_clauses(void)
{
	return CLAUSE_WORDS;
}

static void
unknown_clause(struct reader *r, const struct clauses *c)
{
	const char *hint = suggest_words(r->now.text, CLAUSE_WORDS, r->arena);

	if (!hint && c->rule->when)
		hint = "join conditions with 'and' or 'or'";
	reader_fail(r, hint, "%s is not a clause of a rule", reader_shown(r, &r->now));
}

static void
clause(struct reader *r, struct clauses *c)
{
	reader_clause(r);
	if (effect_form(r->now.text)) {
		*c->last = effect(r);
		effect_at(r, *c->last);
		c->last = &(*c->last)->next;
		return;
	}
	for (size_t i = 0; i < sizeof(clause_forms) / sizeof(*clause_forms); i++) {
		if (!reader_at_word(r, clause_forms[i].word))
			continue;
		clause_forms[i].read(r, c);
		return;
	}
	unknown_clause(r, c);
}

static void
clauses(struct reader *r, struct ast_statement *s, bool change)
{
	struct clauses c = {.rule = arena_new_of(r->arena, struct ast_rule), .change = change};

	c.last = &c.rule->effects;
	s->rule = c.rule;
	s->name = *reader_symbol(r);
	while (reader_at(r, TOKEN_WORD))
		clause(r, &c);
}

/* rule = "rule" SYMBOL { clause }, with exactly one "when" */
void
parser_rule(struct reader *r, struct ast_statement *s)
{
	clauses(r, s, false);
	if (!s->rule->when && reader_at(r, TOKEN_END))
		reader_fail_at(r, &s->name.at, NULL, "rule %.*s has no 'when'",
			VIEW_ARG(s->name.text));
}

/* change = "change" SYMBOL { clause }, without "when" */
void
parser_rule_change(struct reader *r, struct ast_statement *s)
{
	clauses(r, s, true);
}
