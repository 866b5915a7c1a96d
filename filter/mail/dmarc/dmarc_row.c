/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dmarc/dmarc_row.h"

#include "util/json.h"

const char *
dmarc_row_disposition_name(enum dmarc_disposition d)
{
	static const char *const names[] = {"none", "pass", "quarantine", "reject"};

	return names[d];
}

const char *
dmarc_row_override_name(enum dmarc_override o)
{
	static const char *const names[] = {"", "local_policy", "policy_test_mode", "trusted_forwarder",
		"other"};

	return names[o];
}

static void
text(struct json *j, const char *key, struct view v)
{
	json_key(j, key);
	json_text(j, view_head(v, DOMAIN_MAX));
}

static void
flag(struct json *j, const char *key, bool yes)
{
	json_key(j, key);
	json_bool(j, yes);
}

static void
write_record(struct json *j, const struct dmarc_record *r)
{
	struct view rua = r->rua;

	if (rua.n > DMARC_RUA_MAX) { /* whole URIs only */
		rua.n = view_rfind(view_head(rua, DMARC_RUA_MAX), ',');
		rua = rua.n < DMARC_RUA_MAX ? rua : view_of(NULL, 0);
	}
	text(j, "p", view_str(dmarc_record_policy_name(r->p)));
	text(j, "sp", view_str(dmarc_record_policy_name(r->sp)));
	text(j, "np", view_str(dmarc_record_policy_name(r->np)));
	flag(j, "adkim-strict", r->strict_dkim);
	flag(j, "aspf-strict", r->strict_spf);
	flag(j, "testing", r->testing);
	text(j, "fo", view_str(r->fo));
	json_key(j, "rua");
	json_text(j, rua);
}

void
dmarc_row_write(const struct dmarc_row *r, struct buf *out)
{
	char ip[IP_TEXT_MAX];
	struct json j;

	ip_format(&r->ip, ip);
	json_init(&j, out);
	json_open(&j, '{');
	json_key(&j, "time");
	json_number(&j, r->time);
	text(&j, "domain", r->domain);
	write_record(&j, &r->record);
	text(&j, "ip", view_str(ip));
	text(&j, "header-from", r->header_from);
	text(&j, "envelope-from", r->envelope_from);
	text(&j, "envelope-to", r->envelope_to);
	flag(&j, "dkim-aligned", r->dkim_aligned);
	flag(&j, "spf-aligned", r->spf_aligned);
	text(&j, "disposition", view_str(dmarc_row_disposition_name(r->disposition)));
	text(&j, "override", view_str(dmarc_row_override_name(r->override)));
	text(&j, "spf-domain", r->spf_domain);
	text(&j, "spf", r->spf_result);
	json_key(&j, "dkim");
	json_open(&j, '[');
	for (size_t i = 0; i < r->n_dkim; i++) {
		json_open(&j, '{');
		text(&j, "d", r->dkim[i].domain);
		text(&j, "s", r->dkim[i].selector);
		text(&j, "result", r->dkim[i].result);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_close(&j, '}');
}
