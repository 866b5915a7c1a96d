/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/account.h"

#include "engine/alarm.h"

static const struct fact_def facts[] = {
	{.name = "auth.alarm", .type = FACT_ENUM, .stage = STAGE_MAIL, .list = true,
		.values = "volume rejects networks",
		.help = "alarms of this user in the last hour; missing if there are none",
		.asks = "the store"},
};

static struct fact_value
ask(struct check_call *c, struct view user)
{
	struct arena *a = check_arena(c);
	struct view *item = arena_array(a, ALARM_COUNT, sizeof(*item));
	bool raised[ALARM_COUNT];
	size_t n = 0;

	if (!alarm_raised(check_store(c), user, check_now(c), a, raised))
		return fact_unknown(VIEW("store: no answer"));
	for (size_t i = 0; i < ALARM_COUNT; i++)
		if (raised[i])
			item[n++] = view_str(alarm_name((enum alarm)i));
	return n ? fact_list(item, n) : fact_missing();
}

static void
run(struct check_call *c)
{
	const struct check_envelope *e = check_envelope(c);

	if (!e)
		return;
	if (e->auth_user.n == 0)
		check_set(c, 0, fact_missing());
	else if (!check_store(c))
		check_set(c, 0, fact_unknown(VIEW("no store")));
	else
		check_set(c, 0, ask(c, e->auth_user));
}

const struct check account_check = {
	.name = "account",
	.facts = facts,
	.n_facts = sizeof(facts) / sizeof(*facts),
	.stage = STAGE_MAIL,
	.run = run,
};
