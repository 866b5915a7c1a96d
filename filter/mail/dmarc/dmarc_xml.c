/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dmarc/dmarc_xml.h"

#include "util/json.h"

/* Bytes of the UTF-8 character at the head of v; 0 if it is none. */
static size_t
character(struct view v)
{
	for (size_t n = 1; n <= 4 && n <= v.n; n++)
		if (json_utf8(view_head(v, n)))
			return n;
	return 0;
}

/* Char ::= #x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | ...; without DEL, and line ends are
 * no part of what is written here. */
static bool
is_allowed(struct view c)
{
	unsigned char first = (unsigned char)c.p[0];

	if (c.n == 1)
		return first >= ' ' && first != 0x7f;
	return c.n != 3 || (memcmp(c.p, "\xef\xbf\xbe", 3) != 0 && memcmp(c.p, "\xef\xbf\xbf", 3) != 0);
}

static void
escaped(struct buf *out, struct view v)
{
	size_t n;

	for (; v.n; v = view_skip(v, n ? n : 1)) {
		n = character(v);
		if (n == 0 || !is_allowed(view_head(v, n)))
			continue;
		if (v.p[0] == '&')
			buf_str(out, "&amp;");
		else if (v.p[0] == '<')
			buf_str(out, "&lt;");
		else if (v.p[0] == '>')
			buf_str(out, "&gt;");
		else
			buf_add(out, view_head(v, n));
	}
}

static void
text(struct buf *out, const char *name, struct view v)
{
	buf_printf(out, "<%s>", name);
	escaped(out, v);
	buf_printf(out, "</%s>\n", name);
}

static void
word(struct buf *out, const char *name, const char *v)
{
	text(out, name, view_str(v));
}

static void
optional(struct buf *out, const char *name, struct view v)
{
	if (v.p)
		text(out, name, v);
}

static void
policy(struct buf *out, const struct dmarc_report *r)
{
	buf_str(out, "<policy_published>\n");
	text(out, "domain", r->domain);
	word(out, "discovery_method", "treewalk");
	word(out, "p", dmarc_record_policy_name(r->record.p));
	word(out, "sp", dmarc_record_policy_name(r->record.sp));
	word(out, "np", dmarc_record_policy_name(r->record.np));
	word(out, "adkim", r->record.strict_dkim ? "s" : "r");
	word(out, "aspf", r->record.strict_spf ? "s" : "r");
	word(out, "fo", r->record.fo[0] ? r->record.fo : "0");
	word(out, "testing", r->record.testing ? "y" : "n");
	buf_str(out, "</policy_published>\n");
}

void
dmarc_xml_begin(const struct dmarc_report *r, struct buf *out)
{
	buf_str(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<feedback xmlns=\"urn:ietf:params:xml:ns:dmarc-2.0\">\n"
		"<version>1.0</version>\n<report_metadata>\n");
	text(out, "org_name", r->org);
	text(out, "email", r->email);
	optional(out, "extra_contact_info", r->contact);
	text(out, "report_id", r->id);
	buf_printf(out, "<date_range>\n<begin>%lld</begin>\n<end>%lld</end>\n</date_range>\n",
		(long long)r->begin, (long long)r->end);
	optional(out, "error", r->error);
	text(out, "generator", r->generator);
	buf_str(out, "</report_metadata>\n");
	policy(out, r);
}

static void
auth_results(struct buf *out, const struct dmarc_row *row)
{
	buf_str(out, "<auth_results>\n");
	for (size_t i = 0; i < row->n_dkim; i++) {
		buf_str(out, "<dkim>\n");
		text(out, "domain", row->dkim[i].domain);
		text(out, "selector", row->dkim[i].selector);
		text(out, "result", row->dkim[i].result);
		buf_str(out, "</dkim>\n");
	}
	if (row->spf_domain.p && row->spf_result.p) {
		buf_str(out, "<spf>\n");
		text(out, "domain", row->spf_domain);
		word(out, "scope", "mfrom");
		text(out, "result", row->spf_result);
		buf_str(out, "</spf>\n");
	}
	buf_str(out, "</auth_results>\n");
}

void
dmarc_xml_row(const struct dmarc_row *row, uint64_t count, struct buf *out)
{
	char ip[IP_TEXT_MAX];

	ip_format(&row->ip, ip);
	buf_str(out, "<record>\n<row>\n");
	word(out, "source_ip", ip);
	buf_printf(out, "<count>%llu</count>\n<policy_evaluated>\n", (unsigned long long)count);
	word(out, "disposition", dmarc_row_disposition_name(row->disposition));
	word(out, "dkim", row->dkim_aligned ? "pass" : "fail");
	word(out, "spf", row->spf_aligned ? "pass" : "fail");
	if (row->override != DMARC_AS_ASKED)
		buf_printf(out, "<reason><type>%s</type></reason>\n", dmarc_row_override_name(row->override));
	buf_str(out, "</policy_evaluated>\n</row>\n<identifiers>\n");
	text(out, "header_from", row->header_from);
	optional(out, "envelope_from", row->envelope_from);
	optional(out, "envelope_to", row->envelope_to);
	buf_str(out, "</identifiers>\n");
	auth_results(out, row);
	buf_str(out, "</record>\n");
}

void
dmarc_xml_end(struct buf *out)
{
	buf_str(out, "</feedback>\n");
}
