/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/parser/parser.h"

#include <stdlib.h>

#include "policy/parser/parser_case.h"
#include "policy/parser/parser_dnsbl.h"
#include "policy/parser/parser_expr.h"
#include "policy/parser/parser_list.h"
#include "policy/parser/parser_rule.h"
#include "policy/source.h"
#include "policy/suggest.h"

enum { LANGUAGE = 1 };

/* ---- small statements ---- */

/* "language" INT */
static void
language(struct reader *r, struct ast_statement *s)
{
	uint64_t version;

	s->name = *reader_number(r, "a language version", 1000, &version);
	if (!r->failed && version != LANGUAGE)
		reader_fail_at(r, &s->name.at, NULL, "language %u is not known here; this is %d",
			(unsigned)version, LANGUAGE);
}

/* "include" STRING */
static void
include(struct reader *r, struct ast_statement *s)
{
	s->name = *reader_string(r, "a file name");
}

/* disable = "disable" SYMBOL { "," SYMBOL } */
static void
disable(struct reader *r, struct ast_statement *s)
{
	s->disable = reader_list(r, reader_symbol);
}

/* level = ( "greylist" | "tag" | "quarantine" | "reject" | "early-reject" )
 *         ( SCORE [ STRING ] | "off" ) */
static struct ast_level *
level(struct reader *r)
{
	struct ast_level *l = arena_new_of(r->arena, struct ast_level);
	int i;

	l->at = r->now.at;
	i = reader_choice(r, "greylist, tag, quarantine, reject or early-reject", "no threshold",
		"greylist tag quarantine reject early-reject", NULL);
	l->level = i < 0 ? LEVEL_GREYLIST : (enum level)i;
	l->score_at = r->now.at;
	l->off = reader_take_word(r, "off");
	if (l->off)
		return l;
	l->score = reader_score(r, &l->score_at);
	if (reader_at(r, TOKEN_STRING))
		l->text = reader_keep(r);
	return l;
}

/* level { "," level }, behind those that are there */
static void
levels(struct reader *r, struct ast_level **last)
{
	while (*last)
		last = &(*last)->next;
	do {
		*last = level(r);
		last = &(*last)->next;
	} while (reader_take_punct(r, ','));
}

static void
threshold(struct reader *r, struct ast_statement *s)
{
	levels(r, &s->threshold);
}

/* group = "group" NAME "max" SCORE */
static void
group(struct reader *r, struct ast_statement *s)
{
	s->max = arena_new_of(r->arena, struct ast_score);
	s->name = *reader_name(r, "a group name");
	reader_keyword(r, "max", "'max' and a score");
	s->max->hundredths = reader_score(r, &s->max->at);
	if (!r->failed && s->max->hundredths < 0)
		reader_fail_at(r, &s->max->at, "a group caps the sum of its scores, and 0 drops it",
			"the maximum of a group cannot be below 0");
}

/* ---- policies ---- */

static void
append(struct ast_word **last, struct ast_word *words)
{
	while (*last)
		last = &(*last)->next;
	*last = words;
}

static void
policy_clause(struct reader *r, struct ast_policy *p)
{
	static const char severest[] = "accept tag greylist defer"; /* as enum at_most */
	int i;

	reader_clause(r);
	if (reader_take_word(r, "threshold")) {
		levels(r, &p->levels);
	} else if (reader_take_word(r, "disable")) {
		append(&p->disable, reader_list(r, reader_symbol));
	} else if (reader_take_word(r, "skip")) {
		append(&p->skip, reader_list(r, parser_rule_skip));
	} else if (!p->at_most_word && reader_take_word(r, "at-most")) {
		i = reader_choice(r, "accept, tag, greylist or defer", "a policy has no at-most",
			severest, &p->at_most_word);
		p->at_most = i < 0 ? AT_MOST_ACCEPT : (enum at_most)i;
	} else {
		reader_fail(r,
			suggest_words(r->now.text, "threshold disable skip at-most", r->arena),
			"%s is not a clause of a policy", reader_shown(r, &r->now));
	}
}

/* policy = "policy" NAME "for" expr { threshold | disable | "skip" NAME { "," NAME }
 *        | "at-most" ( "accept" | "tag" | "greylist" | "defer" ) } */
static void
policy(struct reader *r, struct ast_statement *s)
{
	s->policy = arena_new_of(r->arena, struct ast_policy);
	s->name = *reader_name(r, "a policy name");
	if (!s->change || reader_at_word(r, "for")) {
		reader_keyword(r, "for", "'for' and a condition on rcpt facts");
		s->policy->when = parser_expr(r);
	}
	while (reader_at(r, TOKEN_WORD))
		policy_clause(r, s->policy);
}

/* retired = "retired" [ "list" | "dnsbl" | "rate" | "group" | "policy" ] NAME STRING */
static void
retired(struct reader *r, struct ast_statement *s)
{
	s->retired = arena_new_of(r->arena, struct ast_retired);
	s->retired->kind = VIEW("rule");
	if (reader_index(r, "list dnsbl rate group policy") >= 0) {
		s->retired->kind = r->now.text;
		reader_skip(r);
		s->name = *reader_name(r, "the name that was retired");
	} else {
		s->name = *reader_symbol(r);
	}
	s->retired->text = reader_string(r, "what to write instead,");
}

/* ---- statements ---- */

static void change(struct reader *r, struct ast_statement *s);

enum { CHANGE = AST_TEST + 1 }; /* beside the kinds of statements; it becomes one of them */

static const struct form {
	const char *word;
	int kind;
	void (*read)(struct reader *, struct ast_statement *);
	void (*change)(struct reader *, struct ast_statement *); /* NULL: nothing to change */
} forms[] = {
	{"language", AST_LANGUAGE, language, NULL},
	{"include", AST_INCLUDE, include, NULL},
	{"list", AST_LIST, parser_list, parser_list_change},
	{"dnsbl", AST_DNSBL, parser_dnsbl, parser_dnsbl},
	{"rate", AST_RATE, parser_dnsbl_rate, parser_dnsbl_rate},
	{"rule", AST_RULE, parser_rule, NULL},
	{"change", CHANGE, change, NULL},
	{"disable", AST_DISABLE, disable, NULL},
	{"threshold", AST_THRESHOLD, threshold, threshold},
	{"group", AST_GROUP, group, group},
	{"policy", AST_POLICY, policy, policy},
	{"retired", AST_RETIRED, retired, NULL},
	{"test", AST_TEST, parser_case, NULL},
};
#define STATEMENT_WORDS \
	"language include list dnsbl rate rule change disable threshold group policy retired test"

static const struct form *
form(const struct reader *r)
{
	int i = reader_index(r, STATEMENT_WORDS); /* in the order of forms */

	return i < 0 ? NULL : &forms[i];
}

/* change = "change" SYMBOL { clause } | "change" "list" NAME ( "add" | "remove" ) source
 *        | "change" ( "dnsbl" | "rate" | "group" | "threshold" | "policy" ) NAME { clause } */
static void
change(struct reader *r, struct ast_statement *s)
{
	const struct form *f = form(r);

	s->change = true;
	s->kind = f ? (enum ast_kind)f->kind : AST_RULE;
	if (!f) {
		parser_rule_change(r, s);
	} else if (f->change) {
		reader_skip(r);
		f->change(r, s);
	} else {
		reader_fail(r, f->kind == AST_RULE ? "leave out the word 'rule'" : NULL,
			"after 'change' comes the name of a rule, or list, dnsbl, rate, group, "
			"threshold or policy");
	}
}

static struct ast_statement *
statement(struct reader *r)
{
	struct ast_statement *s = arena_new_of(r->arena, struct ast_statement);
	const struct form *f = form(r);
	const char *hint;

	s->at = r->now.at;
	s->name.at = s->at;
	if (!f) {
		hint = suggest_words(r->now.text, STATEMENT_WORDS, r->arena);
		reader_fail(r, hint ? hint : "statements: " STATEMENT_WORDS,
			"a statement cannot start with %s", reader_shown(r, &r->now));
		return s;
	}
	s->kind = f->kind == CHANGE ? AST_RULE : (enum ast_kind)f->kind;
	reader_skip(r);
	f->read(r, s);
	s->clauses = reader_clauses(r);
	s->text = reader_text(r, &s->at);
	if (!reader_at(r, TOKEN_END))
		reader_fail(r, suggest_words(r->now.text, parser_rule_clauses(), r->arena),
			"unexpected %s after this %s statement", reader_shown(r, &r->now),
			f->word);
	return s;
}

static void
keep(struct ast *t, struct ast_statement *s, bool broken)
{
	if (broken && s->name.text.n) {
		s->next = t->broken;
		t->broken = s;
	}
	if (broken)
		return;
	if (t->last)
		t->last->next = s;
	else
		t->first = s;
	t->last = s;
	t->n++;
}

/* ---- files ---- */

/* The files that are being read, innermost first. */
struct open_file {
	const struct open_file *outer;
	const char *path; /* without links and dots, where the file exists */
	unsigned depth;
};

static void read_file(struct ast *t, const char *path, const struct place *at,
	const struct open_file *outer, struct diag *d);

static bool
is_open(const struct open_file *f, const char *path)
{
	for (; f; f = f->outer)
		if (strcmp(f->path, path) == 0)
			return true;
	return false;
}

static void
included(struct ast *t, const struct ast_statement *s, const struct open_file *here, struct diag *d)
{
	const char *path = source_beside(s->at.file, s->name.text, t->arena);

	if (here->depth >= INCLUDE_DEPTH)
		diag_error(d, &s->name.at, NULL, "files include one another more than %d deep",
			INCLUDE_DEPTH);
	else
		read_file(t, path, &s->name.at, here, d);
}

static void
read_text(struct ast *t, struct view file, struct view text, const struct open_file *here,
	struct diag *d)
{
	struct reader r;

	reader_init(&r, LEXER_RULES, file, text, t->arena, d);
	while (reader_begin(&r)) {
		struct ast_statement *s = statement(&r);
		bool broken = r.failed || r.now.broken;

		if (!broken && s->kind == AST_INCLUDE && !t->alone)
			included(t, s, here, d);
		keep(t, s, broken);
	}
}

static void
add_file(struct ast *t, const char *real, struct view text)
{
	struct ast_file *f = arena_new_of(t->arena, struct ast_file);

	f->path = real;
	f->text = text;
	if (t->last_file)
		t->last_file->next = f;
	else
		t->files = f;
	t->last_file = f;
	t->n_files++;
}

static bool
was_read(const struct ast *t, const char *real)
{
	for (const struct ast_file *f = t->files; f; f = f->next)
		if (strcmp(f->path, real) == 0)
			return true;
	return false;
}

/* One file has one path, however it is named. */
static const char *
real_path(const char *path, struct arena *a)
{
	char *real = realpath(path, NULL);
	const char *copy = arena_cstr(a, view_str(real ? real : path));

	free(real);
	return copy;
}

/* at: where it is included, or the file itself. */
static void
read_file(struct ast *t, const char *path, const struct place *at, const struct open_file *outer,
	struct diag *d)
{
	struct view file = arena_copy(t->arena, view_str(path)), text;
	const char *where = source_place(t->source, path, t->arena);
	struct open_file here = {.outer = outer, .depth = outer ? outer->depth + 1 : 1};
	const char *why;

	here.path = real_path(where ? where : path, t->arena);
	if (is_open(outer, here.path)) {
		diag_error(d, at, NULL, "'%s' includes itself", path);
		return;
	}
	if (was_read(t, here.path))
		return;
	if (t->n_files >= RULE_FILES_MAX) {
		diag_error(d, at, NULL, "more than %d rule files", RULE_FILES_MAX);
		return;
	}
	if (source_read(t->source, path, RULE_FILE_MAX, t->arena, &text, &why) != SOURCE_OK) {
		if (outer)
			diag_error(d, at, NULL, "cannot include '%s': %s", path, why);
		else
			diag_error(d, at, NULL, "%s", why);
		return;
	}
	add_file(t, here.path, text);
	read_text(t, file, text, &here, d);
}

void
parser_file(struct ast *t, const char *path, struct diag *d)
{
	struct place whole = {.file = view_str(path)};

	read_file(t, path, &whole, NULL, d);
}

void
parser_text(struct ast *t, const char *file, struct view text, struct diag *d)
{
	struct view name = arena_copy(t->arena, view_str(file));
	struct open_file here = {NULL, name.p, 1};

	read_text(t, name, arena_copy(t->arena, text), &here, d);
}
