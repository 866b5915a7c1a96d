/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/fact.h"

#include <stdio.h>
#include <stdlib.h>

#include "mail/domain.h"
#include "util/buf.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/map.h"

static const char *const stage_names[STAGE_COUNT] = {
	"connect", "helo", "mail", "rcpt", "data", "header", "body", "end"};

const char *
stage_name(enum stage s)
{
	return stage_names[s];
}

bool
stage_parse(struct view name, enum stage *out)
{
	for (size_t i = 0; i < STAGE_COUNT; i++) {
		if (view_eq_str(name, stage_names[i])) {
			*out = (enum stage)i;
			return true;
		}
	}
	if (!view_eq_str(name, "final"))
		return false;
	*out = STAGE_END;
	return true;
}

const char *
fact_type_name(enum fact_type t)
{
	static const char *const names[] = {"bool", "number", "duration", "size", "ip", "domain",
		"address", "text", "word", "enum", "country"};

	return names[t];
}

/* ---- to text ---- */

static struct view
format_list(const struct fact_value *v, struct arena *a)
{
	struct buf b;
	struct view out;

	buf_init(&b, EVIDENCE_MAX);
	for (size_t i = 0; i < v->list.n; i++) {
		if (i)
			buf_str(&b, ", ");
		buf_add(&b, v->list.item[i]);
	}
	out = arena_copy(a, buf_view(&b));
	buf_done(&b);
	return out;
}

static struct view
format_number(const struct fact_def *def, int64_t n, struct arena *a)
{
	long long whole = n / 100, part = n % 100;

	if (strcmp(def->name, "score") != 0)
		return arena_printf(a, "%lld", (long long)n);
	return arena_printf(a, "%s%lld.%02lld", n < 0 ? "-" : "", whole < 0 ? -whole : whole,
		part < 0 ? -part : part);
}

struct view
fact_format(const struct fact_def *def, const struct fact_value *v, struct arena *a)
{
	char ip[IP_TEXT_MAX];

	if (v->state != FACT_KNOWN)
		return v->state == FACT_MISSING   ? VIEW("")
		       : v->state == FACT_UNKNOWN ? VIEW("unknown")
						  : VIEW("pending");
	if (def->list)
		return format_list(v, a);
	switch (def->type) {
	case FACT_BOOL:
		return v->yes ? VIEW("yes") : VIEW("no");
	case FACT_NUMBER:
	case FACT_DURATION:
	case FACT_SIZE:
		return format_number(def, v->number, a);
	case FACT_IP:
		ip_format(&v->ip, ip);
		return arena_copy(a, view_str(ip));
	default:
		return arena_copy(a, v->text);
	}
}

/* ---- from text ---- */

struct unit {
	const char *name;
	int64_t factor;
};
static const struct unit duration_units[] = {
	{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 7 * 86400}, {"", 1}, {NULL, 0}};
static const struct unit size_units[] = {{"B", 1}, {"K", 1 << 10}, {"KB", 1 << 10}, {"M", 1 << 20},
	{"MB", 1 << 20}, {"G", 1 << 30}, {"GB", 1 << 30}, {"", 1}, {NULL, 0}};

static bool
parse_unit(struct view text, const struct unit *units, int64_t *out)
{
	size_t digits = 0;
	uint64_t n;

	while (digits < text.n && view_is_digit(text.p[digits]))
		digits++;
	for (; units->name; units++) {
		if (!view_eq_str(view_skip(text, digits), units->name))
			continue;
		if (!view_number(
			    view_head(text, digits), (uint64_t)(INT64_MAX / units->factor), &n))
			return false;
		*out = (int64_t)n * units->factor;
		return true;
	}
	return false;
}

bool
fact_parse_score(struct view text, int32_t *out)
{
	bool minus = text.n && text.p[0] == '-';
	struct view whole, part;
	uint64_t n, f = 0;
	size_t dot;

	if (text.n && (text.p[0] == '-' || text.p[0] == '+'))
		text = view_skip(text, 1);
	dot = view_find(text, '.');
	whole = view_head(text, dot);
	part = view_skip(text, dot + 1);
	if (!view_number(whole, 1000000, &n))
		return false;
	if (dot < text.n && (part.n > 2 || !view_number(part, 99, &f)))
		return false;
	if (part.n == 1)
		f *= 10;
	*out = (int32_t)(n * 100 + f) * (minus ? -1 : 1);
	return true;
}

static bool
parse_number(const struct fact_def *def, struct view text, int64_t *out)
{
	bool minus = text.n && text.p[0] == '-';
	int32_t score;
	uint64_t n;

	if (strcmp(def->name, "score") == 0) {
		if (!fact_parse_score(text, &score))
			return false;
		*out = score;
		return true;
	}
	if (!view_number(view_skip(text, minus), INT64_MAX, &n))
		return false;
	*out = minus ? -(int64_t)n : (int64_t)n;
	return true;
}

static bool
parse_bool(struct view text, bool *out)
{
	*out = text.n == 0 || view_is(text, "yes") || view_is(text, "true");
	return *out || view_is(text, "no") || view_is(text, "false");
}

/* What cannot be a name is kept as it stands: a client may well claim it. */
static struct view
parse_domain(struct view text, struct arena *a)
{
	struct view normal = domain_normal(text, a);

	return normal.p ? normal : arena_lower(a, text);
}

static bool
parse_address(struct view text, struct arena *a, struct view *out)
{
	size_t at = view_rfind(text, '@');
	struct view domain;

	if (at == text.n || at == 0 || at + 1 == text.n)
		return false;
	domain = parse_domain(view_skip(text, at + 1), a);
	*out = arena_printf(a, "%.*s@%.*s", (int)at, text.p, VIEW_ARG(domain));
	return true;
}

bool
fact_value_listed(const struct fact_def *def, struct view word)
{
	struct view rest = view_str(def->values), one;

	while (view_split(&rest, ' ', &one)) {
		if (one.n && view_eq(one, word))
			return true;
	}
	return false;
}

static bool
parse_text(const struct fact_def *def, struct view text, struct arena *a, struct view *out)
{
	switch (def->type) {
	case FACT_DOMAIN:
		*out = parse_domain(text, a);
		return text.n > 0;
	case FACT_ADDRESS:
		return parse_address(text, a, out);
	case FACT_ENUM:
		*out = arena_copy(a, text);
		return fact_value_listed(def, text);
	case FACT_COUNTRY:
		*out = arena_copy(a, text);
		return text.n == 2 && view_is_alpha(text.p[0]) && view_is_alpha(text.p[1]);
	default:
		*out = arena_copy(a, text);
		return true;
	}
}

bool
fact_parse(const struct fact_def *def, struct view text, struct arena *a, struct fact_value *out)
{
	struct fact_value v = {.state = FACT_KNOWN};
	bool ok;

	if (!text.p)
		text = VIEW("");
	switch (def->type) {
	case FACT_BOOL:
		ok = parse_bool(text, &v.yes);
		break;
	case FACT_NUMBER:
		ok = parse_number(def, text, &v.number);
		break;
	case FACT_DURATION:
		ok = parse_unit(text, duration_units, &v.number);
		break;
	case FACT_SIZE:
		ok = parse_unit(text, size_units, &v.number);
		break;
	case FACT_IP:
		ok = ip_parse(text, &v.ip);
		break;
	default:
		ok = parse_text(def, text, a, &v.text);
	}
	if (ok)
		*out = v;
	return ok;
}

/* ---- the table ---- */

struct row {
	const struct fact_def *def;
	size_t owner;
};

struct fact_table {
	struct row *rows;
	size_t n, cap;
	struct map *by_name;  /* name -> index + 1 */
	struct arena *copies; /* what fact_table_add_copy keeps */
};

struct fact_table *
fact_table_new(void)
{
	struct fact_table *t = calloc(1, sizeof(*t));

	if (!t)
		log_die("out of memory");
	t->by_name = map_new();
	t->copies = arena_new();
	return t;
}

void
fact_table_free(struct fact_table *t)
{
	if (!t)
		return;
	map_free(t->by_name);
	arena_free(t->copies);
	free(t->rows);
	free(t);
}

bool
fact_table_add(struct fact_table *t, const struct fact_def *def, size_t owner)
{
	struct view name = view_str(def->name);

	if (map_get(t->by_name, name))
		return false;
	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 128;
		t->rows = reallocarray(t->rows, t->cap, sizeof(*t->rows));
		if (!t->rows)
			log_die("out of memory");
	}
	t->rows[t->n++] = (struct row){def, owner};
	map_put(t->by_name, name, (void *)(uintptr_t)t->n);
	return true;
}

bool
fact_table_add_copy(struct fact_table *t, const struct fact_def *def, size_t owner)
{
	struct fact_def *copy = arena_new_of(t->copies, struct fact_def);

	*copy = *def;
	copy->name = arena_cstr(t->copies, view_str(def->name));
	copy->help = arena_cstr(t->copies, view_str(def->help));
	copy->values = def->values ? arena_cstr(t->copies, view_str(def->values)) : NULL;
	return fact_table_add(t, copy, owner);
}

size_t
fact_table_count(const struct fact_table *t)
{
	return t->n;
}

const struct fact_def *
fact_table_at(const struct fact_table *t, size_t i, size_t *owner_out)
{
	if (owner_out)
		*owner_out = t->rows[i].owner;
	return t->rows[i].def;
}

const struct fact_def *
fact_table_find(const struct fact_table *t, struct view name, size_t *owner_out)
{
	size_t i = (size_t)(uintptr_t)map_get(t->by_name, name);

	if (i == 0 || view_ends_nocase(name, VIEW(".*")))
		return NULL;
	return fact_table_at(t, i - 1, owner_out);
}
