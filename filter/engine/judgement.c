/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/judgement.h"

#include <stdlib.h>
#include <string.h>

#include "policy/rule/rule_set.h"
#include "util/json.h"

static int
fired_cmp(const void *a, const void *b)
{
	const struct fired *x = a, *y = b;

	return x->rule < y->rule ? -1 : x->rule > y->rule;
}

static int
unknown_cmp(const void *a, const void *b)
{
	const size_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static const void *
copy(struct arena *a, const void *from, size_t n, size_t size)
{
	return memcpy(arena_array(a, n, size), from, n * size);
}

/* By name again: rules that read the score were weighed last. */
void
judgement_keep(struct judgement *j, struct fired *fired, size_t *unknown, const struct cut *cuts,
	struct arena *a)
{
	qsort(fired, j->n_fired, sizeof(*fired), fired_cmp);
	qsort(unknown, j->n_unknown, sizeof(*unknown), unknown_cmp);
	j->fired = copy(a, fired, j->n_fired, sizeof(*fired));
	j->unknown = copy(a, unknown, j->n_unknown, sizeof(*unknown));
	j->cuts = copy(a, cuts, j->n_cuts, sizeof(*cuts));
}

void
judgement_threshold(const struct judgement *j, struct json *out)
{
	const struct threshold *t = j->threshold;

	json_open(out, '{');
	json_key(out, "level");
	json_text(out, view_str(rule_set_level_name(t->level)));
	json_key(out, "at");
	json_hundredths(out, t->score);
	json_key(out, "policy");
	json_text(out, t->policy);
	json_key(out, "file");
	json_text(out, t->file);
	json_key(out, "line");
	json_number(out, t->line);
	json_close(out, '}');
}
