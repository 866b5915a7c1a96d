/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/attachments.h"

#include "mail/mime/encoded_word.h"
#include "mail/mime/file_name.h"
#include "mail/mime/mime_skeleton.h"
#include "mail/mime/mime_tree.h"
#include "util/limits.h"

enum row { NAME, EXT, TYPE, DOUBLE_EXT, BROKEN, PART_HEADER };

static const struct fact_def facts[] = {
	[NAME] = {.name = "attach.name", .type = FACT_TEXT, .stage = STAGE_BODY, .list = true,
		.claimed = true, .help = "file names of attachments"},
	[EXT] = {.name = "attach.ext", .type = FACT_WORD, .stage = STAGE_BODY, .list = true, .claimed = true,
		.help = "their last extensions, lower case"},
	[TYPE] = {.name = "attach.type", .type = FACT_TEXT, .stage = STAGE_BODY, .list = true,
		.claimed = true, .help = "media types of attachments: declared, and as first bytes tell"},
	[DOUBLE_EXT] = {.name = "attach.double-ext", .type = FACT_BOOL, .stage = STAGE_BODY, .claimed = true,
		.help = "a name like invoice.pdf.exe"},
	[BROKEN] = {.name = "mime.broken", .type = FACT_BOOL, .stage = STAGE_BODY, .claimed = true,
		.help = "errors in the MIME structure, or too much of it"},
	[PART_HEADER] = {.name = "part-header", .type = FACT_TEXT, .stage = STAGE_BODY, .list = true,
		.claimed = true, .arg = true, .help = "that field of every part"},
};

/* The message while it passes: made when its first byte is seen. */
static struct mime_skeleton *
skeleton(struct check_call *c)
{
	void **p = check_state(c);

	if (!*p)
		*p = mime_skeleton_new(check_arena(c));
	return *p;
}

static void
header(struct check_call *c, const struct header_field *h)
{
	mime_skeleton_header(skeleton(c), h);
}

static void
body(struct check_call *c, struct view chunk)
{
	mime_skeleton_body(skeleton(c), chunk);
}

static bool
is_attachment(const struct mime_part *p)
{
	return p->leaf && (p->n_names || p->attachment || !view_starts_nocase(p->type, "text/"));
}

static struct fact_value
list_of(struct view *item, size_t n)
{
	return n > MIME_ITEMS_MAX ? fact_unknown(VIEW("too many")) : fact_list(item, n);
}

/* A name as rules and logs may see it. */
static struct view
clean(struct view name, struct arena *a)
{
	char *p = arena_alloc(a, name.n + 1);

	for (size_t i = 0; i < name.n; i++)
		p[i] = (unsigned char)name.p[i] < ' ' || name.p[i] == 127 ? ' ' : name.p[i];
	return view_of(p, name.n);
}

static void
set_names(struct check_call *c, const struct mime_tree *t)
{
	struct view *name = arena_array(check_arena(c), t->n * MIME_NAMES, sizeof(*name));
	struct view *ext = arena_array(check_arena(c), t->n * MIME_NAMES, sizeof(*ext));
	size_t n = 0, n_ext = 0;
	bool doubled = false;

	for (size_t i = 0; i < t->n; i++) {
		for (size_t k = 0; k < t->part[i].n_names; k++) {
			struct view raw = t->part[i].name[k];

			name[n++] = clean(raw, check_arena(c));
			ext[n_ext] = file_name_extension(raw, check_arena(c));
			n_ext += ext[n_ext].p != NULL;
			doubled |= file_name_double(raw, check_arena(c));
		}
	}
	check_set(c, NAME, list_of(name, n));
	check_set(c, EXT, list_of(ext, n_ext));
	check_set(c, DOUBLE_EXT, fact_bool(doubled));
}

static void
set_types(struct check_call *c, const struct mime_tree *t)
{
	struct view *type = arena_array(check_arena(c), t->n * 2, sizeof(*type));
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		const struct mime_part *p = &t->part[i];
		struct view found = file_name_type(view_of(p->head, p->n_head));

		if (is_attachment(p))
			type[n++] = p->type;
		if (p->leaf && found.p && !view_eq(found, p->type))
			type[n++] = found;
	}
	check_set(c, TYPE, list_of(type, n));
}

static struct fact_value
part_headers(struct check_call *c, const struct mime_tree *t, struct view name)
{
	struct view *item;
	size_t most = 0, n = 0;

	for (size_t i = 0; i < t->n; i++)
		for (size_t k = 0; k < t->part[i].n_fields; k++)
			most += view_eq_nocase(t->part[i].field[k].name, name);
	if (most > MIME_ITEMS_MAX)
		return fact_unknown(VIEW("too many"));
	item = arena_array(check_arena(c), most, sizeof(*item));
	for (size_t i = 0; i < t->n; i++)
		for (size_t k = 0; k < t->part[i].n_fields; k++)
			if (view_eq_nocase(t->part[i].field[k].name, name))
				item[n++] = encoded_word_decode(t->part[i].field[k].value, check_arena(c));
	return fact_list(item, n);
}

static void
set_part_headers(struct check_call *c, const struct mime_tree *t, const char *why)
{
	size_t n;
	const size_t *slots = check_own_slots(c, &n);

	for (size_t i = 0; i < n; i++) {
		const struct slot *s = &check_program(c)->slots[slots[i]];

		if (s->def == &facts[PART_HEADER] && check_slot_wanted(c, slots[i]))
			check_set_slot(c, slots[i],
				why ? fact_unknown(view_str(why)) : part_headers(c, t, s->arg));
	}
}

static void
run(struct check_call *c)
{
	struct mime_skeleton *s = skeleton(c);
	struct mime_tree t = {0};
	const char *why;
	struct view kept = mime_skeleton_end(s, &why);

	if (!why)
		mime_tree_read(kept, check_arena(c), &t);
	why = why ? why : t.why;
	check_set(c, BROKEN, fact_bool(why || t.broken || mime_skeleton_nul(s)));
	set_part_headers(c, &t, why);
	if (why) {
		for (enum row i = NAME; i <= DOUBLE_EXT; i++)
			check_set(c, i, fact_unknown(view_str(why)));
		return;
	}
	set_names(c, &t);
	set_types(c, &t);
}

const struct check attachments_check = {
	.name = "attachments",
	.facts = facts,
	.n_facts = sizeof(facts) / sizeof(*facts),
	.stage = STAGE_BODY,
	.run = run,
	.header = header,
	.body = body,
};
