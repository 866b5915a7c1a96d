/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dmarc/dmarc_record.h"

static const char *const policies[] = {"none", "quarantine", "reject"};

const char *
dmarc_record_policy_name(enum dmarc_policy p)
{
	return policies[p];
}

/* A tag with dmarc-request for its value. */
struct request {
	bool seen, faulty;
	enum dmarc_policy policy;
};

/* dmarc-request = "none" / "quarantine" / "reject" */
static void
read_request(struct view value, struct request *out)
{
	if (out->seen)
		return; /* a second one is a syntax error: left out */
	out->seen = out->faulty = true;
	for (int i = DMARC_NONE; i <= DMARC_REJECT; i++)
		if (view_is(value, policies[i])) {
			out->policy = (enum dmarc_policy)i;
			out->faulty = false;
		}
}

/* At least one URI of the list has a scheme and something behind it.
 *
 *	dmarc-urilist = dmarc-uri *(*WSP "," *WSP dmarc-uri) */
static bool
has_uri(struct view list)
{
	struct view uri;

	while (view_split(&list, ',', &uri)) {
		size_t colon, ok = 0;

		uri = view_trim(uri);
		colon = view_find(uri, ':');
		while (ok < colon && (view_is_alpha(uri.p[ok]) ||
					     (ok && (view_is_digit(uri.p[ok]) || uri.p[ok] == '+' ||
							    uri.p[ok] == '-' || uri.p[ok] == '.'))))
			ok++;
		if (ok == colon && colon > 0 && colon + 1 < uri.n && view_find(uri, ' ') == uri.n)
			return true;
	}
	return false;
}

/* dmarc-psd = "y" / "n" / "u" */
static enum dmarc_psd
read_psd(struct view value)
{
	if (view_is(value, "y"))
		return DMARC_PSD_YES;
	return view_is(value, "n") ? DMARC_PSD_NO : DMARC_PSD_UNSAID;
}

/* dmarc-fo = "0" / "1" / "d" / "s" / "d:s" / "s:d"; RFC 7489 had any of them in a list. */
void
dmarc_record_fo(struct view list, char out[static DMARC_FO_SIZE])
{
	static const char options[] = "01ds";
	struct view item;
	bool found[4] = {false};
	size_t n = 0;

	while (view_split(&list, ':', &item)) {
		item = view_trim(item);
		for (size_t i = 0; i < sizeof(found); i++)
			found[i] |= item.n == 1 && view_lower(item.p[0]) == options[i];
	}
	for (size_t i = 0; i < sizeof(found); i++) {
		if (!found[i])
			continue;
		if (n)
			out[n++] = ':';
		out[n++] = options[i];
	}
	out[n] = '\0';
}

/* What is not a policy. Tag names are without case, as ABNF literals are. */
static void
read_flag(const struct tag *t, struct dmarc_record *out)
{
	if (view_is(t->name, "adkim"))
		out->strict_dkim = view_is(t->value, "s");
	else if (view_is(t->name, "aspf"))
		out->strict_spf = view_is(t->value, "s");
	else if (view_is(t->name, "t"))
		out->testing = view_is(t->value, "y");
	else if (view_is(t->name, "psd"))
		out->psd = read_psd(t->value);
	else if (view_is(t->name, "fo"))
		dmarc_record_fo(t->value, out->fo);
}

/* A faulty p, sp or np stands for p=none where reports are asked for, else for no record (RFC 9989
 * section 4.10.1). A record without p is one with p=none (section 4.7). */
static void
settle(const struct request *p, const struct request *sp, const struct request *np,
	struct dmarc_record *out)
{
	if (p->faulty || sp->faulty || np->faulty) {
		out->usable = out->rua.p != NULL;
		return;
	}
	out->usable = true;
	out->p = p->policy;
	out->sp = sp->seen ? sp->policy : out->p;
	out->np = np->seen ? np->policy : out->sp;
}

/*
 * dmarc-record  = dmarc-version *(dmarc-sep dmarc-tag) [dmarc-sep]
 * dmarc-version = "v" equals %s"DMARC1"
 * dmarc-sep     = *WSP ";" *WSP
 * equals        = *WSP "=" *WSP
 */
bool
dmarc_record_read(struct view text, struct dmarc_record *out)
{
	struct request p = {0}, sp = {0}, np = {0};
	struct tag t;

	*out = (struct dmarc_record){.p = DMARC_NONE};
	if (text.n == 0 || view_is_space(text.p[0]))
		return false;
	if (!taglist_next(&text, &t) || !view_is(t.name, "v") || !view_eq_str(t.value, "DMARC1"))
		return false;
	while (taglist_next(&text, &t)) {
		if (view_is(t.name, "p"))
			read_request(t.value, &p);
		else if (view_is(t.name, "sp"))
			read_request(t.value, &sp);
		else if (view_is(t.name, "np"))
			read_request(t.value, &np);
		else if (view_is(t.name, "rua"))
			out->rua = out->rua.p || !has_uri(t.value) ? out->rua : t.value;
		else
			read_flag(&t, out);
	}
	settle(&p, &sp, &np, out);
	return true;
}
