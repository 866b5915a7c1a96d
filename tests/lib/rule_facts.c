/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/rule_facts.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "checks/checks.h"
#include "engine/engine.h"

struct fact_table *
rule_facts_table(void)
{
	return engine_facts(checks_all);
}

void
rule_folder_make(struct rule_folder *f)
{
	snprintf(f->path, sizeof(f->path), "/tmp/postern-test-XXXXXX");
	if (!mkdtemp(f->path))
		abort();
}

void
rule_folder_remove(struct rule_folder *f)
{
	DIR *dir = opendir(f->path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(f->path);
}

const char *
rule_folder_write(const struct rule_folder *f, const char *name, struct view text)
{
	static char path[192];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", f->path, name);
	file = fopen(path, "w");
	if (!file || fwrite(text.p, 1, text.n, file) != text.n || fclose(file) != 0)
		abort();
	return path;
}

struct program *
rule_facts_load(const char *text, struct fact_table *facts, struct diag *d)
{
	return rule_facts_load_with(text, (struct program_options){0}, facts, d);
}

struct program *
rule_facts_load_with(const char *text, struct program_options o, struct fact_table *facts, struct diag *d)
{
	struct rule_folder folder;
	struct program *p;
	const char *path;

	rule_folder_make(&folder);
	path = rule_folder_write(&folder, "t.rules", view_str(text));
	o.facts = facts;
	o.files = &path;
	o.n_files = 1;
	p = program_load(&o, d);
	rule_folder_remove(&folder);
	return p;
}

char *
rule_facts_messages(const struct diag *d)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	if (!out)
		abort();
	diag_show(d, out);
	fclose(out);
	return text;
}

/* ---- values ---- */

static const struct fact_value *
value_of(void *ctx, size_t slot)
{
	return &((struct rule_values *)ctx)->slot[slot];
}

static void
set_list(struct rule_values *v, size_t slot, struct view text)
{
	struct view *item = arena_array(v->arena, text.n + 1, sizeof(*item));
	size_t n = 0;

	while (view_split(&text, '|', &item[n]))
		n++;
	v->slot[slot] = fact_list(item, n);
}

static void
set_value(struct rule_values *v, size_t slot, struct view text)
{
	if (v->program->slots[slot].def->list)
		set_list(v, slot, text);
	else if (!fact_parse(v->program->slots[slot].def, text, v->arena, &v->slot[slot]))
		abort();
}

static void
set_state(struct rule_values *v, size_t slot, struct view state)
{
	v->slot[slot] = view_eq_str(state, "unknown")   ? fact_unknown(VIEW("test"))
			: view_eq_str(state, "pending") ? (struct fact_value){.state = FACT_PENDING}
							: fact_missing();
}

static void
set_one(struct rule_values *v, struct view one)
{
	size_t end = view_find(one, '='), state = view_find(one, '!'), open;
	struct view name = view_head(one, end < state ? end : state), arg = {NULL, 0};
	size_t slot;

	open = view_find(name, '(');
	if (open < name.n) {
		arg = view_of(name.p + open + 1, name.n - open - 2);
		name = view_head(name, open);
	}
	for (size_t i = 0; view_eq_str(name, "*") && i < v->program->n_slots; i++)
		set_state(v, i, view_skip(one, state + 1));
	slot = program_slot(v->program, name, arg);
	if (slot == SIZE_MAX)
		return; /* no rule reads it */
	if (state < end)
		set_state(v, slot, view_skip(one, state + 1));
	else
		set_value(v, slot, view_skip(one, end + 1));
}

void
rule_values_make(struct rule_values *v, const struct program *p, const char *given)
{
	struct view rest = view_str(given), one;

	*v = (struct rule_values){.program = p, .arena = arena_new()};
	v->slot = arena_array(v->arena, p->n_slots + 1, sizeof(*v->slot));
	v->memo = arena_array(v->arena, p->n_rules + 1, 1);
	v->eval = (struct program_eval){.program = p, .fact = value_of, .ctx = v, .memo = v->memo,
		.found = program_found_new(p, v->arena)};
	for (size_t i = 0; i < p->n_slots; i++)
		v->slot[i] = fact_missing();
	while (view_split(&rest, ';', &one))
		if (view_trim(one).n)
			set_one(v, view_trim(one));
}

void
rule_values_done(struct rule_values *v)
{
	arena_free(v->arena);
}

size_t
rule_values_rule(const struct program *p, const char *name)
{
	for (size_t i = 0; i < p->n_rules; i++)
		if (view_eq_str(p->rules[i].name, name))
			return i;
	return SIZE_MAX;
}
