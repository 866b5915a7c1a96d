/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/sign_table.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "mail/domain.h"
#include "util/limits.h"

enum { TABLE_MAX = 4 * 1024 * 1024, KEY_FILE_MAX = 64 * 1024, WORDS = 3 };

struct sign_table {
	struct arena *arena;
	struct sign_key *key; /* sorted by domain, then selector */
	size_t n;
};

struct loading {
	struct sign_table *table;
	const struct source_tree *src;
	struct view file;
	struct diag *diag;
	struct place at; /* of the line */
	size_t cap;
};

static bool
next_word(struct view *rest, struct view *out)
{
	size_t n = 0;

	*rest = view_trim(*rest);
	while (n < rest->n && !view_is_space(rest->p[n]))
		n++;
	*out = view_head(*rest, n);
	*rest = view_skip(*rest, n);
	return n > 0;
}

/* Points at one word of the line. */
static struct place
place_of(const struct loading *l, struct view word)
{
	struct place at = l->at;

	at.column = (uint32_t)(word.p - l->at.source.p) + 1;
	at.width = (uint32_t)word.n;
	return at;
}

static bool
selector_ok(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (!view_is_alpha(v.p[i]) && !view_is_digit(v.p[i]) && v.p[i] != '-' && v.p[i] != '_' &&
			v.p[i] != '.')
			return false;
	return v.n > 0 && v.n <= DOMAIN_MAX;
}

/* The key of a file that nobody else can read. */
static struct dkim_sign_key *
read_key(const struct loading *l, struct view name)
{
	struct arena *a = l->table->arena;
	struct place at = place_of(l, name);
	const char *path = source_beside(l->file, name, a), *why, *found;
	struct dkim_sign_key *key;
	enum source_end end;
	struct view pem;
	struct stat st;

	end = source_read(l->src, path, KEY_FILE_MAX, a, &pem, &why);
	if (end != SOURCE_OK) {
		diag_error(l->diag, &at, end == SOURCE_NONE ? "postern dkim-key makes one"
			: "it must be a file that belongs to the service user, with mode 0600",
			"cannot read key file %s: %s", path, why);
		return NULL;
	}
	found = source_place(l->src, path, a);
	if (found && stat(found, &st) == 0 && (st.st_mode & 07177)) {
		diag_error(l->diag, &at, arena_printf(a, "chmod 0600 %s", path).p,
			"key file %s has mode %04o: it must be readable by its owner alone", path,
			st.st_mode & 07777u);
		return NULL;
	}
	key = dkim_sign_key_read(pem, &why);
	if (!key)
		diag_error(l->diag, &at, NULL, "key file %s: %s", path, why);
	return key;
}

static void
add(struct loading *l, struct sign_key k)
{
	struct sign_table *t = l->table;

	if (t->n == l->cap) {
		struct sign_key *more;

		l->cap = l->cap ? 2 * l->cap : 16;
		more = arena_array(t->arena, l->cap, sizeof(*more));
		if (t->n)
			memcpy(more, t->key, t->n * sizeof(*more));
		t->key = more;
	}
	t->key[t->n++] = k;
}

static void
read_line(struct loading *l, struct view line)
{
	struct view word[WORDS + 1], rest = view_head(line, view_find(line, '#'));
	struct arena *a = l->table->arena;
	struct sign_key k;
	struct place at;
	size_t n = 0;

	while (n <= WORDS && next_word(&rest, &word[n]))
		n++;
	if (n == 0)
		return;
	at = place_of(l, word[0]);
	if (n != WORDS) {
		diag_error(l->diag, &at, "write: example.org SELECTOR /path/to/key.pem",
			"a line of the key table has a domain, a selector and a file");
		return;
	}
	k.domain = domain_normal(word[0], a);
	if (!k.domain.p) {
		diag_error(l->diag, &at, NULL, "'%.*s' is no domain", VIEW_ARG(view_head(word[0], 80)));
		return;
	}
	at = place_of(l, word[1]);
	if (!selector_ok(word[1])) {
		diag_error(l->diag, &at, NULL, "'%.*s' is no selector", VIEW_ARG(view_head(word[1], 80)));
		return;
	}
	k.selector = arena_lower(a, word[1]);
	k.key = read_key(l, word[2]);
	if (k.key)
		add(l, k);
}

static int
by_name(const void *a, const void *b)
{
	const struct sign_key *x = a, *y = b;
	int c = view_cmp(x->domain, y->domain);

	return c ? c : view_cmp(x->selector, y->selector);
}

/* Two keys of one name could not both be found in the DNS. */
static void
check_names(struct loading *l)
{
	const struct sign_table *t = l->table;
	const struct place whole = {.file = l->file};
	size_t same = 0;

	for (size_t i = 1; i < t->n; i++) {
		const struct sign_key *k = &t->key[i];

		same = view_eq(k->domain, k[-1].domain) ? same + 1 : 0;
		if (same >= SIGN_TABLE_KEYS)
			diag_error(l->diag, &whole, NULL, "%.*s has more than %d keys", VIEW_ARG(k->domain),
				SIGN_TABLE_KEYS);
		if (same > 0 && view_eq(k->selector, k[-1].selector))
			diag_error(l->diag, &whole, "give each key a selector of its own",
				"selector %.*s of %.*s stands twice", VIEW_ARG(k->selector),
				VIEW_ARG(k->domain));
	}
}

struct sign_table *
sign_table_load(const struct source_tree *src, const char *path, struct diag *d)
{
	struct arena *a = arena_new();
	struct sign_table *t = arena_new_of(a, struct sign_table);
	struct loading l = {.table = t, .src = src, .file = arena_printf(a, "%s", path), .diag = d};
	size_t errors = diag_errors(d);
	struct view text, line;
	const char *why;

	t->arena = a;
	l.at.file = l.file;
	if (source_read(src, path, TABLE_MAX, a, &text, &why) != SOURCE_OK)
		diag_error(d, &l.at, NULL, "cannot read the key table: %s", why);
	else
		while (view_split(&text, '\n', &line)) {
			l.at.line++;
			l.at.source = line;
			read_line(&l, line);
		}
	if (t->n)
		qsort(t->key, t->n, sizeof(*t->key), by_name);
	check_names(&l);
	if (diag_errors(d) == errors)
		return t;
	sign_table_free(t);
	return NULL;
}

void
sign_table_free(struct sign_table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++)
		dkim_sign_key_free(t->key[i].key);
	arena_free(t->arena);
}

/* The place of the first key whose domain is not before this one. */
static size_t
lower_bound(const struct sign_table *t, struct view domain)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (view_cmp(t->key[mid].domain, domain) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

size_t
sign_table_find(const struct sign_table *t, struct view domain, const struct sign_key **first_out)
{
	for (; domain.n; domain = view_skip(domain, view_find(domain, '.') + 1)) {
		size_t first = lower_bound(t, domain), n = 0;

		while (first + n < t->n && view_eq(t->key[first + n].domain, domain))
			n++;
		if (n) {
			*first_out = &t->key[first];
			return n;
		}
	}
	return 0;
}

size_t
sign_table_all(const struct sign_table *t, const struct sign_key **first_out)
{
	*first_out = t->key;
	return t->n;
}
