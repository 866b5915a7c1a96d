/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/mailing_list.h"

#include "mail/mime/encoded_word.h"
#include "mail/lexeme.h"
#include "util/limits.h"

enum row { ID, UNSUBSCRIBE, ONE_CLICK };

static const struct fact_def facts[] = {
	[ID] = {.name = "list.id", .type = FACT_TEXT, .stage = STAGE_HEADER, .claimed = true,
		.help = "List-Id: what stands in <>, lower case"},
	[UNSUBSCRIBE] = {.name = "list.unsubscribe", .type = FACT_TEXT, .stage = STAGE_HEADER, .list = true,
		.claimed = true, .help = "URIs of List-Unsubscribe"},
	[ONE_CLICK] = {.name = "list.one-click", .type = FACT_BOOL, .stage = STAGE_HEADER, .claimed = true,
		.help = "one click unsubscribes (RFC 8058)"},
};

/* The decoded value of a field, or absent. */
static struct view
value(struct check_call *c, const char *name)
{
	const struct header_field *h = check_header(c, name, NULL);

	return encoded_word_decode(h ? h->value : (struct view){NULL, 0}, check_arena(c));
}

/* list-id-header = "List-ID:" [phrase] "<" list-id ">": the last pair of brackets. Without brackets, as
 * some write it, a value of one word. Its case does not count (RFC 2919 section 6). */
static struct view
list_id(struct check_call *c)
{
	struct view v = value(c, "List-Id");
	size_t open = view_rfind(v, '<');

	if (open < v.n) {
		v = view_skip(v, open + 1);
		v = view_trim(view_head(v, view_find(v, '>')));
	}
	if (v.n == 0 || view_find(v, ' ') < v.n || view_find(v, '\t') < v.n)
		return (struct view){NULL, 0};
	return arena_lower(check_arena(c), v);
}

/* RFC 2369 section 2: "<" URI ">" separated by commas, with comments; what does not look so ends the
 * field (it "should be ignored"). Blanks inside a URI are those of folding. */
static struct fact_value
uris(struct check_call *c)
{
	const struct header_field *h = check_header(c, "List-Unsubscribe", NULL);
	struct view *item, rest;
	size_t n = 0;

	if (!h)
		return fact_list(NULL, 0);
	item = arena_array(check_arena(c), LIST_URIS_MAX, sizeof(*item));
	rest = lexeme_skip_cfws(header_unfold(h->value, check_arena(c)));
	while (n < LIST_URIS_MAX && rest.n && rest.p[0] == '<') {
		size_t end = view_find(rest, '>');

		if (end == rest.n)
			break;
		item[n] = view_trim(view_of(rest.p + 1, end - 1));
		n += item[n].n > 0;
		rest = lexeme_skip_cfws(view_skip(rest, end + 1));
		if (rest.n == 0 || rest.p[0] != ',')
			break;
		rest = lexeme_skip_cfws(view_skip(rest, 1));
	}
	return fact_list(item, n);
}

/* RFC 8058 section 3.1: that value, and an HTTPS URI to send it to. */
static bool
one_click(struct check_call *c, const struct fact_value *uri)
{
	bool https = false;

	for (size_t i = 0; i < uri->list.n; i++)
		https |= view_starts_nocase(uri->list.item[i], "https:");
	return https && view_is(value(c, "List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
}

static void
run(struct check_call *c)
{
	struct view id = list_id(c);
	struct fact_value uri = uris(c);

	check_set(c, ID, fact_text(id));
	check_set(c, UNSUBSCRIBE, uri);
	check_set(c, ONE_CLICK, fact_bool(one_click(c, &uri)));
}

const struct check mailing_list_check = {
	.name = "mailing-list",
	.facts = facts,
	.n_facts = sizeof(facts) / sizeof(*facts),
	.stage = STAGE_HEADER,
	.run = run,
};
