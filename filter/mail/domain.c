/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/domain.h"

#include <idn2.h>
#include <libpsl.h>
#include <pthread.h>

#include "util/limits.h"

/* UTF-8: no longer name has an A-label form within DOMAIN_MAX. */
enum { U_NAME_MAX = 4 * DOMAIN_MAX };

static bool
is_ldh(char c)
{
	return view_is_alpha(c) || view_is_digit(c) || c == '-';
}

static bool
has_8bit(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if ((unsigned char)v.p[i] >= 0x80)
			return true;
	return false;
}

/* Labels of 1 to LABEL_MAX bytes, DOMAIN_MAX in all; letters, digits, hyphens, underscores. */
static bool
is_name(struct view v)
{
	size_t label = 0;

	if (v.n == 0 || v.n > DOMAIN_MAX)
		return false;
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '.') {
			if (label == 0)
				return false;
			label = 0;
		} else if ((!is_ldh(v.p[i]) && v.p[i] != '_') || ++label > LABEL_MAX) {
			return false;
		}
	}
	return label > 0;
}

static struct view
without_final_dot(struct view v)
{
	return v.n && v.p[v.n - 1] == '.' ? view_head(v, v.n - 1) : v;
}

/* The A-label form of a name that has bytes over 127. What IDNA makes of it (it maps ideographic
 * dots to dots, for one) is judged again by the caller. */
static struct view
to_ascii(struct view name, struct arena *a)
{
	struct view ascii = {NULL, 0};
	char *out = NULL;

	if (name.n > U_NAME_MAX || memchr(name.p, 0, name.n))
		return ascii;
	if (idn2_to_ascii_8z(arena_cstr(a, name), &out, IDN2_NONTRANSITIONAL) == IDN2_OK)
		ascii = arena_copy(a, view_str(out));
	idn2_free(out);
	return ascii;
}

struct view
domain_normal(struct view name, struct arena *a)
{
	if (has_8bit(name))
		name = to_ascii(name, a);
	name = without_final_dot(name);
	return is_name(name) ? arena_lower(a, name) : (struct view){NULL, 0};
}

struct view
domain_a_labels(struct view name, struct arena *a)
{
	struct view normal = {NULL, 0};

	if (!has_8bit(name))
		return name;
	if (name.p[name.n - 1] != '.')
		normal = domain_normal(name, a);
	return normal.p ? normal : VIEW("");
}

/* Domain     = sub-domain *("." sub-domain)
 * sub-domain = Let-dig [Ldh-str]
 * Ldh-str    = *( ALPHA / DIGIT / "-" ) Let-dig */
bool
domain_syntax_ok(struct view name)
{
	struct view label;

	if (!is_name(name))
		return false;
	while (view_split(&name, '.', &label)) {
		if (label.p[0] == '-' || label.p[label.n - 1] == '-' ||
			view_find(label, '_') < label.n)
			return false;
	}
	return true;
}

size_t
domain_labels(struct view name)
{
	size_t n = 1;

	name = without_final_dot(name);
	for (size_t i = 0; i < name.n; i++)
		n += name.p[i] == '.';
	return name.n ? n : 0;
}

struct view
domain_tail(struct view name, size_t n)
{
	size_t at = without_final_dot(name).n;

	if (n == 0)
		return view_skip(name, name.n);
	for (; at > 0; at--)
		if (name.p[at - 1] == '.' && --n == 0)
			break;
	return view_skip(name, at);
}

bool
domain_under(struct view name, struct view parent)
{
	if (parent.n == 0 || !view_ends_nocase(name, parent))
		return false;
	return name.n == parent.n || name.p[name.n - parent.n - 1] == '.';
}

static pthread_once_t psl_once = PTHREAD_ONCE_INIT;
static const psl_ctx_t *psl; /* written once, under psl_once; libpsl only reads it */

/* The list of the system's package, which is updated without us; else the one within libpsl. */
static void
load_psl(void)
{
	psl = psl_latest(NULL);
	if (!psl)
		psl = psl_builtin();
}

/* name with a NUL behind it, for libpsl; false if it is no name or an address (no top-level domain
 * is a number, RFC 3696 section 2). */
static bool
psl_name(struct view name, char out[static DOMAIN_MAX + 1])
{
	uint64_t number;

	if (!is_name(name) || view_number(domain_tail(name, 1), UINT64_MAX, &number))
		return false;
	memcpy(out, name.p, name.n);
	out[name.n] = 0;
	pthread_once(&psl_once, load_psl);
	return psl != NULL;
}

struct view
domain_registrable(struct view name)
{
	char text[DOMAIN_MAX + 1];
	const char *hit;

	if (!psl_name(name, text))
		return (struct view){NULL, 0};
	hit = psl_registrable_domain(psl, text);
	return hit ? view_skip(name, (size_t)(hit - text)) : (struct view){NULL, 0};
}

bool
domain_related(struct view a, struct view b)
{
	struct view x = domain_registrable(a), y = domain_registrable(b);

	return view_eq(a, b) || (x.p && view_eq(x, y));
}

bool
domain_has_known_suffix(struct view name)
{
	char text[DOMAIN_MAX + 1];

	if (!psl_name(name, text))
		return false;
	for (const char *at = text; at; at = strchr(at, '.')) {
		at += *at == '.';
		if (psl_is_public_suffix2(psl, at, PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE))
			return true;
	}
	return false;
}

/* What a name that is written in a text may be of. */
static size_t
word(struct view v, bool with_8bit)
{
	size_t n = 0;

	while (n < v.n && (is_ldh(v.p[n]) || v.p[n] == '.' || v.p[n] == '_' ||
				  (with_8bit && (unsigned char)v.p[n] >= 0x80)))
		n++;
	return n;
}

static struct view
without_marks(struct view v)
{
	while (v.n && (v.p[0] == '.' || v.p[0] == '-'))
		v = view_skip(v, 1);
	while (v.n && (v.p[v.n - 1] == '.' || v.p[v.n - 1] == '-'))
		v.n--;
	return v;
}

/* The word's normal form if somebody can have registered it. */
static struct view
registered(struct view v, struct arena *a)
{
	struct view none = {NULL, 0};

	v = without_marks(v);
	if (v.n == 0 || (view_find(v, '.') == v.n && !has_8bit(v)))
		return none;
	v = domain_normal(v, a);
	return v.p && domain_has_known_suffix(v) && domain_registrable(v).p ? v : none;
}

/* A word of letters of any script; if that is none, what stands between letters that are not ASCII:
 * typographic quotes and blanks. A word before "@" is a local part. */
static struct view
find(struct view text, bool with_8bit, struct arena *a)
{
	while (text.n) {
		size_t n = word(text, with_8bit);
		struct view w = view_head(text, n), found = {NULL, 0};

		text = view_skip(text, n);
		if (text.n == 0 || text.p[0] != '@')
			found = registered(w, a);
		if (!found.p && with_8bit && has_8bit(w))
			found = find(w, false, a);
		if (found.p)
			return found;
		text = view_skip(text, n == 0 || text.n == 0 || text.p[0] == '@');
	}
	return (struct view){NULL, 0};
}

struct view
domain_find(struct view text, struct arena *a)
{
	return find(view_head(text, DOMAIN_SOUGHT), true, a);
}
