/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/trace_field.h"

#include "mail/date.h"
#include "mail/domain.h"
#include "util/limits.h"

/* RFC 3848; RFC 6531 section 4.3. There is no keyword for HELO within TLS or with AUTH: both want EHLO. */
const char *
trace_field_with(bool esmtp, bool tls, bool auth, bool utf8)
{
	static const char *const names[2][4] = {{"ESMTP", "ESMTPS", "ESMTPA", "ESMTPSA"},
		{"UTF8SMTP", "UTF8SMTPS", "UTF8SMTPA", "UTF8SMTPSA"}};

	return esmtp || utf8 ? names[utf8][tls + 2 * auth] : "SMTP";
}

/* v as one word without anything that has a meaning in the field; at most DOMAIN_MAX + 2 bytes. */
static void
write_word(struct view v, struct buf *out)
{
	v = view_head(v, DOMAIN_MAX + 2);
	for (size_t i = 0; i < v.n; i++) {
		char c = v.p[i];
		bool ok = view_is_alpha(c) || view_is_digit(c) || (c && strchr(".-_:[]", c));

		buf_byte(out, ok ? c : '?');
	}
	if (v.n == 0)
		buf_str(out, "unknown");
}

/* A client's name of one label may be "helo", which some readers take as the mark of a HELO name. */
static bool
is_host_name(struct view v)
{
	return domain_syntax_ok(v) && domain_labels(v) > 1;
}

/* TCP-info = address-literal / ( Domain FWS address-literal ). An address that is not known stands in
 * brackets too, so that no reader takes the HELO name for it. */
static void
write_client(const struct trace_field *t, struct buf *out)
{
	char text[IP_TEXT_MAX];

	buf_str(out, " (");
	write_word(is_host_name(t->name) ? t->name : VIEW("unknown"), out);
	ip_format(&t->ip, text);
	buf_printf(out, " [%s%s])", t->ip.family == 6 ? "IPv6:" : "", t->ip.family ? text : "unknown");
}

/* Dot-atoms on both sides, or a literal, and nothing that would have to be quoted. */
static bool
is_plain_address(struct view v, bool utf8)
{
	for (size_t i = 0; i < v.n; i++) {
		unsigned char c = (unsigned char)v.p[i];

		if (c <= ' ' || c == 127 || (c > 127 && !utf8) || strchr("()<>,;\\\"", c))
			return false;
	}
	return v.n > 0 && v.n <= PATH_MAX_SMTP;
}

/* Time-stamp-line = "Received:" FWS Stamp CRLF
 * Stamp = From-domain By-domain Opt-info [CFWS] ";" FWS date-time
 * Opt-info = [Via] [With] [ID] [For] [Additional-Registered-Clauses] */
void
trace_field_write(const struct trace_field *t, struct buf *out)
{
	buf_str(out, "from ");
	write_word(t->helo, out);
	write_client(t, out);
	if (t->tls_version.n) {
		buf_str(out, "\n\t(using ");
		write_word(t->tls_version, out);
		buf_str(out, " with cipher ");
		write_word(t->tls_cipher, out);
		buf_str(out, ")");
	}
	buf_str(out, "\n\tby ");
	write_word(t->by, out);
	buf_printf(out, " (Postern) with %s", trace_field_with(t->esmtp, t->tls, t->auth, t->utf8));
	if (t->id.n) {
		buf_str(out, " id ");
		write_word(t->id, out);
	}
	if (is_plain_address(t->rcpt, t->utf8))
		buf_printf(out, "\n\tfor <%.*s>", VIEW_ARG(t->rcpt));
	buf_str(out, ";\n\t");
	date_write(t->now, out);
}
