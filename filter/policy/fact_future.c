/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/fact_future.h"

static const struct fact_def rows[] = {
	{.name = "relay-path", .type = FACT_TEXT, .stage = STAGE_HEADER,
		.help = "one line per untrusted relay: ip, rdns, helo, by"},
	{.name = "body", .type = FACT_TEXT, .stage = STAGE_BODY, .claimed = true,
		.help = "text of all text parts, HTML rendered, whitespace folded"},
	{.name = "body.raw", .type = FACT_TEXT, .stage = STAGE_BODY, .claimed = true,
		.help = "decoded parts before rendering"},
	{.name = "body.chars", .type = FACT_NUMBER, .stage = STAGE_BODY, .claimed = true,
		.help = "length of body"},
	{.name = "html.only", .type = FACT_BOOL, .stage = STAGE_BODY, .claimed = true,
		.help = "HTML without text alternative"},
	{.name = "html.hidden", .type = FACT_NUMBER, .stage = STAGE_BODY, .claimed = true,
		.help = "characters hidden by style"},
	{.name = "html.link-mismatch", .type = FACT_BOOL, .stage = STAGE_BODY, .claimed = true,
		.help = "a link text shows another domain than its target"},
	{.name = "html.form", .type = FACT_BOOL, .stage = STAGE_BODY, .claimed = true, .help = "has a form"},
	{.name = "message", .type = FACT_TEXT, .stage = STAGE_BODY, .claimed = true,
		.help = "the whole message as received"},
	{.name = "url", .type = FACT_TEXT, .stage = STAGE_BODY, .list = true, .claimed = true,
		.help = "URLs found"},
	{.name = "url.host", .type = FACT_DOMAIN, .stage = STAGE_BODY, .list = true, .claimed = true,
		.help = "their hosts"},
	{.name = "url.domain", .type = FACT_DOMAIN, .stage = STAGE_BODY, .list = true, .claimed = true,
		.help = "registered domains"},
	{.name = "url.ip", .type = FACT_BOOL, .stage = STAGE_BODY, .claimed = true,
		.help = "a URL host is a bare address"},
	{.name = "url.redirect", .type = FACT_BOOL, .stage = STAGE_BODY, .claimed = true,
		.help = "a known shortener/redirector is used"},
	{.name = "attach.encrypted", .type = FACT_BOOL, .stage = STAGE_BODY, .claimed = true,
		.help = "a password-protected archive/document"},
	{.name = "attach.macro", .type = FACT_BOOL, .stage = STAGE_BODY, .claimed = true,
		.help = "an office file with macros"},
	{.name = "lang", .type = FACT_WORD, .stage = STAGE_BODY, .claimed = true,
		.help = "detected language"},
	{.name = "bulk.count", .type = FACT_NUMBER, .stage = STAGE_BODY,
		.help = "times this fuzzy checksum was seen"},
	{.name = "bayes", .type = FACT_NUMBER, .stage = STAGE_BODY, .help = "spam probability in percent"},
	{.name = "virus", .type = FACT_TEXT, .stage = STAGE_BODY, .help = "malware name; missing if clean"},
};

void
fact_future_add(struct fact_table *t)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		fact_table_add(t, &rows[i], FACT_NOBODY);
}

const struct fact_def *
fact_future_at(size_t i)
{
	return i < sizeof(rows) / sizeof(*rows) ? &rows[i] : NULL;
}
