/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arc_valimail -- the open ARC validation suite through checks/arc_verify: one line a scenario, then the
 * total and the cost of one chain. A case without expectation (a chain that says itself that it failed)
 * must not pass. Skipped where the suites are absent.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "checks/arc_verify.h"
#include "tests/lib/raw_message.h"
#include "tests/lib/unit.h"

static struct arc_result
verify(struct view bytes, const json_t *keys, struct arena *a)
{
	struct raw_message *m = arena_new_of(a, struct raw_message);
	struct arc_verify *v = arc_verify_new(a);

	raw_message_read(bytes, a, m);
	for (size_t i = 0; i < m->n; i++)
		arc_verify_header(v, &m->field[i]);
	arc_verify_eoh(v);
	for (size_t i = 0; i < arc_verify_count(v); i++) {
		const char *name = arena_cstr(a, arc_verify_key_name(v, i));
		struct view text = view_str(json_string_value(json_object_get(keys, name)));

		arc_verify_key(v, i, text.p ? DKIM_ANSWER_FOUND : DKIM_ANSWER_NONE, &text, text.p != NULL, NULL);
	}
	for (size_t at = 0; at < m->body.n; at += 7) /* no piece is a line */
		arc_verify_body(v, view_head(view_skip(m->body, at), 7));
	return arc_verify_end(v);
}

static bool
suits(const char *cv, enum arc_verdict got)
{
	if (strcmp(cv, "Pass") == 0)
		return got == ARC_PASS;
	if (strcmp(cv, "Fail") == 0)
		return got == ARC_FAIL;
	return strcmp(cv, "None") == 0 ? got == ARC_NONE : got != ARC_PASS;
}

static struct view
text_of(const json_t *object, const char *key)
{
	const json_t *s = json_object_get(object, key);

	return view_of(json_string_value(s), json_string_length(s));
}

static void
scenario(const json_t *s, unsigned *cases, unsigned *good)
{
	const json_t *keys = json_object_get(s, "txt-records");
	struct arena *a = arena_new();
	unsigned n = 0, ok = 0;
	const char *name;
	json_t *test;

	json_object_foreach(json_object_get(s, "tests"), name, test) {
		struct arc_result r = verify(text_of(test, "message"), keys, a);
		const char *cv = json_string_value(json_object_get(test, "cv"));
		bool fits = suits(cv ? cv : "", r.verdict);

		n++;
		ok += fits;
		if (!fits)
			printf("  %s: wanted %s, got %d (%s)\n", name, cv, (int)r.verdict, r.why ? r.why : "");
		arena_reset(a);
	}
	arena_free(a);
	printf("%s arc_valimail: %s: %u of %u\n", ok == n ? "ok" : "FAILED",
		json_string_value(json_object_get(s, "description")), ok, n);
	*cases += n;
	*good += ok;
}

static void
measure(const json_t *s)
{
	enum { TIMES = 1000 };
	struct view m = text_of(json_object_get(json_object_get(s, "tests"), "cv_pass_i2_1"), "message");
	struct arena *a = arena_new();
	struct timespec from, to;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	for (int i = 0; m.p && i < TIMES; i++) {
		verify(m, json_object_get(s, "txt-records"), a);
		arena_reset(a);
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	arena_free(a);
	printf("one chain of two sets: %.1f microseconds of CPU\n",
		((double)(to.tv_sec - from.tv_sec) * 1e6 + (double)(to.tv_nsec - from.tv_nsec) / 1e3) / TIMES);
}

int
main(void)
{
	const char *path = unit_suite_file("arc-valimail/validation-dev.json");
	json_t *all = path ? json_load_file(path, 0, NULL) : NULL, *s;
	unsigned cases = 0, good = 0;
	size_t i;

	if (!path)
		return 0;
	json_array_foreach(all, i, s)
		scenario(s, &cases, &good);
	measure(json_array_get(all, 0));
	json_decref(all);
	printf("%s arc_valimail: %u of %u\n", cases && good == cases ? "ok" : "FAILED", good, cases);
	return cases && good == cases ? 0 : 1;
}
