/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/spf/spf_record.h"

#include "mail/spf/spf_macro.h"
#include "util/limits.h"

/* Takes "/" 1*DIGIT off the end of *v; false if it does not end so. */
static bool
take_length(struct view *v, struct view *digits)
{
	size_t n = v->n;

	while (n > 0 && view_is_digit(v->p[n - 1]))
		n--;
	if (n == v->n || n == 0 || v->p[n - 1] != '/')
		return false;
	*digits = view_skip(*v, n);
	*v = view_head(*v, n - 1);
	return true;
}

/*
 * ip4-cidr-length = "/" ("0" / %x31-39 0*1DIGIT) ; value range 0-32
 * ip6-cidr-length = "/" ("0" / %x31-39 0*2DIGIT) ; value range 0-128
 */
static bool
length_ok(struct view digits, unsigned max, uint8_t *out)
{
	uint64_t n;

	if ((digits.n > 1 && digits.p[0] == '0') || !view_number(digits, max, &n))
		return false;
	*out = (uint8_t)n;
	return true;
}

/*
 * dual-cidr-length = [ ip4-cidr-length ] [ "/" ip6-cidr-length ]
 *
 * Read from the end: a domain-spec may hold slashes, but cannot end in one and digits.
 */
static bool
take_dual_length(struct view *v, struct spf_term *t)
{
	struct view digits;

	if (!take_length(v, &digits))
		return true;
	if (v->n > 0 && v->p[v->n - 1] == '/') {
		*v = view_head(*v, v->n - 1);
		if (!length_ok(digits, 128, &t->bits6))
			return false;
		if (!take_length(v, &digits))
			return true;
	}
	return length_ok(digits, 32, &t->bits4);
}

static bool
no_argument(struct view arg, struct spf_term *t)
{
	return arg.n == 0;
}

/* ":" domain-spec */
static bool
domain_argument(struct view arg, struct spf_term *t)
{
	if (arg.n == 0 || arg.p[0] != ':')
		return false;
	t->spec = view_skip(arg, 1);
	return spf_macro_domain_ok(t->spec);
}

/* [ ":" domain-spec ] */
static bool
optional_domain(struct view arg, struct spf_term *t)
{
	return arg.n == 0 || domain_argument(arg, t);
}

/* [ ":" domain-spec ] [ dual-cidr-length ] */
static bool
host_argument(struct view arg, struct spf_term *t)
{
	return take_dual_length(&arg, t) && optional_domain(arg, t);
}

/*
 * ip4         = "ip4" ":" ip4-network [ ip4-cidr-length ]
 * ip4-network = qnum "." qnum "." qnum "." qnum
 * qnum        = DIGIT / %x31-39 DIGIT / "1" 2DIGIT / "2" %x30-34 DIGIT / "25" %x30-35
 */
static bool
ip4_argument(struct view arg, struct spf_term *t)
{
	struct view digits;

	if (arg.n == 0 || arg.p[0] != ':')
		return false;
	if (take_length(&arg, &digits) && !length_ok(digits, 32, &t->bits4))
		return false;
	arg = view_skip(arg, 1);
	return view_find(arg, ':') == arg.n && ip_parse(arg, &t->ip);
}

/*
 * ip6         = "ip6" ":" ip6-network [ ip6-cidr-length ]
 * ip6-network = <as per Section 2.2 of [RFC4291]>
 */
static bool
ip6_argument(struct view arg, struct spf_term *t)
{
	struct view digits;
	struct ip ip;

	if (arg.n == 0 || arg.p[0] != ':')
		return false;
	if (take_length(&arg, &digits) && !length_ok(digits, 128, &t->bits6))
		return false;
	arg = view_skip(arg, 1);
	if (view_find(arg, ':') == arg.n || !ip_parse(arg, &ip))
		return false;
	if (ip.family == 4) { /* undo util/cidr's mapping: "ip6" is about IPv6 clients alone */
		t->ip = (struct ip){.family = 6, .b = {[10] = 0xff, [11] = 0xff}};
		memcpy(t->ip.b + 12, ip.b, 4);
	} else {
		t->ip = ip;
	}
	return true;
}

/*
 * mechanism = ( all / include / a / mx / ptr / ip4 / ip6 / exists )
 * all       = "all"
 * include   = "include" ":" domain-spec
 * a         = "a"       [ ":" domain-spec ] [ dual-cidr-length ]
 * mx        = "mx"      [ ":" domain-spec ] [ dual-cidr-length ]
 * ptr       = "ptr"     [ ":" domain-spec ]
 * exists    = "exists"  ":" domain-spec
 */
static const struct mechanism {
	const char *name;
	enum spf_kind kind;
	bool (*argument)(struct view arg, struct spf_term *t);
	const char *why;
} mechanisms[] = {
	{"all", SPF_TERM_ALL, no_argument, "\"all\" takes no argument"},
	{"include", SPF_TERM_INCLUDE, domain_argument, "\"include\" needs a domain"},
	{"a", SPF_TERM_A, host_argument, "bad domain or prefix length"},
	{"mx", SPF_TERM_MX, host_argument, "bad domain or prefix length"},
	{"ptr", SPF_TERM_PTR, optional_domain, "bad domain"},
	{"ip4", SPF_TERM_IP4, ip4_argument, "bad IPv4 network"},
	{"ip6", SPF_TERM_IP6, ip6_argument, "bad IPv6 network"},
	{"exists", SPF_TERM_EXISTS, domain_argument, "\"exists\" needs a domain"},
};

/*
 * directive = [ qualifier ] mechanism
 * qualifier = "+" / "-" / "?" / "~"
 */
static bool
parse_directive(struct spf_term *t, const char **why)
{
	struct view body = t->text;
	size_t n = 0;

	t->qualifier = '+';
	if (view_find(VIEW("+-?~"), body.p[0]) < 4) {
		t->qualifier = body.p[0];
		body = view_skip(body, 1);
	}
	while (n < body.n && body.p[n] != ':' && body.p[n] != '/')
		n++;
	for (size_t i = 0; i < sizeof(mechanisms) / sizeof(*mechanisms); i++) {
		const struct mechanism *m = &mechanisms[i];

		if (!view_is(view_head(body, n), m->name))
			continue;
		t->kind = m->kind;
		*why = m->why;
		return m->argument(view_skip(body, n), t);
	}
	*why = "unknown mechanism";
	return false;
}

/*
 * modifier         = redirect / explanation / unknown-modifier
 * redirect         = "redirect" "=" domain-spec
 * explanation      = "exp" "=" domain-spec
 * unknown-modifier = name "=" macro-string ; where name is not any known modifier
 */
static bool
parse_modifier(struct view name, struct spf_term *t, const char **why)
{
	t->spec = view_skip(t->text, name.n + 1);
	if (view_is(name, "redirect"))
		t->kind = SPF_TERM_REDIRECT;
	else if (view_is(name, "exp"))
		t->kind = SPF_TERM_EXP;
	else
		t->kind = SPF_TERM_UNKNOWN;
	*why = "bad value of a modifier";
	return t->kind == SPF_TERM_UNKNOWN ? spf_macro_string_ok(t->spec)
					   : spf_macro_domain_ok(t->spec);
}

/* name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." ) */
static size_t
name_length(struct view v)
{
	size_t n = 0;

	if (v.n == 0 || !view_is_alpha(v.p[0]))
		return 0;
	while (n < v.n && (view_is_alpha(v.p[n]) || view_is_digit(v.p[n]) || v.p[n] == '-' ||
				  v.p[n] == '_' || v.p[n] == '.'))
		n++;
	return n;
}

static bool
parse_term(struct view text, struct spf_term *t, const char **why)
{
	size_t n = name_length(text);

	*t = (struct spf_term){.text = text, .bits4 = 32, .bits6 = 128};
	if (n > 0 && n < text.n && text.p[n] == '=')
		return parse_modifier(view_head(text, n), t, why);
	return parse_directive(t, why);
}

/*
 * record = version terms *SP
 * terms  = *( 1*SP ( directive / modifier ) )
 */
static bool
next_text(struct view *rest, struct view *out)
{
	size_t n;

	while (rest->n > 0 && rest->p[0] == ' ')
		*rest = view_skip(*rest, 1);
	n = view_find(*rest, ' ');
	*out = view_head(*rest, n);
	*rest = view_skip(*rest, n);
	return n > 0;
}

bool
spf_record_next(struct view *rest, struct spf_term *out)
{
	const char *why;
	struct view text;

	return next_text(rest, &text) && parse_term(text, out, &why);
}

bool
spf_record_asks(enum spf_kind kind)
{
	return kind == SPF_TERM_INCLUDE || kind == SPF_TERM_A || kind == SPF_TERM_MX ||
	       kind == SPF_TERM_PTR || kind == SPF_TERM_EXISTS || kind == SPF_TERM_REDIRECT;
}

/* Section 6: redirect and exp appear once at most. */
static bool
note_term(struct spf_record *r, const struct spf_term *t)
{
	struct view *once = t->kind == SPF_TERM_REDIRECT ? &r->redirect : &r->exp;

	if (t->kind == SPF_TERM_ALL)
		r->has_all = true;
	else if (spf_record_asks(t->kind) && t->kind != SPF_TERM_REDIRECT && !r->has_all)
		r->asking++;
	if (t->kind != SPF_TERM_REDIRECT && t->kind != SPF_TERM_EXP)
		return true;
	if (once->p)
		return false;
	*once = t->spec;
	return true;
}

enum spf_record_status
spf_record_parse(struct view text, struct spf_record *out, struct spf_record_flaw *flaw_out)
{
	static const char version[] = "v=spf1";
	struct spf_record r = {.asking = 0};
	struct spf_record_flaw ignored, *flaw = flaw_out ? flaw_out : &ignored;
	struct view rest, one;
	struct spf_term t;

	if (!view_starts_nocase(text, version))
		return SPF_RECORD_OTHER;
	rest = r.terms = view_skip(text, sizeof(version) - 1);
	if (rest.n > 0 && rest.p[0] != ' ')
		return SPF_RECORD_OTHER;
	*flaw = (struct spf_record_flaw){.why = "record too long"};
	if (text.n > SPF_RECORD_MAX)
		return SPF_RECORD_BAD;
	while (next_text(&rest, &one)) {
		const char *why = "";

		*flaw = (struct spf_record_flaw){.term = one, .at = (size_t)(one.p - text.p)};
		if (!parse_term(one, &t, &why)) {
			flaw->why = why;
			return SPF_RECORD_BAD;
		}
		flaw->why = "modifier given twice";
		if (!note_term(&r, &t))
			return SPF_RECORD_BAD;
	}
	r.asking += r.redirect.p && !r.has_all;
	*out = r;
	return SPF_RECORD_OK;
}
