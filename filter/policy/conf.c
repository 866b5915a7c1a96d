/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/conf.h"

#include <errno.h>
#include <glob.h>
#include <unistd.h>

#include "policy/conf/conf_backend.h"
#include "policy/conf/conf_keys.h"
#include "policy/conf/conf_listener.h"
#include "policy/conf/conf_value.h"
#include "policy/parser/reader.h"
#include "policy/source.h"
#include "policy/suggest.h"

#define AT(field) offsetof(struct conf, field)

static size_t
count(void)
{
	size_t n;

	conf_keys(&n);
	return n;
}

static const struct conf_key *
key_at(size_t i)
{
	size_t n;

	return &conf_keys(&n)[i];
}

/* count() if there is none. */
static size_t
find(struct view name)
{
	size_t i = 0;

	while (i < count() && !view_eq_str(name, key_at(i)->name))
		i++;
	return i;
}

static size_t
key_of(const struct conf *c, const void *field)
{
	size_t i = 0;

	while (key_at(i)->offset != (size_t)((const char *)field - (const char *)c))
		i++;
	return i;
}

static bool
repeatable(const struct conf_key *k)
{
	return k->type == CONF_PATTERNS || k->type == CONF_LISTENERS || k->type == CONF_BACKENDS;
}

/* ---- statements ---- */

/* "rules" PATTERN */
static void
pattern(struct reader *r, const struct place *at, struct conf *c)
{
	struct conf_pattern *p = arena_new_of(r->arena, struct conf_pattern);
	struct conf_pattern **last = &c->rules;

	p->text = conf_value_path(r, "a pattern");
	p->at = *at;
	if (r->failed)
		return;
	while (*last)
		last = &(*last)->next;
	*last = p;
}

static void
value(struct reader *r, const struct conf_key *k, const struct place *at, struct conf *c)
{
	if (k->type == CONF_LISTENERS)
		conf_listener_read(r, at, c);
	else if (k->type == CONF_BACKENDS)
		conf_backend_read(r, at, c);
	else if (k->type == CONF_PATTERNS)
		pattern(r, at, c);
	else
		conf_value_read(r, k, c);
}

static void
unknown(struct reader *r)
{
	struct suggest s;

	suggest_init(&s, r->now.text);
	for (size_t i = 0; i < count(); i++)
		suggest_try(&s, view_str(key_at(i)->name));
	reader_fail(r, suggest_hint(&s, r->arena), "unknown setting %s",
		reader_shown(r, &r->now));
}

static void
statement(struct reader *r, struct conf *c)
{
	size_t i = reader_at(r, TOKEN_WORD) ? find(r->now.text) : count();
	size_t before = diag_errors(r->diag);
	struct place at = r->now.at;

	if (i == count()) {
		unknown(r);
		return;
	}
	if (c->where[i].line && !repeatable(key_at(i))) {
		reader_fail(r, "keep one of the two", "'%s' is already set at %.*s:%u",
			key_at(i)->name, VIEW_ARG(c->where[i].file), c->where[i].line);
		return;
	}
	c->where[i] = at;
	reader_skip(r);
	if (reader_at(r, TOKEN_OP))
		reader_fail(r, arena_printf(r->arena, "write '%s VALUE'", key_at(i)->name).p,
			"unexpected %s", reader_shown(r, &r->now));
	value(r, key_at(i), &at, c);
	if (!reader_at(r, TOKEN_END))
		reader_fail(r, "one setting a line, in column 1", "unexpected %s after '%s'",
			reader_shown(r, &r->now), key_at(i)->name);
	if (diag_errors(r->diag) != before && !repeatable(key_at(i)))
		c->where[i] = (struct place){.line = 0}; /* the default stands in for it */
}

/* ---- defaults ---- */

/* A default is read as if it had been written: one way to make a value. */
static void
fallback(struct conf *c, const struct conf_key *k, const char *text, struct diag *d)
{
	struct place nowhere = {.file = view_str(k->name)};
	struct reader r;

	reader_init(&r, LEXER_SETTINGS, nowhere.file, view_str(text), c->arena, d);
	do
		value(&r, k, &nowhere, c);
	while (repeatable(k) && !reader_at(&r, TOKEN_END));
	if (!reader_at(&r, TOKEN_END))
		reader_fail(&r, NULL, "unexpected %s", reader_shown(&r, &r.now));
}

static void
defaults(struct conf *c, const char *hostname, struct diag *d)
{
	for (size_t i = 0; i < count(); i++) {
		bool host = key_at(i)->offset == AT(hostname);
		bool id = key_at(i)->offset == AT(authserv_id);

		if (c->where[i].line)
			continue;
		fallback(c, key_at(i), host ? hostname : id ? c->hostname : key_at(i)->fallback, d);
	}
}

/* ---- as a whole ---- */

static void
check(const struct conf *c, struct diag *d)
{
	const struct place *window = &c->where[key_of(c, &c->greylist_window)];
	const struct place *wait = &c->where[key_of(c, &c->greylist_wait)];
	const struct place *size = &c->where[key_of(c, &c->message_size_max)];
	const struct place *spool = &c->where[key_of(c, &c->spool_max)];
	const struct place *ham = &c->where[key_of(c, &c->reputation_ham_score)];
	const struct place *spam = &c->where[key_of(c, &c->reputation_spam_score)];
	const struct place *redis = &c->where[key_of(c, &c->redis_timeout)];
	const struct place *store = &c->where[key_of(c, &c->store_timeout)];

	if (c->greylist_wait >= c->greylist_window)
		diag_error(d, window->line ? window : wait, NULL,
			"greylist-window must be longer than greylist-wait: no retry could pass");
	if (c->message_size_max > c->spool_max)
		diag_error(d, spool->line ? spool : size, NULL,
			"message-size-max must not be over spool-max: clients would try for ever");
	if (c->reputation_spam_score && c->reputation_ham_score >= c->reputation_spam_score)
		diag_error(d, spam->line ? spam : ham, NULL,
			"reputation-ham-score must be less than reputation-spam-score: "
			"a message would be both");
	if (c->redis_servers.n && c->redis_timeout >= c->store_timeout)
		diag_error(d, redis->line ? redis : store, NULL,
			"redis-timeout must be less than store-timeout: the file could not carry on in time");
	conf_backend_check(c, d);
}

/* Never NULL; what is wrong is left out. */
static struct conf *
read_text(const char *path, struct view text, const char *hostname, struct diag *d)
{
	struct arena *a = arena_new();
	struct conf *c = arena_new_of(a, struct conf);
	size_t before = diag_errors(d);
	struct reader r;

	c->arena = a;
	c->path = arena_cstr(a, view_str(path));
	c->where = arena_array(a, count(), sizeof(*c->where));
	reader_init(&r, LEXER_SETTINGS, view_str(c->path), arena_copy(a, text), a, d);
	while (reader_begin(&r))
		statement(&r, c);
	defaults(c, hostname, d);
	if (diag_errors(d) == before)
		check(c, d);
	return c;
}

/* Takes c; NULL if there were errors. */
static struct conf *
flawless(struct conf *c, const struct diag *d, size_t before)
{
	if (diag_errors(d) == before)
		return c;
	conf_free(c);
	return NULL;
}

struct conf *
conf_text(const char *path, struct view text, const char *hostname, struct diag *d)
{
	size_t before = diag_errors(d);

	return flawless(read_text(path, text, hostname, d), d, before);
}

void
conf_free(struct conf *c)
{
	if (c)
		arena_free(c->arena); /* c lives in it */
}

/* ---- rule files ---- */

/* A folder that is not there has no rules; one that cannot be read must not look empty. */
static int
on_glob_error(const char *path, int error)
{
	(void)path;
	return error != ENOENT && error != ENOTDIR;
}

static void
add_files(struct conf *c, const glob_t *g, size_t root)
{
	const char **all = arena_array(c->arena, c->n_rule_files + g->gl_pathc, sizeof(*all));

	if (c->n_rule_files)
		memcpy(all, c->rule_files, c->n_rule_files * sizeof(*all));
	for (size_t i = 0; i < g->gl_pathc; i++)
		all[c->n_rule_files++] = arena_cstr(c->arena, view_str(g->gl_pathv[i] + root));
	c->rule_files = all;
}

/* where: as it is opened; error: of the search, which does not tell a plain name's. */
static void
not_found(const struct conf_pattern *p, const char *where, int error, struct diag *d)
{
	bool plain = !strpbrk(p->text, "*?[");

	if (plain && where)
		error = access(where, F_OK) == 0 ? 0 : errno;
	if (plain && (error == ENOENT || error == ENOTDIR))
		diag_error(d, &p->at, NULL, "there is no rule file '%s'", p->text);
	else
		diag_error(d, &p->at, NULL, "cannot look for rule files '%s': %s", p->text,
			error ? strerrordesc_np(error) : "too long or too many");
}

static void
find_rules(struct conf *c, const struct source_tree *src, struct conf_pattern *p, struct diag *d)
{
	const char *where = source_place(src, p->text, c->arena);
	glob_t g = {0};
	int end, error;

	errno = 0;
	end = where ? glob(where, 0, on_glob_error, &g) : GLOB_ABORTED;
	error = errno;
	p->n_found = g.gl_pathc;
	if (end == 0)
		add_files(c, &g, src ? strlen(src->root) : 0);
	else if (end != GLOB_NOMATCH || !strpbrk(p->text, "*?["))
		not_found(p, where, error, d);
	globfree(&g);
}

struct conf *
conf_load_most(const struct source_tree *src, const char *path, const char *hostname, struct diag *d)
{
	struct place whole = {.file = view_str(path)};
	struct arena *a = arena_new();
	struct conf *c = NULL;
	struct view text;
	const char *why;

	if (source_read(src, path, CONF_FILE_MAX, a, &text, &why) == SOURCE_OK)
		c = read_text(path, text, hostname, d);
	else
		diag_error(d, &whole, NULL, "%s", why);
	for (struct conf_pattern *p = c ? c->rules : NULL; p; p = p->next)
		find_rules(c, src, p, d);
	arena_free(a);
	return c;
}

struct conf *
conf_load(const struct source_tree *src, const char *path, const char *hostname, struct diag *d)
{
	size_t before = diag_errors(d);

	return flawless(conf_load_most(src, path, hostname, d), d, before);
}

/* ---- showing ---- */

const struct place *
conf_where(const struct conf *c, const char *key)
{
	size_t i = find(view_str(key));

	return i < count() ? &c->where[i] : NULL;
}

static void
origin(const struct place *at, FILE *out)
{
	if (at->line)
		fprintf(out, "  # %.*s:%u\n", VIEW_ARG(at->file), at->line);
	else
		fputs("  # default\n", out);
}

static void
show_rules(const struct conf *c, FILE *out)
{
	for (const struct conf_pattern *p = c->rules; p; p = p->next) {
		fputs("rules ", out);
		conf_value_quoted(p->text, out);
		origin(&p->at, out);
	}
}

void
conf_show_key(const struct conf *c, const struct conf_key *k, FILE *out)
{
	if (k->type == CONF_LISTENERS) {
		conf_listener_write(c, out);
	} else if (k->type == CONF_BACKENDS) {
		conf_backend_write(c, out);
	} else if (k->type == CONF_PATTERNS) {
		show_rules(c, out);
	} else {
		fprintf(out, "%s ", k->name);
		conf_value_write(k, c, out);
		origin(&c->where[k - key_at(0)], out);
	}
}

void
conf_show(const struct conf *c, FILE *out)
{
	for (size_t i = 0; i < count(); i++)
		conf_show_key(c, key_at(i), out);
}
