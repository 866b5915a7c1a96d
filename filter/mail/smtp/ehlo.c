/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp/ehlo.h"

#include "mail/smtp/sasl_name.h"
#include "mail/smtp/xclient.h"

/* In the order in which they are written. */
static const struct {
	enum ehlo_keyword bit;
	const char *name;
} keywords[] = {
	{EHLO_PIPELINING, "PIPELINING"},
	{EHLO_SIZE, "SIZE"},
	{EHLO_ETRN, "ETRN"},
	{EHLO_STARTTLS, "STARTTLS"},
	{EHLO_AUTH, "AUTH"},
	{EHLO_XCLIENT, "XCLIENT"},
	{EHLO_XFORWARD, "XFORWARD"},
	{EHLO_ENHANCEDSTATUSCODES, "ENHANCEDSTATUSCODES"},
	{EHLO_8BITMIME, "8BITMIME"},
	{EHLO_DSN, "DSN"},
	{EHLO_SMTPUTF8, "SMTPUTF8"},
	{EHLO_CHUNKING, "CHUNKING"},
	{EHLO_REQUIRETLS, "REQUIRETLS"},
	{EHLO_LIMITS, "LIMITS"},
	{EHLO_BINARYMIME, "BINARYMIME"},
};

enum { KEYWORDS = sizeof(keywords) / sizeof(*keywords) };

/* The next word of *rest, without the blanks around it; absent if there is none. */
static struct view
word(struct view *rest)
{
	struct view v = view_trim(*rest), w;

	w = view_head(v, view_find(v, ' '));
	*rest = view_skip(v, w.n);
	return w.n ? w : (struct view){NULL, 0};
}

static unsigned
read_mechs(struct view rest)
{
	unsigned mechs = 0;

	for (struct view w = word(&rest); w.p; w = word(&rest))
		mechs |= (unsigned)sasl_name_mech(w);
	return mechs;
}

/* limits-param = limit-name-value 0*[SP limit-name-value]; values are 1*6DIGIT, not 0 (RFC 9422 section
 * 3). Those that are not known, or make no sense, count as not there. */
static void
read_limits(struct view rest, struct ehlo *e)
{
	const struct {
		const char *name;
		uint32_t *to;
	} t[] = {{"MAILMAX", &e->mail_max}, {"RCPTMAX", &e->rcpt_max},
		{"RCPTDOMAINMAX", &e->rcpt_domain_max}};

	for (struct view w = word(&rest); w.p; w = word(&rest)) {
		struct view name = view_head(w, view_find(w, '='));
		uint64_t n;

		if (!view_number(view_skip(w, name.n + 1), 999999, &n))
			continue;
		for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
			if (view_is(name, t[i].name))
				*t[i].to = (uint32_t)n;
	}
}

static void
read_params(enum ehlo_keyword bit, struct view rest, struct ehlo *e)
{
	switch (bit) {
	case EHLO_SIZE:
		view_number(word(&rest), UINT64_MAX, &e->size);
		break;
	case EHLO_AUTH:
		e->mechs |= read_mechs(rest);
		break;
	case EHLO_XCLIENT:
		e->xclient = xclient_announced(rest);
		break;
	case EHLO_XFORWARD:
		e->xforward = xclient_announced(rest);
		break;
	case EHLO_LIMITS:
		read_limits(rest, e);
		break;
	default:
		break;
	}
}

/* ehlo-line = ehlo-keyword *( SP ehlo-param ) */
void
ehlo_parse(struct view lines, struct ehlo *out)
{
	struct view line;
	bool greeting = true;

	*out = (struct ehlo){0};
	for (; view_split(&lines, '\n', &line); greeting = false) {
		struct view keyword = word(&line);

		if (greeting)
			continue;
		if (view_starts_nocase(keyword, "AUTH=")) {
			out->has |= EHLO_AUTH;
			out->mechs |= (unsigned)sasl_name_mech(view_skip(keyword, 5)) | read_mechs(line);
		}
		for (size_t i = 0; i < KEYWORDS; i++)
			if (view_is(keyword, keywords[i].name)) {
				out->has |= keywords[i].bit;
				read_params(keywords[i].bit, line, out);
			}
	}
	if (!out->mechs)
		out->has &= ~(unsigned)EHLO_AUTH;
}

/* The smaller one of two that are said. */
static uint64_t
smaller(uint64_t x, uint64_t y)
{
	if (x == 0 || y == 0)
		return x + y;
	return x < y ? x : y;
}

struct ehlo
ehlo_both(const struct ehlo *x, const struct ehlo *y)
{
	struct ehlo e = {
		.has = (x->has & y->has & EHLO_COMMON) | ((x->has | y->has) & EHLO_LIMITS),
		.mechs = x->mechs & y->mechs,
		.mail_max = (uint32_t)smaller(x->mail_max, y->mail_max),
		.rcpt_max = (uint32_t)smaller(x->rcpt_max, y->rcpt_max),
		.rcpt_domain_max = (uint32_t)smaller(x->rcpt_domain_max, y->rcpt_domain_max),
	};

	if (e.has & EHLO_SIZE)
		e.size = smaller(x->size, y->size);
	if (!e.mechs)
		e.has &= ~(unsigned)EHLO_AUTH;
	return e;
}

static void
write_attributes(unsigned set, struct buf *out)
{
	for (int i = 0; i < XCLIENT_ATTRIBUTES; i++)
		if (set & 1U << i)
			buf_printf(out, " %s", xclient_attribute_name((enum xclient_attribute)i));
}

static void
write_limit(const char *name, uint32_t n, struct buf *out)
{
	if (n)
		buf_printf(out, " %s=%u", name, n);
}

static void
write_params(enum ehlo_keyword bit, const struct ehlo *e, struct buf *out)
{
	switch (bit) {
	case EHLO_SIZE:
		if (e->size)
			buf_printf(out, " %llu", (unsigned long long)e->size);
		break;
	case EHLO_AUTH:
		for (unsigned m = 1; m < SASL_ALL; m <<= 1)
			if (e->mechs & m)
				buf_printf(out, " %s", sasl_name_mech_name((enum sasl_mech)m));
		break;
	case EHLO_XCLIENT:
		write_attributes(e->xclient, out);
		break;
	case EHLO_XFORWARD:
		write_attributes(e->xforward, out);
		break;
	case EHLO_LIMITS:
		write_limit("MAILMAX", e->mail_max, out);
		write_limit("RCPTMAX", e->rcpt_max, out);
		write_limit("RCPTDOMAINMAX", e->rcpt_domain_max, out);
		break;
	default:
		break;
	}
}

/* Nothing that its line would say nothing with, and no BINARYMIME. */
static unsigned
offered(const struct ehlo *e)
{
	unsigned has = e->has & ~(unsigned)EHLO_BINARYMIME;

	if (!e->mechs)
		has &= ~(unsigned)EHLO_AUTH;
	if (!e->mail_max && !e->rcpt_max && !e->rcpt_domain_max)
		has &= ~(unsigned)EHLO_LIMITS;
	return has;
}

/* ehlo-ok-rsp = ( "250" SP Domain [ SP ehlo-greet ] CRLF ) /
 *	( "250-" Domain [ SP ehlo-greet ] CRLF *( "250-" ehlo-line CRLF ) "250" SP ehlo-line CRLF ) */
void
ehlo_write(const struct ehlo *e, struct view name, struct buf *out)
{
	unsigned left = offered(e);

	buf_printf(out, "250%c%.*s\r\n", left ? '-' : ' ', VIEW_ARG(name));
	for (size_t i = 0; i < KEYWORDS; i++) {
		if (!(left & keywords[i].bit))
			continue;
		left &= ~(unsigned)keywords[i].bit;
		buf_printf(out, "250%c%s", left ? '-' : ' ', keywords[i].name);
		write_params(keywords[i].bit, e, out);
		buf_str(out, "\r\n");
	}
}
