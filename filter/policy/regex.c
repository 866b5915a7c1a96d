/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/limits.h"
#include "util/log.h"

struct regex {
	pcre2_code *code;
	char *source;
	size_t n_source;
	_Atomic uint64_t *overruns; /* apart, so that the rest stays immutable */
};

/* ---- what belongs to a thread ---- */

struct bench {
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *stack;
};

static pthread_key_t bench_key;
static pthread_once_t bench_once = PTHREAD_ONCE_INIT;

static void
bench_free(void *arg)
{
	struct bench *b = arg;

	pcre2_match_data_free(b->data);
	pcre2_match_context_free(b->context);
	pcre2_jit_stack_free(b->stack);
	free(b);
}

static void
bench_key_new(void)
{
	if (pthread_key_create(&bench_key, bench_free) != 0)
		log_die("no thread-specific keys left");
}

static struct bench *
bench_of(void)
{
	struct bench *b;

	pthread_once(&bench_once, bench_key_new);
	b = pthread_getspecific(bench_key);
	if (b)
		return b;
	b = calloc(1, sizeof(*b));
	if (b) {
		b->data = pcre2_match_data_create(1, NULL);
		b->context = pcre2_match_context_create(NULL);
		b->stack = pcre2_jit_stack_create(32 * 1024, REGEX_JIT_STACK, NULL);
	}
	if (!b || !b->data || !b->context || !b->stack || pthread_setspecific(bench_key, b) != 0)
		log_die("out of memory");
	pcre2_set_match_limit(b->context, REGEX_MATCH_LIMIT);
	pcre2_set_depth_limit(b->context, REGEX_DEPTH_LIMIT);
	pcre2_set_heap_limit(b->context, REGEX_HEAP_KB);
	pcre2_jit_stack_assign(b->context, NULL, b->stack);
	return b;
}

/* ---- reading ---- */

static bool
read_flags(struct view flags, uint32_t *options, struct regex_note *note)
{
	static const struct {
		char letter;
		uint32_t option;
	} known[] = {{'i', PCRE2_CASELESS}, {'m', PCRE2_MULTILINE}, {'s', PCRE2_DOTALL},
		{'x', PCRE2_EXTENDED}};
	enum { N = sizeof(known) / sizeof(*known) };

	for (size_t i = 0; i < flags.n; i++) {
		size_t k = 0;

		while (k < N && known[k].letter != flags.p[i])
			k++;
		if (k == N) {
			note->at += i;
			snprintf(note->text, sizeof(note->text),
				"unknown regular expression flag '%c'", flags.p[i]);
			snprintf(note->hint, sizeof(note->hint), "flags: i m s x");
			return false;
		}
		*options |= known[k].option;
	}
	return true;
}

/* \C would break UTF-8 apart, so it is refused. */
static pcre2_code *
compile(struct view pattern, uint32_t options, struct regex_note *note)
{
	PCRE2_UCHAR text[120];
	PCRE2_SIZE at = 0;
	int error = 0;
	pcre2_code *code;

	options |= PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C;
	code = pcre2_compile((PCRE2_SPTR)pattern.p, pattern.n, options, &error, &at, NULL);
	if (code) {
		/* Without JIT (a platform that lacks it) the interpreter matches, under the same
		 * limits. */
		(void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
		return code;
	}
	if (pcre2_get_error_message(error, text, sizeof(text)) < 0)
		text[0] = 0;
	note->at = 1 + at;
	snprintf(note->text, sizeof(note->text), "regular expression: %s", (const char *)text);
	return NULL;
}

struct regex *
regex_new(struct view source, struct regex_note *note_out)
{
	size_t end = view_rfind(source, '/');
	uint32_t options = 0;
	pcre2_code *code;
	struct regex *r;

	*note_out = (struct regex_note){0};
	if (source.n < 2 || source.p[0] != '/' || end == 0 || end == source.n) {
		snprintf(note_out->text, sizeof(note_out->text),
			"expected a regular expression /.../");
		return NULL;
	}
	if (source.n > REGEX_SOURCE_MAX) {
		snprintf(note_out->text, sizeof(note_out->text), "longer than %d bytes",
			REGEX_SOURCE_MAX);
		return NULL;
	}
	note_out->at = end + 1;
	if (!read_flags(view_skip(source, end + 1), &options, note_out))
		return NULL;
	note_out->at = 0;
	code = compile(view_of(source.p + 1, end - 1), options, note_out);
	if (!code)
		return NULL;
	r = calloc(1, sizeof(*r));
	if (!r || !(r->overruns = calloc(1, sizeof(*r->overruns))) || !(r->source = malloc(source.n)))
		log_die("out of memory");
	memcpy(r->source, source.p, source.n);
	r->n_source = source.n;
	r->code = code;
	return r;
}

void
regex_free(struct regex *r)
{
	if (!r)
		return;
	pcre2_code_free(r->code);
	free(r->source);
	free(r->overruns);
	free(r);
}

struct view
regex_source(const struct regex *r)
{
	return view_of(r->source, r->n_source);
}

/* ---- matching ---- */

enum regex_answer
regex_find(const struct regex *r, struct view text)
{
	struct bench *b = bench_of();
	int got;

	got = pcre2_match(
		r->code, (PCRE2_SPTR)(text.p ? text.p : ""), text.n, 0, 0, b->data, b->context);
	if (got >= 0)
		return REGEX_YES;
	if (got == PCRE2_ERROR_NOMATCH)
		return REGEX_NO;
	atomic_fetch_add_explicit(r->overruns, 1, memory_order_relaxed);
	return REGEX_LIMIT;
}

uint64_t
regex_overruns(const struct regex *r)
{
	return atomic_load_explicit(r->overruns, memory_order_relaxed);
}

size_t
regex_bytes(const struct regex *r)
{
	size_t code = 0, jit = 0;

	(void)pcre2_pattern_info(r->code, PCRE2_INFO_SIZE, &code);
	(void)pcre2_pattern_info(r->code, PCRE2_INFO_JITSIZE, &jit);
	return sizeof(*r) + sizeof(*r->overruns) + r->n_source + code + jit;
}

/* ---- nested repetition ---- */

enum { GROUPS_MAX = 64 };

/* One open group: was there an unbounded repetition in it? */
struct scan {
	struct view rest;
	bool repeats[GROUPS_MAX];
	size_t depth;
};

/* Does {n} or {n,m} with ten rounds and more stand here? Each round of what repeats within multiplies the
 * ways to match, so to backtracking that is as bad as without bound. */
static bool
is_large(struct view v)
{
	unsigned n = 0;
	size_t i = 1;

	if (v.n == 0 || v.p[0] != '{')
		return false;
	for (; i < v.n && (view_is_digit(v.p[i]) || v.p[i] == ','); i++)
		n = v.p[i] == ',' ? 0 : n < 1000 ? n * 10 + (unsigned)(v.p[i] - '0') : n;
	return i < v.n && v.p[i] == '}' && n >= 10;
}

/* Takes an unbounded quantifier from the front: * + {n,}. True if it may give back what it took; a
 * possessive one (followed by +) does not, and so costs nothing. */
static bool
take_unbounded(struct view *v)
{
	size_t n = 0;
	bool possessive;

	if (v->n && (v->p[0] == '*' || v->p[0] == '+')) {
		n = 1;
	} else if (v->n && v->p[0] == '{') {
		size_t i = 1;

		while (i < v->n && view_is_digit(v->p[i]))
			i++;
		if (i > 1 && i + 1 < v->n && v->p[i] == ',' && v->p[i + 1] == '}')
			n = i + 2;
	}
	possessive = n && n < v->n && v->p[n] == '+';
	*v = view_skip(*v, n + possessive);
	return n && !possessive;
}

static void
skip_class(struct scan *s)
{
	s->rest = view_skip(s->rest, 1);
	if (s->rest.n && s->rest.p[0] == '^')
		s->rest = view_skip(s->rest, 1);
	if (s->rest.n && s->rest.p[0] == ']')
		s->rest = view_skip(s->rest, 1);
	while (s->rest.n && s->rest.p[0] != ']')
		s->rest = view_skip(s->rest, s->rest.p[0] == '\\' ? 2 : 1);
}

/* Takes the bracket that closes a group and what repeats it; true if the group repeats within. */
static bool
close_group(struct scan *s)
{
	bool inner = s->repeats[s->depth], outer;

	s->rest = view_skip(s->rest, 1);
	outer = is_large(s->rest);
	outer |= take_unbounded(&s->rest);
	if (s->depth > 0)
		s->depth--;
	s->repeats[s->depth] |= inner || outer;
	return inner && outer;
}

/* One piece of the pattern. True if nested repetition ends here. */
static bool
scan_piece(struct scan *s)
{
	size_t before = s->rest.n;
	char c = s->rest.p[0];

	if (c == ')')
		return close_group(s);
	s->repeats[s->depth] |= take_unbounded(&s->rest);
	if (s->rest.n < before)
		return false;
	if (c == '[')
		skip_class(s);
	if (c == '(') {
		if (++s->depth == GROUPS_MAX)
			return true;
		s->repeats[s->depth] = false;
	}
	s->rest = view_skip(s->rest, c == '\\' ? 2 : 1);
	return false;
}

bool
regex_is_slow(struct view source)
{
	struct scan s = {.rest = view_skip(view_head(source, view_rfind(source, '/')), 1)};

	while (s.rest.n) {
		if (scan_piece(&s))
			return true;
	}
	return false;
}
