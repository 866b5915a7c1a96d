/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/tag_text.h"

#include "engine/state.h"
#include "util/limits.h"

static struct view
text_of(const struct effect *f, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (f[i].kind == EFFECT_TAG && f[i].reply.text.p)
			return f[i].reply.text;
	return (struct view){NULL, 0};
}

/* What a fired rule says to its tag. */
static struct view
said(const struct rule *r, const struct fired *f)
{
	if (f->trial)
		return (struct view){NULL, 0};
	return f->by_unknown ? text_of(r->if_unknown, 1) : text_of(r->effects, r->n_effects);
}

static struct view
safe(struct view v, struct arena *a)
{
	char *out = arena_alloc(a, v.n + 1);

	for (size_t i = 0; i < v.n; i++)
		out[i] = v.p[i] >= ' ' && v.p[i] <= '~' ? v.p[i] : '?';
	return view_of(out, v.n);
}

struct view
tag_text(struct session *s, const struct judgement *j)
{
	const struct program *p = s->e->program;
	struct program_eval e = {.program = p, .fact = values_seen, .ctx = s, .memo = s->t->scratch};
	struct program_names names = {VIEW("threshold tag"), s->t->queue_id, j->score};
	struct view text = {NULL, 0};

	for (size_t i = 0; j->tagged && !text.p && i < j->n_fired; i++) {
		text = said(&p->rules[j->fired[i].rule], &j->fired[i]);
		if (text.p)
			names.rule = p->rules[j->fired[i].rule].name;
	}
	if (j->tagged && !text.p)
		text = j->tag_level_text;
	if (!text.p)
		return text;
	return safe(program_text(&e, text, &names, TAG_TEXT_MAX, s->message), s->message);
}
