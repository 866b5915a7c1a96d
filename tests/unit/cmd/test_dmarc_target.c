/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/dmarc/dmarc_target.h"

#include <stdio.h>

#include "tests/lib/dns_script.h"
#include "tests/lib/unit.h"

static void
say(void *ctx, struct view destination, const char *why)
{
	size_t *said = ctx;

	*said += view_find(view_str(why), ':') == strlen("put off");
}

static bool
was_asked(const struct dns_script *s, const char *name)
{
	for (size_t i = 0; i < s->asked; i++)
		if (strcmp(s->ask[i].name, name) == 0)
			return true;
	return false;
}

/* No name server answers: all questions are on their way before the first is given up. */
static void
silence(void)
{
	struct dns_script *script = dns_script_new();
	struct dns_options o = {.timeout_ms = 100, .give_up_ms = 1000};
	struct dns *dns = dns_new(&script->backend, &o);
	struct arena *a = arena_new();
	struct dmarc_targets targets;
	size_t said = 0;

	dmarc_target_find(dns, VIEW("a.test"), VIEW("mailto:x@one.example,mailto:x@two.example,mailto:x@a.test"), a,
		say, &said, &targets);
	CU_ASSERT_EQUAL(targets.n, 1);
	CU_ASSERT_EQUAL(targets.put_off, 2);
	CU_ASSERT_EQUAL(said, 2);
	CU_ASSERT(was_asked(script, "_dmarc.two.example"));
	CU_ASSERT(was_asked(script, "a.test._report._dmarc.one.example"));
	CU_ASSERT(was_asked(script, "a.test._report._dmarc.two.example"));
	dns_free(dns);
	arena_free(a);
}

static const struct unit_test tests[] = {{"name servers that do not answer", silence}};

int
main(void)
{
	return unit_main("cmd/dmarc/dmarc_target", tests, sizeof(tests) / sizeof(*tests));
}
