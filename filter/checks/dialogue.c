/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dialogue.h"

enum row { EARLY_TALK, CONNECTIONS, ESMTP, PIPELINING, JUNK, AUTH_FAILURES, BARE_NEWLINE, ROWS };

static const struct fact_def facts[] = {
	[EARLY_TALK] = {.name = "client.early-talk", .type = FACT_BOOL, .stage = STAGE_CONNECT,
		.help = "spoke before our banner; missing in a milter, like all facts of the dialogue"},
	[CONNECTIONS] = {.name = "client.connections", .type = FACT_NUMBER, .stage = STAGE_CONNECT,
		.help = "connections open now from this address"},
	[ESMTP] = {.name = "helo.esmtp", .type = FACT_BOOL, .stage = STAGE_HELO,
		.help = "greeted with EHLO, not HELO"},
	[PIPELINING] = {.name = "smtp.pipelining", .type = FACT_BOOL, .stage = STAGE_MAIL,
		.help = "sent several commands at once before it was told that it may"},
	[JUNK] = {.name = "smtp.junk", .type = FACT_NUMBER, .stage = STAGE_MAIL,
		.help = "commands so far that are none, or out of order"},
	[AUTH_FAILURES] = {.name = "auth.failures", .type = FACT_NUMBER, .stage = STAGE_MAIL,
		.help = "failed AUTH commands so far"},
	[BARE_NEWLINE] = {.name = "smtp.bare-newline", .type = FACT_BOOL, .stage = STAGE_BODY,
		.help = "the message had a CR or LF that is not part of CRLF"},
};
_Static_assert(sizeof(facts) / sizeof(*facts) == ROWS, "a row for each");

static struct fact_value
value(const struct check_seen *seen, enum row row)
{
	switch (row) {
	case EARLY_TALK:
		return fact_bool(seen->early_talk);
	case CONNECTIONS:
		return fact_number(seen->connections);
	case ESMTP:
		return fact_bool(seen->esmtp);
	case PIPELINING:
		return fact_bool(seen->pipelining);
	case JUNK:
		return fact_number(seen->junk);
	case AUTH_FAILURES:
		return fact_number(seen->auth_failures);
	default:
		return fact_bool(seen->bare_newline);
	}
}

static void
run(struct check_call *c)
{
	const struct check_seen *seen = check_seen(c);

	for (enum row i = 0; i < ROWS; i++)
		if (check_stage(c) >= facts[i].stage)
			check_set(c, i, seen ? value(seen, i) : fact_missing());
}

const struct check dialogue_check = {
	.name = "dialogue",
	.facts = facts,
	.n_facts = sizeof(facts) / sizeof(*facts),
	.stage = STAGE_CONNECT,
	.light = true,
	.run = run,
};
