/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/spf/spf_opaque.h"

#include <stdio.h>

#include "mail/spf/spf_frame.h"

static const struct ip placeholder4 = {4, {192, 0, 2, 1}};
static const struct ip placeholder6 = {6, {0x20, 0x01, 0x0d, 0xb8, [15] = 1}};

void
spf_opaque_tag_write(const struct spf_opaque_tag *tag, char out[static SPF_OPAQUE_TAG])
{
	if (tag->name < 0)
		snprintf(out, SPF_OPAQUE_TAG, "%u.%u.t", tag->record, tag->term);
	else
		snprintf(out, SPF_OPAQUE_TAG, "%u.%u.%u.t", tag->record, tag->term,
			(uint8_t)tag->name);
}

/* A number of one or two digits and the dot behind it. */
static bool
read_number(const char **p, unsigned limit, uint8_t *out)
{
	unsigned v = 0;
	const char *start = *p;

	while (**p >= '0' && **p <= '9' && *p < start + 2)
		v = v * 10 + (unsigned)(*(*p)++ - '0');
	if (*p == start || **p != '.' || v >= limit)
		return false;
	++*p;
	*out = (uint8_t)v;
	return true;
}

bool
spf_opaque_tag_read(const char *text, struct spf_opaque_tag *out)
{
	uint8_t name;

	if (!read_number(&text, SPF_OPAQUE_RECORDS, &out->record) ||
		!read_number(&text, SPF_OPAQUE_TERMS, &out->term))
		return false;
	out->name = -1;
	if (read_number(&text, SPF_NAMES, &name))
		out->name = (int8_t)name;
	return strcmp(text, "t") == 0;
}

/* As which term libspf2 sees it: "exists" where it has nothing to compare. */
static enum spf_kind
shown_as(const struct spf_term *t, unsigned bits)
{
	switch (t->kind) {
	case SPF_TERM_A:
	case SPF_TERM_MX:
		return bits ? t->kind : SPF_TERM_EXISTS;
	case SPF_TERM_INCLUDE:
	case SPF_TERM_REDIRECT:
		return t->kind;
	default:
		return SPF_TERM_EXISTS;
	}
}

static void
add(struct spf_opaque *out, size_t *used, const struct spf_term *t, uint8_t number, uint8_t family)
{
	static const char *const words[] = {
		[SPF_TERM_INCLUDE] = "include:",
		[SPF_TERM_A] = "a:",
		[SPF_TERM_MX] = "mx:",
		[SPF_TERM_EXISTS] = "exists:",
		[SPF_TERM_REDIRECT] = "redirect=",
	};
	unsigned bits = family == 4 ? t->bits4 : t->bits6;
	enum spf_kind kind = shown_as(t, bits);
	char qualifier[] = {t->qualifier, '\0'}, tag[SPF_OPAQUE_TAG], prefix[sizeof("//128")] = "";

	spf_opaque_tag_write(&(struct spf_opaque_tag){number, out->n, -1}, tag);
	if (kind == SPF_TERM_A || kind == SPF_TERM_MX)
		snprintf(prefix, sizeof(prefix), "%s%u", family == 4 ? "/" : "//", bits);
	*used += (size_t)snprintf(out->text + *used, sizeof(out->text) - *used, " %s%s%s%s",
		qualifier, words[kind], tag, prefix);
	out->term[out->n] = *t;
	out->shown[out->n++] = kind;
}

void
spf_opaque_write(const struct spf_record *r, const struct ip *client, uint8_t number,
	unsigned may_ask, struct spf_opaque *out)
{
	struct spf_term last = {
		.kind = SPF_TERM_REDIRECT, .text = r->redirect, .spec = r->redirect};
	unsigned most = may_ask < SPF_TERMS ? may_ask + 1 : SPF_OPAQUE_TERMS;
	size_t used = (size_t)snprintf(out->text, sizeof(out->text), "v=spf1");
	struct view rest = r->terms;
	struct spf_term t;

	out->n = 0;
	while (out->n < most && spf_record_next(&rest, &t)) {
		bool fits = spf_frame_fits(client, &t);

		if (!fits && (!spf_record_asks(t.kind) || t.kind == SPF_TERM_REDIRECT))
			continue;
		out->rest[out->n] = rest;
		add(out, &used, &t, number, client->family);
		if (fits)
			return;
	}
	if (out->n == most || !r->redirect.p)
		return;
	out->rest[out->n] = rest;
	add(out, &used, &last, number, client->family);
}

struct ip
spf_opaque_ip(const struct ip *ip, const struct ip *client)
{
	const struct ip *shown = client->family == 4 ? &placeholder4 : &placeholder6;
	struct ip out = {.family = ip->family};

	for (size_t i = 0; i < sizeof(out.b); i++)
		out.b[i] = ip->b[i] ^ client->b[i] ^ shown->b[i];
	return out;
}
