/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/month_senders.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400, GIVES_UP = 5 * DAY, OWN_BITS = 16 };

enum { WANTED = 0, SPAM = 1, NO = 0, SPF = 1, NAMES = 1, LINES = 1 };

const struct month_kind month_kinds[] = {
	/* name, spam, senders, hosts, nets, people, SPF, names, lines, host, address, retry, mails */
	{"large providers, SPF", WANTED, 8, 400, 40, 400, SPF, NAMES, NO, MONTH_ANY, MONTH_PEOPLE, MONTH_MIXED, 420},
	{"small pools, names but no SPF", WANTED, 25, 30, 10, 20, NO, NAMES, NO, MONTH_ANY, MONTH_PEOPLE, MONTH_MIXED, 180},
	{"single servers, SPF", WANTED, 300, 1, 1, 3, SPF, NO, NO, MONTH_SAME, MONTH_PEOPLE, MONTH_MIXED, 180},
	{"single servers, a name only", WANTED, 100, 1, 1, 3, NO, NAMES, NO, MONTH_SAME, MONTH_PEOPLE, MONTH_MIXED, 60},
	{"single servers, nothing", WANTED, 40, 1, 1, 3, NO, NO, NO, MONTH_SAME, MONTH_PEOPLE, MONTH_MIXED, 25},
	{"newsletters, VERP", WANTED, 30, 40, 4, 1, SPF, NAMES, NO, MONTH_ANY, MONTH_VERP, MONTH_MIXED, 250},
	{"forwarders, SRS", WANTED, 10, 4, 1, 30, SPF, NAMES, NO, MONTH_ANY, MONTH_SRS, MONTH_MIXED, 60},
	{"pools all over, no SPF, no names", WANTED, 6, 40, 0, 10, NO, NO, NO, MONTH_ANY, MONTH_PEOPLE, MONTH_MIXED, 20},
	{"servers that retry seldom", WANTED, 10, 6, 3, 5, SPF, NO, NO, MONTH_ANY, MONTH_PEOPLE, MONTH_SELDOM, 15},
	{"login codes, known from outbound", WANTED, 12, 60, 0, 1, NO, NO, NO, MONTH_ANY, MONTH_ONE, MONTH_POSTFIX, 40},
	{"bots, one attempt", SPAM, 1, 4000, 0, 1, NO, NO, LINES, MONTH_ANY, MONTH_MADE_UP, MONTH_NEVER, 1100},
	{"bots, retry soon from other bots", SPAM, 1, 4000, 0, 1, NO, NO, LINES, MONTH_ANY, MONTH_MADE_UP, MONTH_QUICK, 100},
	{"bots, for hours from other bots", SPAM, 1, 4000, 0, 1, NO, NO, LINES, MONTH_ANY, MONTH_MADE_UP, MONTH_HOURS, 20},
	{"bots, retry from the same bot", SPAM, 1, 1000, 0, 1, NO, NO, LINES, MONTH_SAME, MONTH_MADE_UP, MONTH_QUICK, 60},
	{"spammers with servers and SPF", SPAM, 20, 30, 2, 1, SPF, NAMES, NO, MONTH_ANY, MONTH_VERP, MONTH_POSTFIX, 120},
};
const size_t month_n_kinds = sizeof(month_kinds) / sizeof(*month_kinds);

uint64_t
month_mix(uint64_t a, uint64_t b)
{
	uint64_t x = a * 0x9e3779b97f4a7c15u + b + 0x7f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* ---- hosts ---- */

/* Senders with networks of their own have a /16 each in 240.0.0.0/5; the others' hosts are in 248.0.0.0/5. */
static struct ip
host_ip(uint32_t kind, uint32_t sender, uint32_t host)
{
	const struct month_kind *k = &month_kinds[kind];
	uint64_t x = month_mix(month_mix(kind, sender), host);
	struct ip ip = {4, {(uint8_t)(248 + x % 7), (uint8_t)(x >> 8), (uint8_t)(x >> 16), (uint8_t)(x >> 24)}};
	uint32_t block = sender;

	if (k->nets == 0)
		return ip;
	for (uint32_t i = 0; i < kind; i++)
		block += month_kinds[i].senders;
	ip.b[0] = (uint8_t)(240 + block / 256);
	ip.b[1] = (uint8_t)block;
	ip.b[2] = (uint8_t)(host % k->nets);
	ip.b[3] = (uint8_t)(10 + host / k->nets);
	return ip;
}

static uint32_t
host_of(const struct month_mail *m, uint64_t seed)
{
	uint32_t attempt = month_kinds[m->kind].host == MONTH_ANY ? m->tries : 0;

	return (uint32_t)(month_mix(month_mix(seed, m->serial), attempt) % month_kinds[m->kind].hosts);
}

struct ip
month_ip(const struct month_mail *m, uint64_t seed)
{
	return host_ip(m->kind, m->sender, host_of(m, seed));
}

static void
domain_of(uint32_t kind, uint32_t sender, struct buf *out)
{
	buf_printf(out, "s%u-%u.example", kind, sender);
}

/* What the provider of a line calls it: it resolves back, and a hundred thousand others are called alike. */
static void
line_name(const struct ip *ip, struct buf *out)
{
	buf_printf(out, "dsl-%u-%u-%u-%u.provider%u.example", ip->b[0], ip->b[1], ip->b[2], ip->b[3], ip->b[1] % 40u);
}

static bool
has_line_name(const struct month_kind *k, const struct ip *ip)
{
	return k->lines && ip->b[3] % 5 < 3;
}

void
month_helo(const struct month_mail *m, const struct ip *ip, struct buf *out)
{
	const struct month_kind *k = &month_kinds[m->kind];

	if (has_line_name(k, ip)) {
		line_name(ip, out);
	} else {
		buf_printf(out, "mx%u.", ip->b[3] + 256u * ip->b[2]);
		domain_of(m->kind, m->sender, out);
	}
}

/* ---- addresses ---- */

void
month_from(const struct month_mail *m, struct buf *out)
{
	switch (month_kinds[m->kind].address) {
	case MONTH_PEOPLE:
		buf_printf(out, "person%u@", m->person);
		break;
	case MONTH_VERP:
		buf_printf(out, "bounce-%u-user%u=rcpt.example@", m->serial, m->rcpt);
		break;
	case MONTH_SRS:
		buf_printf(out, "SRS0=%04x=%c%c=home%u.example=person%u@",
			(unsigned)(month_mix(m->person, m->serial) & 0xffff), (char)('A' + m->first / DAY % 26), 'K',
			m->person, m->person);
		break;
	case MONTH_ONE:
		buf_str(out, "login@");
		break;
	case MONTH_MADE_UP:
		buf_printf(out, "u%08x@d%u.example", (unsigned)month_mix(m->serial, 1),
			(unsigned)(month_mix(m->serial, 2) % 100000));
		return;
	}
	domain_of(m->kind, m->sender, out);
}

void
month_to(const struct month_mail *m, struct buf *out)
{
	buf_printf(out, "user%u@rcpt.example", m->rcpt);
}

/* ---- retries ---- */

/* When a runner that comes each `every` seconds, at the message's own offset, first finds it due. */
static int64_t
next_run(const struct month_mail *m, uint64_t seed, int64_t due, int64_t every)
{
	int64_t offset = (int64_t)(month_mix(seed ^ 7, m->serial) % (uint64_t)every), at = m->last + due;

	return due + ((offset - at) % every + every) % every;
}

static int64_t
server_wait(const struct month_mail *m, uint64_t seed, enum month_retry r)
{
	int64_t age = m->last - m->first;

	switch (r) {
	case MONTH_POSTFIX:
		return next_run(m, seed, age < 300 ? 300 : age > 4000 ? 4000 : age, 300);
	case MONTH_EXIM:
		return next_run(m, seed, age < 2 * HOUR ? 15 * MINUTE : age < 16 * HOUR ? age / 2 : 6 * HOUR, 30 * MINUTE);
	case MONTH_EXCHANGE:
		return 15 * MINUTE;
	case MONTH_SENDMAIL:
		return next_run(m, seed, 1, HOUR);
	default: /* qmail */
		return 400 * (int64_t)m->tries * m->tries - age;
	}
}

int64_t
month_wait(const struct month_mail *m, uint64_t seed)
{
	enum month_retry r = month_kinds[m->kind].retry;

	if (r == MONTH_MIXED)
		r = (enum month_retry)(month_mix(m->kind, m->sender) % MONTH_MIXED);
	if (r == MONTH_NEVER || (r == MONTH_QUICK && m->tries > 5) || (r == MONTH_HOURS && m->tries > 8) ||
		m->last - m->first > GIVES_UP)
		return -1;
	if (r == MONTH_SELDOM)
		return m->tries == 1 ? 4 * HOUR : DAY;
	if (r == MONTH_QUICK || r == MONTH_HOURS)
		return (r == MONTH_QUICK ? 2 : 20) * MINUTE +
			(int64_t)(month_mix(seed, m->serial * 16u + m->tries) % (10 * MINUTE));
	return server_wait(m, seed, r);
}

/* ---- DNS ---- */

static void
host_records(const struct ip *ip, struct view name, struct buf *out)
{
	char text[IP_TEXT_MAX], reverse[IP_REVERSE_MAX];

	ip_format(ip, text);
	ip_reverse(ip, reverse);
	buf_printf(out, "%s.in-addr.arpa. PTR %.*s.\n%.*s. A %s\n", reverse, VIEW_ARG(name), VIEW_ARG(name), text);
}

static void
sender_records(const struct month_mail *m, uint32_t host, struct buf *name, struct buf *out)
{
	const struct month_kind *k = &month_kinds[m->kind];
	struct ip ip = host_ip(m->kind, m->sender, host);

	if (!k->names && !has_line_name(k, &ip))
		return;
	buf_reset(name);
	month_helo(m, &ip, name);
	host_records(&ip, buf_view(name), out);
}

void
month_zone(uint64_t seed, struct buf *out)
{
	struct month_mail m = {.serial = 0};
	struct buf name;

	buf_init(&name, 1000);
	for (m.kind = 0; m.kind < month_n_kinds; m.kind++)
		for (m.sender = 0; m.sender < month_kinds[m.kind].senders; m.sender++) {
			struct ip first = host_ip(m.kind, m.sender, 0);

			domain_of(m.kind, m.sender, out);
			buf_str(out, ". A 240.255.255.1\n");
			if (month_kinds[m.kind].spf) {
				domain_of(m.kind, m.sender, out);
				buf_printf(out, ". TXT \"v=spf1 ip4:%u.%u.0.0/%d -all\"\n", first.b[0], first.b[1],
					OWN_BITS);
			}
			for (uint32_t h = 0; h < month_kinds[m.kind].hosts; h++)
				sender_records(&m, h, &name, out);
		}
	buf_done(&name);
}
