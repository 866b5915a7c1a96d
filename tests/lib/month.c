/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/month.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "checks/checks.h"
#include "svc/dns_zone.h"
#include "tests/lib/month_key.h"
#include "util/log.h"

enum { DAY = 86400, HOURS = 24, EPOCH = 1796601600, /* Monday 7 December 2026, 0:00 */ ZONE_MAX = 64 << 20, WEEKEND = 35 };

struct month {
	const struct month_options *o;
	struct month_result *r;
	struct settings settings;
	struct arena *arena;
	struct fact_table *facts;
	struct program *program;
	struct dns *dns;
	struct store *store;
	struct engine *engine; /* NULL: */
	struct month_key *key;
	struct month_mail **heap; /* by the time of the next attempt */
	int64_t *due;
	size_t n, room;
	uint32_t serial;
	struct buf from, to, helo;
};

static void
die(const char *what)
{
	fprintf(stderr, "month: %s\n", what);
	exit(1);
}

/* ---- what is to happen, soonest first ---- */

static void
swap(struct month *m, size_t a, size_t b)
{
	struct month_mail *mail = m->heap[a];
	int64_t due = m->due[a];

	m->heap[a] = m->heap[b];
	m->due[a] = m->due[b];
	m->heap[b] = mail;
	m->due[b] = due;
}

static void
push(struct month *m, struct month_mail *mail, int64_t due)
{
	size_t i = m->n++;

	if (i == m->room) {
		m->room = m->room ? 2 * m->room : 1024;
		m->heap = realloc(m->heap, m->room * sizeof(*m->heap));
		m->due = realloc(m->due, m->room * sizeof(*m->due));
		if (!m->heap || !m->due)
			die("no memory");
	}
	m->heap[i] = mail;
	m->due[i] = due;
	for (; i > 0 && m->due[(i - 1) / 2] > m->due[i]; i = (i - 1) / 2)
		swap(m, i, (i - 1) / 2);
}

static struct month_mail *
pop(struct month *m, int64_t *due_out)
{
	struct month_mail *mail = m->heap[0];

	*due_out = m->due[0];
	swap(m, 0, --m->n);
	for (size_t i = 0, least; (least = 2 * i + 1) < m->n; i = least) {
		if (least + 1 < m->n && m->due[least + 1] < m->due[least])
			least++;
		if (m->due[i] <= m->due[least])
			break;
		swap(m, i, least);
	}
	return mail;
}

/* ---- new mail ---- */

/* Thousandths of a day's mail in this hour: people work, and their servers' clocks are theirs. */
static unsigned
share(unsigned hour, bool spam)
{
	static const unsigned char people[HOURS] = {12, 9, 7, 6, 7, 12, 24, 46, 76, 88, 88, 80, 62, 76, 82, 76, 66, 48, 34,
		28, 24, 20, 16, 13};

	return spam ? 42 : people[hour];
}

/* Below n; the first come more often than the last. */
static uint32_t
few(uint64_t x, unsigned n)
{
	return (uint32_t)((uint64_t)n * ((x >> 32) % 1000) * ((x >> 48) % 1000) / 1000000);
}

static void
add(struct month *m, uint32_t kind, int64_t hour)
{
	const struct month_kind *k = &month_kinds[kind];
	struct month_mail *mail = arena_new_of(m->arena, struct month_mail);
	uint64_t x = month_mix(m->o->seed, m->serial);

	*mail = (struct month_mail){.kind = kind, .serial = m->serial++};
	mail->sender = few(x, k->senders);
	mail->person = few(month_mix(x, 1), k->people);
	/* Whoever writes has some users to write to; lists and spam have all. */
	mail->rcpt = (uint32_t)(month_mix(x, 2) % MONTH_USERS);
	if (k->address == MONTH_PEOPLE || k->address == MONTH_ONE || k->address == MONTH_SRS)
		mail->rcpt = (uint32_t)(month_mix(month_mix(kind * 1000u + mail->sender, mail->person),
			few(month_mix(x, 3), 4)) % MONTH_USERS);
	push(m, mail, hour * 3600 + (int64_t)(month_mix(x, 4) % 3600));
}

static void
fill_hour(struct month *m, int64_t hour)
{
	bool weekend = hour / HOURS % 7 >= 5;

	for (uint32_t kind = 0; kind < month_n_kinds; kind++) {
		const struct month_kind *k = &month_kinds[kind];
		uint64_t n = (uint64_t)k->mails * share(hour % HOURS, k->spam) * m->o->percent *
			(weekend && !k->spam ? WEEKEND : 100);

		/* Of a part of a mail there is now and then a whole one: 1,000 times 100 times 100 is one. */
		n += month_mix(month_mix(m->o->seed, (uint64_t)hour), kind) % 10000000;
		for (; n >= 10000000; n -= 10000000)
			add(m, kind, hour);
	}
}

/* ---- attempts ---- */

static void
speak(struct month *m, const struct ip *ip, const char *user, enum verdict_kind *out)
{
	struct session_client c = {.ip = *ip, .listener = VIEW("test")};
	struct session_mail sm = {.from = buf_view(&m->from), .auth_user = view_str(user)};
	struct session *s = session_new(m->engine, &c);

	session_connect(s);
	session_helo(s, buf_view(&m->helo));
	session_mail(s, &sm);
	*out = session_rcpt(s, buf_view(&m->to))->kind;
	if (*out == VERDICT_NONE) {
		session_data(s);
		session_header(s, VIEW("From"), buf_view(&m->from));
		session_eoh(s);
		session_body(s, VIEW("text\r\n"));
		*out = session_end(s, VIEW("Q"))->kind;
	}
	session_free(s);
	m->r->sessions++;
}

static void
address(struct month *m, const struct month_mail *mail)
{
	buf_reset(&m->from);
	buf_reset(&m->to);
	buf_reset(&m->helo);
	month_from(mail, &m->from);
	month_to(mail, &m->to);
}

/* The user writes to who wrote, or will. */
static void
answer(struct month *m, const struct month_mail *mail)
{
	const struct ip ours = {4, {192, 0, 2, 1}};
	enum verdict_kind kind;
	struct buf swapped;

	if (!m->engine)
		return;
	address(m, mail);
	swapped = m->from;
	m->from = m->to;
	m->to = swapped;
	buf_str(&m->helo, "desk.rcpt.example");
	speak(m, &ours, "user", &kind);
	if (kind != VERDICT_ACCEPT && kind != VERDICT_NONE)
		die("our own mail did not leave");
}

static enum verdict_kind
attempt(struct month *m, const struct month_mail *mail)
{
	struct ip ip = month_ip(mail, m->o->seed);
	enum verdict_kind kind;

	address(m, mail);
	if (!m->engine)
		return month_key_passes(m->key, &ip, buf_view(&m->from), buf_view(&m->to), mail->last) ? VERDICT_ACCEPT
			: VERDICT_GREYLIST;
	m->settings.now = EPOCH + mail->last;
	month_helo(mail, &ip, &m->helo);
	speak(m, &ip, NULL, &kind);
	return kind;
}

static void
came_through(struct month *m, const struct month_mail *mail, struct month_count *c)
{
	if (mail->tries > 1) {
		c->delayed++;
		if (!month_kinds[mail->kind].spam)
			m->r->delay[m->r->n_delays++] = (uint32_t)(mail->last - mail->first);
	}
	if (month_kinds[mail->kind].address == MONTH_PEOPLE && month_mix(mail->serial, 9) % 5 == 0)
		answer(m, mail);
}

static void
try(struct month *m, struct month_mail *mail, int64_t now)
{
	struct month_count *c = &m->r->kind[mail->kind];
	enum verdict_kind kind;
	int64_t wait;

	if (mail->tries++ == 0) {
		mail->first = now;
		c->mails++;
	}
	mail->last = now;
	c->attempts++;
	kind = attempt(m, mail);
	if (kind == VERDICT_ACCEPT || kind == VERDICT_NONE) {
		came_through(m, mail, c);
		return;
	}
	c->again += kind == VERDICT_GREYLIST && now - mail->first >= MONTH_WAIT;
	c->late += kind == VERDICT_GREYLIST && now - mail->first >= MONTH_CAP;
	wait = kind == VERDICT_GREYLIST ? month_wait(mail, m->o->seed) : -1;
	if (wait >= 0)
		push(m, mail, now + wait);
	else
		c->lost++;
}

/* Login codes come from whom our users have written to. */
static void
write_first(struct month *m)
{
	struct month_mail mail = {.serial = 0};

	m->settings.now = EPOCH - 3600;
	for (mail.kind = 0; mail.kind < month_n_kinds; mail.kind++)
		for (mail.sender = 0; mail.sender < month_kinds[mail.kind].senders; mail.sender++)
			if (month_kinds[mail.kind].address == MONTH_ONE)
				answer(m, &mail);
}

/* ---- the world ---- */

static struct dns *
zone(uint64_t seed)
{
	struct dns_backend *b = dns_zone_new();
	struct buf text;
	char why[200];

	buf_init(&text, ZONE_MAX);
	month_zone(seed, &text);
	if (text.over || dns_zone_read(b, buf_view(&text), "zone", why, sizeof(why)) != 0)
		die(text.over ? "the zone is too long" : why);
	buf_done(&text);
	return dns_new(b, &(struct dns_options){.cache_bytes = 0});
}

static void
load(struct month *m, const char *rules)
{
	struct engine_options o = {.settings = &m->settings, .checks = checks_all};
	const struct program_list lists[] = {{.name = "own-nets", .type = LIST_NETS},
		{.name = "own-domains", .type = LIST_DOMAINS}, {.name = "trusted-relays", .type = LIST_NETS}};
	char file[] = "/tmp/postern-month.XXXXXX";
	int fd = mkstemp(file);
	struct program_options po = {.files = (const char *const[]){file}, .n_files = 1, .lists = lists, .n_lists = 3};
	struct diag *d = diag_new();

	if (fd < 0 || dprintf(fd, "language 1\n%s\n", rules) < 0 || close(fd) != 0)
		die("no room for the rules");
	m->facts = engine_facts(checks_all);
	po.facts = m->facts;
	po.extra_facts = engine_extra_facts(&o, m->arena, &po.n_extra_facts);
	m->program = program_load(&po, d);
	unlink(file);
	if (!m->program) {
		diag_show(d, stderr);
		die("the rules are wrong");
	}
	diag_free(d);
	m->dns = zone(m->o->seed);
	m->store = store_local();
	o.dns = m->dns;
	o.store = m->store;
	m->engine = engine_new(&o, m->program);
}

static void
begin(struct month *m)
{
	log_open(LOG_TO_STDERR, "month", LOG_LEVEL_ERROR, false);
	m->arena = arena_new();
	buf_init(&m->from, 1000);
	buf_init(&m->to, 1000);
	buf_init(&m->helo, 1000);
	m->settings = (struct settings){.hostname = VIEW("mx.test"), .authserv_id = VIEW("mx.test"), .now = EPOCH,
		.rcpt_wait_ms = 60000, .end_wait_ms = 60000, .greylist_wait = MONTH_WAIT, .greylist_window = MONTH_WINDOW,
		.greylist_life = MONTH_LIFE, .greylist_cap = MONTH_CAP, .unknown_defer_max = 4 * 3600,
		.message_bytes = 1 << 20, .known_secret = VIEW("a secret of the month"), .known_life = 90 * DAY};
	m->r->kind = calloc(month_n_kinds, sizeof(*m->r->kind));
	m->key = month_key_new();
	if (m->o->rules)
		load(m, m->o->rules);
}

static void
end(struct month *m)
{
	month_key_free(m->key);
	engine_free(m->engine);
	program_free(m->program);
	fact_table_free(m->facts);
	if (m->dns)
		dns_free(m->dns);
	store_free(m->store);
	arena_free(m->arena);
	buf_done(&m->from);
	buf_done(&m->to);
	buf_done(&m->helo);
	free(m->heap);
	free(m->due);
}

static int
by_size(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

void
month_run(const struct month_options *o, struct month_result *out)
{
	struct month m = {.o = o, .r = out};
	struct timespec begun, over;
	int64_t hour, now;

	*out = (struct month_result){.n_delays = 0};
	clock_gettime(CLOCK_MONOTONIC, &begun);
	begin(&m);
	write_first(&m);
	for (hour = 0; hour < (int64_t)o->days * HOURS || m.n; hour++) {
		if (hour < (int64_t)o->days * HOURS)
			fill_hour(&m, hour);
		out->delay = realloc(out->delay, (m.serial + 1) * sizeof(*out->delay));
		if (!out->delay)
			die("no memory");
		while (m.n && m.due[0] < (hour + 1) * 3600) {
			struct month_mail *mail = pop(&m, &now);

			try(&m, mail, now);
		}
	}
	end(&m);
	qsort(out->delay, out->n_delays, sizeof(*out->delay), by_size);
	clock_gettime(CLOCK_MONOTONIC, &over);
	out->seconds = (double)(over.tv_sec - begun.tv_sec) + (double)(over.tv_nsec - begun.tv_nsec) / 1e9;
}

void
month_free(struct month_result *r)
{
	free(r->kind);
	free(r->delay);
}
