/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/reputation_tools.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "cmd/memory_tool.h"
#include "cmd/store_walk.h"
#include "cmd/top_list.h"
#include "engine/standing.h"
#include "mail/domain.h"
#include "util/clock.h"

enum { FINE = 1000 };

static const char usage[] =
	"usage: postern reputation [-c FILE] show|forget NAME\n"
	"       postern reputation [-c FILE] [-n COUNT] top\n"
	"\n"
	"Shows what the running daemon remembers of an address, of a network (/24 or /64) or of a domain,\n"
	"as an organisation and as one that signs. show, of an address: its network too. forget: this name\n"
	"is as one never seen. top: those with the most spam.\n"
	"\n"
	"Exit: 0 done, 1 nothing is known of it, 64 wrong usage, 69 the daemon does not run or answer, 78\n"
	"the settings do not check.\n";

struct asked {
	struct store *store;
	struct arena *arena;
	int64_t now;
	uint32_t half_life, minimum;
	struct top_list *top;
	bool failed;
};

/* ---- a record ---- */

static void
print(const struct asked *t, struct view key, const struct standing *s)
{
	enum standing_kind kind;
	struct view name;
	char since[32] = "?";
	time_t first = (time_t)s->since;
	struct tm tm;

	if (!standing_key_read(key, &kind, &name))
		return;
	if (gmtime_r(&first, &tm))
		strftime(since, sizeof(since), "%Y-%m-%d", &tm);
	printf("%-12s %.*s  %d %% spam: %.1f ham and %.1f spam since %s, confidence %d %%; ",
		standing_kind_name(kind), VIEW_ARG(diag_escaped(t->arena, name)), standing_percent(s), s->ham,
		s->spam, since, standing_confidence(s, t->minimum));
	if (standing_is_known(s, t->minimum))
		printf("reputation.%s is %d\n", standing_kind_name(kind), standing_percent(s));
	else
		printf("reputation.%s is unknown: few observations\n", standing_kind_name(kind));
}

/* False: nothing is known under this key. */
static bool
look(struct asked *t, struct view key, struct standing *out)
{
	struct store_request r = standing_record(STORE_GET, key, t->now);
	struct store_result result;

	store_do(t->store, &r, 1, t->arena, &result);
	t->failed |= result.status == STORE_TEMPFAIL;
	*out = standing_of(result.value, t->now, t->half_life);
	return result.status == STORE_FOUND && out->since;
}

/* ---- what is asked ---- */

/* The records that a name may have; 0: it is no such name. */
static size_t
keys_of(struct asked *t, struct view text, bool wide, struct standing_names *out)
{
	struct view domain = domain_normal(text, t->arena);
	struct cidr net;
	struct ip ip;
	bool host_bits;

	*out = (struct standing_names){.n = 0};
	if (ip_parse(text, &ip)) {
		standing_names_address(out, &ip, t->arena);
		if (wide)
			standing_names_network(out, &ip, t->arena);
	} else if (cidr_parse(text, &net, &host_bits) && net.bits == (net.net.family == 6 ? 64 : 24)) {
		if (net.net.family == 6) /* what an address has is its /64's */
			standing_names_address(out, &net.net, t->arena);
		standing_names_network(out, &net.net, t->arena);
	} else if (domain.p && domain.n) {
		standing_names_organisation(out, domain, t->arena);
		standing_names_dkim(out, &domain, 1, t->arena);
	}
	return out->n;
}

static bool
forget(struct asked *t, const struct standing_names *names)
{
	struct store_request request[STANDING_NAMES_MAX];
	struct store_result result[STANDING_NAMES_MAX];
	bool any = false;

	for (size_t i = 0; i < names->n; i++)
		request[i] = standing_record(STORE_REMOVE, names->item[i].key, t->now);
	store_do(t->store, request, names->n, t->arena, result);
	for (size_t i = 0; i < names->n; i++) {
		t->failed |= result[i].status == STORE_TEMPFAIL;
		any |= result[i].status == STORE_FOUND;
	}
	if (any)
		puts("forgotten");
	return any;
}

static bool
show(struct asked *t, const struct standing_names *names)
{
	bool any = false;

	for (size_t i = 0; i < names->n; i++) {
		struct standing s;

		if (!look(t, names->item[i].key, &s))
			continue;
		print(t, names->item[i].key, &s);
		any = true;
	}
	return any;
}

static bool
take(void *ctx, const struct store_page_record *r, struct arena *page)
{
	struct asked *t = ctx;
	struct standing s = standing_of(r->value, t->now, t->half_life);

	(void)page;
	if (s.spam > 0)
		top_list_add(t->top, (int64_t)(s.spam * FINE), r->key);
	return true;
}

static bool
show_top(struct asked *t, size_t room)
{
	t->top = top_list_new(room, t->arena);
	t->failed = !store_walk(t->store, standing_record(STORE_SCAN, VIEW(""), t->now), take, t);
	for (size_t i = 0; i < t->top->n && !t->failed; i++) {
		struct standing s;

		if (look(t, t->top->entry[i].key, &s))
			print(t, t->top->entry[i].key, &s);
	}
	return t->top->n;
}

/* ---- the command ---- */

static int
answer(struct assembly *a, char **words, size_t count)
{
	struct asked t = {.arena = a->arena, .now = clock_wall(), .store = a->store,
		.half_life = (uint32_t)(a->conf->reputation_half_life / 1000),
		.minimum = (uint32_t)a->conf->reputation_minimum};
	struct standing_names names;
	bool any;

	if (strcmp(words[0], "top") == 0) {
		any = show_top(&t, count);
	} else {
		bool wide = strcmp(words[0], "show") == 0;

		if (!keys_of(&t, view_str(words[1]), wide, &names)) {
			fprintf(stderr, "postern reputation: %s: no address, /24, /64 or domain\n", words[1]);
			return EX_USAGE;
		}
		any = wide ? show(&t, &names) : forget(&t, &names);
	}
	if (t.failed)
		return store_walk_silent("postern reputation");
	if (!any)
		fprintf(stderr, "postern reputation: nothing is known%s%s\n", words[1] ? " of " : "",
			words[1] ? words[1] : "");
	return any ? EX_OK : MEMORY_TOOL_NONE;
}

int
reputation_tools_main(int argc, char **argv)
{
	static const struct memory_tool tool = {.usage = usage, .options = "+c:n:",
		.verb = {{"top", 0, 0}, {"show", 1, 1}, {"forget", 1, 1}},
		.read = assembly_settings, .answer = answer};

	return memory_tool_main(&tool, argc, argv);
}
