/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_slots.h"

#include <stdlib.h>

#include "util/log.h"

void
rule_slots_init(struct rule_slots *t, struct arena *a)
{
	*t = (struct rule_slots){.map = map_new(), .arena = a};
}

void
rule_slots_done(struct rule_slots *t)
{
	map_free(t->map);
	free(t->slot);
}

size_t
rule_slots_get(struct rule_slots *t, const struct fact_def *def, size_t owner, struct view arg,
	bool *made_out)
{
	struct view lower = arg.p ? arena_lower(t->arena, arg) : arg;
	struct view key = arena_printf(t->arena, "%s(%.*s", def->name, VIEW_ARG(lower));
	size_t i = (size_t)(uintptr_t)map_get(t->map, key);

	*made_out = i == 0;
	if (i)
		return i - 1;
	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 64;
		t->slot = reallocarray(t->slot, t->cap, sizeof(*t->slot));
		if (!t->slot)
			log_die("out of memory");
	}
	t->slot[t->n++] = (struct slot){.def = def, .owner = owner, .arg = lower, .code = SIZE_MAX};
	map_put(t->map, key, (void *)(uintptr_t)t->n);
	return t->n - 1;
}

struct slot *
rule_slots_array(const struct rule_slots *t)
{
	struct slot *out = arena_array(t->arena, t->n, sizeof(*out));

	if (t->n)
		memcpy(out, t->slot, t->n * sizeof(*out));
	return out;
}
