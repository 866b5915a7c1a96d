/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/conf/conf_value.h"

#include "mail/dmarc/dmarc_rua.h"
#include "mail/domain.h"
#include "util/json.h"
#include "policy/list/list_key.h"
#include "policy/parser/literal.h"
#include "policy/source.h"
#include "policy/suggest.h"

static void *
field(const struct conf_key *k, struct conf *c)
{
	return (char *)c + k->offset;
}

/* ---- numbers ---- */

static bool
parse_number(enum conf_type t, struct view v, uint64_t *out)
{
	if (t == CONF_NUMBER)
		return view_number(v, UINT64_MAX, out);
	return t == CONF_SIZE ? literal_size(v, out) : literal_duration(v, out);
}

/* "90000" ms -> "90s": the largest unit that leaves nothing over. */
static void
write_number(enum conf_type t, uint64_t n, FILE *out)
{
	static const struct unit {
		const char *name;
		uint64_t factor;
	} durations[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}},
	  sizes[] = {{"GB", 1 << 30}, {"MB", 1 << 20}, {"KB", 1 << 10}, {"B", 1}};
	const struct unit *u = t == CONF_SIZE ? sizes : durations;

	if (t == CONF_NUMBER) {
		fprintf(out, "%llu", (unsigned long long)n);
		return;
	}
	while (u->factor > 1 && (n == 0 || n % u->factor))
		u++;
	fprintf(out, "%llu%s", (unsigned long long)(n / u->factor), u->name);
}

/* The same for a message. */
static const char *
number_text(enum conf_type t, uint64_t n, struct arena *a)
{
	char text[40] = "";
	FILE *f = fmemopen(text, sizeof(text), "w");

	if (f) {
		write_number(t, n, f);
		fclose(f);
	}
	return arena_cstr(a, view_str(text));
}

static uint64_t
number(struct reader *r, const struct conf_key *k)
{
	static const char *const what[] = {[CONF_NUMBER] = "a number",
		[CONF_DURATION] = "a duration such as 10s or 5m",
		[CONF_SIZE] = "a size such as 16MB"};
	uint64_t n = 0;

	if (!reader_at(r, TOKEN_WORD) || !parse_number(k->type, r->now.text, &n))
		reader_expected(r, what[k->type], NULL);
	else if (n < k->min || n > k->max)
		reader_fail(r, NULL, "%s is from %s to %s", k->name,
			number_text(k->type, k->min, r->arena),
			number_text(k->type, k->max, r->arena));
	reader_skip(r);
	return n;
}

/* ---- words ---- */

static int
choice(struct reader *r, const char *words)
{
	const char *what = arena_printf(r->arena, "one of: %s", words).p;

	return reader_choice(r, what, "unknown value", words, NULL);
}

/* A bare word or a text. */
static struct view
word(struct reader *r, const char *what)
{
	if (!reader_at(r, TOKEN_WORD) && !reader_at(r, TOKEN_STRING))
		reader_expected(r, what,
			reader_at(r, TOKEN_OP) ? "write 'key value', with nothing between" : NULL);
	return reader_keep(r)->text;
}

static const char *
host(struct reader *r)
{
	struct place at = r->now.at;
	struct view v = word(r, "a host name");
	struct view normal = domain_normal(v, r->arena);

	if (!r->failed && (!normal.p || !domain_syntax_ok(normal)))
		reader_fail_at(r, &at, NULL, "'%.*s' is not a host name",
			VIEW_ARG(view_head(v, 80)));
	return arena_cstr(r->arena, normal);
}

/* As useradd(8) lets names be. */
static bool
is_user(struct view v)
{
	if (v.n == 0 || v.n > 32 || v.p[0] == '-' || view_is_digit(v.p[0]))
		return false;
	for (size_t i = 0; i < v.n; i++)
		if (!view_is_alpha(v.p[i]) && !view_is_digit(v.p[i]) && v.p[i] != '_' &&
			v.p[i] != '-')
			return false;
	return true;
}

const char *
conf_value_user(struct reader *r)
{
	if (reader_at(r, TOKEN_WORD) && !is_user(r->now.text))
		reader_fail(r, NULL, "%s is not a user or group name", reader_shown(r, &r->now));
	return arena_cstr(r->arena, word(r, "a user or group name"));
}

const char *
conf_value_path(struct reader *r, const char *what)
{
	struct place at = r->now.at;
	struct view v = word(r, what);

	if (v.n == 0)
		reader_fail_at(r, &at, NULL, "an empty path");
	return source_beside(r->file, v, r->arena);
}

static const char *
path(struct reader *r, const struct conf_key *k)
{
	if (strcmp(k->fallback, "none") == 0 && reader_take_word(r, "none"))
		return NULL;
	return conf_value_path(r, "a path");
}

/* It goes into reports: one line that can be read. */
static const char *
line(struct reader *r)
{
	struct place at = r->now.at;
	struct view v;

	if (reader_take_word(r, "none"))
		return NULL;
	v = word(r, "a text");
	for (size_t i = 0; i < v.n; i++)
		if (!r->failed && ((unsigned char)v.p[i] < ' ' || v.p[i] == 0x7f))
			reader_fail_at(r, &at, NULL, "a control character in the text");
	if (!r->failed && (v.n == 0 || !json_utf8(v)))
		reader_fail_at(r, &at, NULL, v.n ? "the text is not UTF-8" : "an empty text");
	return arena_cstr(r->arena, v);
}

static const char *
address(struct reader *r)
{
	struct place at = r->now.at;
	struct view v, domain;

	if (reader_take_word(r, "none"))
		return NULL;
	v = word(r, "an address");
	if (!r->failed && !dmarc_rua_address(v, r->arena, &domain).p)
		reader_fail_at(r, &at, "write one such as dmarc-reports@example.org",
			"'%.*s' is not a plain mail address", VIEW_ARG(view_head(v, 80)));
	return arena_cstr(r->arena, dmarc_rua_address(v, r->arena, &domain));
}

/* ---- sets ---- */

/* ADDRESS [ "@" PORT ] */
static bool
is_server(struct view v)
{
	size_t at = view_find(v, '@');
	uint64_t port = 53;
	struct ip ip;

	if (at < v.n && !view_number(view_skip(v, at + 1), 65535, &port))
		return false;
	return ip_parse(view_head(v, at), &ip) && port > 0;
}

static bool
is_domain(struct view v, struct arena *a)
{
	return domain_normal(v.n && v.p[0] == '.' ? view_skip(v, 1) : v, a).p;
}

/* What an item of the set is; the stored form, absent if v is none. */
static const char *
item_form(enum conf_type t, struct view v, struct arena *a, struct view *out)
{
	struct cidr net;
	bool host_bits;

	*out = arena_lower(a, v);
	switch (t) {
	case CONF_HOSTS:
		*out = domain_normal(v, a);
		if (!out->p || !domain_syntax_ok(*out))
			*out = (struct view){NULL, 0};
		return "a host name";
	case CONF_NETS:
		if (!cidr_parse(v, &net, &host_bits))
			*out = (struct view){NULL, 0};
		return "an address or network";
	case CONF_SERVERS:
		if (!is_server(v))
			*out = (struct view){NULL, 0};
		return "an address, or ADDRESS@PORT";
	default:
		if (!is_domain(v, a))
			*out = (struct view){NULL, 0};
		return "a domain";
	}
}

/* 127.0.0.1/8 is what many write for 127.0.0.0/8. */
static struct view
without_host_bits(struct reader *r, const struct place *at, struct view v)
{
	struct list_note note = {.text = ""};
	char text[IP_TEXT_MAX];
	struct cidr net;
	bool host_bits;

	if (!cidr_parse(v, &net, &host_bits) || !host_bits)
		return v;
	list_key_note_host_bits(&note, v, &net);
	diag_warn(r->diag, at, "host-bits", NULL, "%s", note.text);
	ip_format(&net.net, text);
	return arena_printf(r->arena, "%s/%u", text, net.bits);
}

/* One item in its stored form; absent after an error. A wrong item does not hide the next one. */
static struct view
item(struct reader *r, enum conf_type t)
{
	struct token token = r->now;
	const char *what;
	struct view v;

	if (t == CONF_FILES)
		return view_str(conf_value_path(r, "a path"));
	what = item_form(t, token.text, r->arena, &v);
	word(r, what);
	if (r->failed)
		return v;
	if (!v.p && !token.broken)
		diag_error(r->diag, &token.at, NULL, "%s is not %s", reader_shown(r, &token), what);
	return v.p && t == CONF_NETS ? without_host_bits(r, &token.at, v) : v;
}

static struct conf_set
grown(struct conf_set s, struct view v, struct arena *a)
{
	bool full = (s.n & (s.n - 1)) == 0; /* room is always a power of two */
	struct view *items = (struct view *)s.item;

	if (full) {
		items = arena_array(a, s.n ? s.n * 2 : 1, sizeof(*items));
		if (s.n)
			memcpy(items, s.item, s.n * sizeof(*items));
	}
	items[s.n] = v;
	return (struct conf_set){items, s.n + 1};
}

/* "{" { item [ "," ] } "}" */
static struct conf_set
set(struct reader *r, enum conf_type t)
{
	struct conf_set s = {NULL, 0};
	struct view v;

	if (reader_at(r, TOKEN_WORD))
		reader_expected(r, "'{'",
			arena_printf(r->arena, "write { %.*s }",
				VIEW_ARG(view_head(r->now.text, 60))).p);
	reader_punct(r, '{', "");
	while (!r->failed && !reader_at_punct(r, '}')) {
		v = item(r, t);
		if (v.p)
			s = grown(s, v, r->arena);
		reader_take_punct(r, ',');
	}
	reader_punct(r, '}', "");
	return s;
}

struct conf_set
conf_value_domains(struct reader *r)
{
	return set(r, CONF_DOMAINS);
}

static struct conf_set
zones(struct reader *r)
{
	if (!reader_take_word(r, "all"))
		return set(r, CONF_ZONES);
	return grown((struct conf_set){NULL, 0}, VIEW("all"), r->arena);
}

void
conf_value_read(struct reader *r, const struct conf_key *k, struct conf *c)
{
	void *f = field(k, c);

	switch (k->type) {
	case CONF_YES_NO:
		*(bool *)f = choice(r, "no yes") == 1;
		break;
	case CONF_NUMBER:
	case CONF_DURATION:
	case CONF_SIZE:
		*(uint64_t *)f = number(r, k);
		break;
	case CONF_ENUM:
		*(int *)f = choice(r, k->words);
		break;
	case CONF_USER:
		*(const char **)f = conf_value_user(r);
		break;
	case CONF_HOST:
		*(const char **)f = host(r);
		break;
	case CONF_PATH:
		*(const char **)f = path(r, k);
		break;
	case CONF_TEXT:
		*(const char **)f = line(r);
		break;
	case CONF_ADDRESS:
		*(const char **)f = address(r);
		break;
	case CONF_ZONES:
		*(struct conf_set *)f = zones(r);
		break;
	case CONF_HOSTS:
	case CONF_NETS:
	case CONF_DOMAINS:
	case CONF_SERVERS:
	case CONF_FILES:
		*(struct conf_set *)f = set(r, k->type);
		break;
	case CONF_PATTERNS:
	case CONF_LISTENERS:
	case CONF_BACKENDS:
		break;
	}
}

/* ---- writing ---- */

void
conf_value_quoted(const char *text, FILE *out)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void
write_set(const struct conf_set *s, enum conf_type t, FILE *out)
{
	if (t == CONF_ZONES && s->n == 1 && view_eq_str(s->item[0], "all")) {
		fputs("all", out);
		return;
	}
	fputs("{ ", out);
	for (size_t i = 0; i < s->n; i++) {
		if (t == CONF_FILES)
			conf_value_quoted(s->item[i].p, out);
		else
			fputs(s->item[i].p, out);
		fputc(' ', out);
	}
	fputc('}', out);
}

/* The i-th of words separated by blanks. */
static struct view
nth(const char *words, int i)
{
	struct view rest = view_str(words), one = {NULL, 0};

	while (i-- >= 0 && view_split(&rest, ' ', &one))
		continue;
	return one;
}

void
conf_value_write(const struct conf_key *k, const struct conf *c, FILE *out)
{
	const void *f = (const char *)c + k->offset;
	const char *text = NULL;

	switch (k->type) {
	case CONF_YES_NO:
		fputs(*(const bool *)f ? "yes" : "no", out);
		break;
	case CONF_NUMBER:
	case CONF_DURATION:
	case CONF_SIZE:
		write_number(k->type, *(const uint64_t *)f, out);
		break;
	case CONF_ENUM:
		fprintf(out, "%.*s", VIEW_ARG(nth(k->words, *(const int *)f)));
		break;
	case CONF_USER:
	case CONF_HOST:
		fputs(*(const char *const *)f, out);
		break;
	case CONF_PATH:
	case CONF_TEXT:
	case CONF_ADDRESS:
		text = *(const char *const *)f;
		if (text)
			conf_value_quoted(text, out);
		else
			fputs("none", out);
		break;
	case CONF_PATTERNS:
	case CONF_LISTENERS:
	case CONF_BACKENDS:
		break;
	default:
		write_set(f, k->type, out);
	}
}
