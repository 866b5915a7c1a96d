/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_program -- rule text through load and evaluation, with facts that become known little by
 * little.
 *
 * What a rule was decided to be must stay so when more facts become known: Kleene's logic is
 * monotone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/rule_facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
	const struct fact_value *known; /* of all slots */
	const bool *open;               /* per slot: is it still pending? */
};

static const struct fact_value *
value_of(void *ctx, size_t slot)
{
	static const struct fact_value pending = {.state = FACT_PENDING};
	const struct world *w = ctx;

	return w->open[slot] ? &pending : &w->known[slot];
}

static struct fact_value
any_value(const struct fact_def *def, uint32_t seed, struct arena *a)
{
	static const char *const texts[] = {"x.example", "a.y.example", "pass", "fail", "inbound",
		"7", "5m", "25MB", "192.0.2.1", "joe@x.example", "aaaaaaaaaaaaaaaaaaaaaaaab", "exe",
		"DE", ""};
	static struct view items[3];
	struct fact_value v;

	if (seed % 7 == 0)
		return fact_missing();
	if (seed % 7 == 1)
		return fact_unknown(VIEW("timeout"));
	for (size_t i = 0; i < 3; i++)
		items[i] = view_str(texts[(seed / 7 + i) % 14]);
	if (def->list)
		return fact_list(items, seed % 4);
	for (uint32_t i = 0; i < 14; i++)
		if (fact_parse(def, view_str(texts[(seed / 7 + i) % 14]), a, &v))
			return v;
	return fact_missing();
}

static void
evaluate(const struct program *p, uint32_t seed)
{
	struct arena *a = arena_new();
	struct fact_value *known = arena_array(a, p->n_slots + 1, sizeof(*known));
	bool *open = arena_array(a, p->n_slots + 1, sizeof(*open));
	uint8_t *memo = arena_array(a, p->n_rules + 1, 1),
		*first = arena_array(a, p->n_rules + 1, 1);
	struct world w = {known, open};
	struct program_eval e = {.program = p, .fact = value_of, .ctx = &w, .memo = memo};
	struct program_names names = {VIEW("RR"), VIEW("q"), 0};

	for (size_t i = 0; i < p->n_slots; i++) {
		known[i] = any_value(p->slots[i].def, seed + (uint32_t)i * 2654435761u, a);
		open[i] = (seed >> i % 31) & 1;
	}
	for (size_t i = 0; i < p->n_rules; i++)
		first[i] = (uint8_t)program_rule(&e, i);
	memset(open, 0, p->n_slots);
	memset(memo, 0, p->n_rules);
	for (size_t i = 0; i < p->n_rules; i++) {
		enum tri now = program_rule(&e, i);

		if (first[i] != TRI_UNKNOWN && first[i] != now)
			abort();
		if (memo[i] != (now == TRI_UNKNOWN ? 0 : 1 + now))
			abort();
		for (size_t k = 0; k < p->rules[i].n_effects; k++)
			program_text(&e, p->rules[i].effects[k].reply.text, &names, 100, a);
	}
	for (size_t i = 0; i < p->n_policies; i++)
		program_policy(&e, i);
	arena_free(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fact_table *t = rule_facts_table();
	struct diag *d = diag_new();
	char path[32];
	const char *file = path;
	struct program_options o = {.facts = t, .files = &file, .n_files = 1};
	struct program *p;
	int fd = memfd_create("rules", 0);
	uint32_t seed =
		size > 3 ? (uint32_t)(data[0] | data[size / 2] << 8 | data[size - 1] << 16) : 1;

	if (fd < 0 || fchmod(fd, 0600) != 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	p = program_load(&o, d);
	if ((p == NULL) != (diag_errors(d) > 0))
		abort();
	for (uint32_t i = 0; p && i < 4; i++)
		evaluate(p, seed * 31 + i * 77777);
	program_free(p);
	close(fd);
	diag_free(d);
	fact_table_free(t);
	return 0;
}
