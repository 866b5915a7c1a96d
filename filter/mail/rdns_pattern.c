/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/rdns_pattern.h"

#include <stdio.h>

#include "mail/domain.h"

/* A word is looked for in runs of letters: as the whole run, at its start, or anywhere in it. */
enum where { WHOLE, START, ANYWHERE };

struct word {
	const char *text;
	enum where where;
};

static const struct word dynamic[] = {
	{"dyn", START}, {"dsl", ANYWHERE}, {"dhcp", ANYWHERE}, {"dial", START}, {"dip", WHOLE},
	{"dialin", ANYWHERE}, {"dialup", ANYWHERE}, {"ppp", START}, {"pool", ANYWHERE},
	{"cable", ANYWHERE}, {"modem", ANYWHERE}, {"catv", ANYWHERE}, {"broadband", ANYWHERE},
	{"bband", ANYWHERE}, {"ftth", ANYWHERE}, {"fttp", ANYWHERE}, {"fttx", ANYWHERE},
	{"fib", START}, {"gpon", WHOLE}, {"cust", START}, {"client", START}, {"subs", START},
	{"user", START}, {"res", WHOLE}, {"resid", START}, {"home", WHOLE}, {"cpe", WHOLE},
	{"hsd", WHOLE}, {"hsia", WHOLE}, {"wifi", ANYWHERE}, {"wlan", START}, {"wimax", ANYWHERE},
	{"mobile", ANYWHERE}, {"gprs", WHOLE}, {"umts", WHOLE}, {"lte", WHOLE}, {"nat", WHOLE},
	{"cgn", START}, {"isdn", ANYWHERE}, {"unassigned", WHOLE}, {"access", WHOLE}, {"rev", WHOLE},
	{"generic", WHOLE}, {"telesp", WHOLE}, {"wan", WHOLE},
};

static const struct word settled[] = {
	{"static", START}, {"fixed", START}, {"fixip", WHOLE}, {"mail", START}, {"smtp", ANYWHERE},
	{"mx", WHOLE}, {"mta", START}, {"relay", START}, {"outbound", WHOLE}, {"out", WHOLE},
	{"server", ANYWHERE}, {"srv", WHOLE}, {"vps", WHOLE}, {"dedi", START}, {"colo", START},
	{"business", WHOLE}, {"biz", WHOLE}, {"corp", WHOLE},
};

static bool
matches(struct view run, const struct word *w)
{
	switch (w->where) {
	case WHOLE:
		return view_is(run, w->text);
	case START:
		return view_starts_nocase(run, w->text);
	case ANYWHERE:
		return view_search_nocase(run, view_str(w->text)) < run.n;
	}
	return false;
}

/* The next run of letters (or of digits) of *rest; false at the end. */
static bool
next_run(struct view *rest, bool digits, struct view *out)
{
	size_t from = 0, to;

	while (from < rest->n &&
		!(digits ? view_is_digit(rest->p[from]) : view_is_alpha(rest->p[from])))
		from++;
	for (to = from; to < rest->n; to++)
		if (!(digits ? view_is_digit(rest->p[to]) : view_is_alpha(rest->p[to])))
			break;
	*out = view_of(rest->p + from, to - from);
	*rest = view_skip(*rest, to);
	return out->n > 0;
}

static bool
has(struct view host, const char *text)
{
	return view_search_nocase(host, view_str(text)) < host.n;
}

static bool
has_word(struct view host, const struct word *table, size_t n)
{
	struct view run;

	while (next_run(&host, false, &run))
		for (size_t i = 0; i < n; i++)
			if (matches(run, &table[i]))
				return true;
	return false;
}

/* Two neighbouring octets of the address stand side by side, in either order, one of them the last: most
 * names have all four, some only those that differ within the provider's network. */
static bool
has_octets(struct view host, const struct ip *ip)
{
	struct view run;
	int before = -1;

	while (next_run(&host, true, &run)) {
		uint64_t n;
		int now = run.n <= 3 && view_number(run, 255, &n) ? (int)n : -1;

		if ((before == ip->b[2] && now == ip->b[3]) || (before == ip->b[3] && now == ip->b[2]))
			return true;
		before = now;
	}
	return false;
}

/* The whole address in one run, forwards or backwards: 192000002007, c0000207, 070200c0; 3221225991. */
static bool
has_run(struct view host, const struct ip *ip)
{
	char padded[16], hex[16], number[16];
	const uint8_t *b = ip->b;

	for (size_t k = 0; k < 4; k += 3) { /* k is the octet to begin with */
		uint8_t o[4] = {b[k], b[k ? 2 : 1], b[k ? 1 : 2], b[3 - k]};

		snprintf(padded, sizeof(padded), "%03u%03u%03u%03u", o[0], o[1], o[2], o[3]);
		snprintf(hex, sizeof(hex), "%02x%02x%02x%02x", o[0], o[1], o[2], o[3]);
		if (has(host, padded) || has(host, hex))
			return true;
	}
	snprintf(number, sizeof(number), "%u",
		(unsigned)b[0] << 24 | (unsigned)b[1] << 16 | (unsigned)b[2] << 8 | b[3]);
	return has(host, number);
}

/* Twelve nibbles of the address in a row, whatever stands between its groups: its network, or its host. */
static bool
has_nibbles(struct view host, const struct ip *ip)
{
	enum { RUN = 12 };
	static const char hex[] = "0123456789abcdef";
	char all[32], bare[256];
	size_t n = 0;

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = hex[ip->b[i / 2] >> (i % 2 ? 0 : 4) & 15];
	for (size_t i = 0; i < host.n && n < sizeof(bare); i++)
		if (host.p[i] != '-' && host.p[i] != '.' && host.p[i] != 'x')
			bare[n++] = host.p[i];
	return view_search_nocase(view_of(bare, n), view_of(all, RUN)) < n ||
		view_search_nocase(view_of(bare, n), view_of(all + sizeof(all) - RUN, RUN)) < n;
}

bool
rdns_pattern_dynamic(struct view name, const struct ip *ip)
{
	struct view own = domain_registrable(name), host;
	bool address;

	if (!own.p)
		own = domain_tail(name, 2);
	host = view_head(name, name.n - own.n);
	address = ip->family == 6 ? has_nibbles(host, ip) : has_octets(host, ip) || has_run(host, ip);
	return address && has_word(host, dynamic, sizeof(dynamic) / sizeof(*dynamic)) &&
		!has_word(host, settled, sizeof(settled) / sizeof(*settled));
}
