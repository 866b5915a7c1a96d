/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verify -- what each verification of a message costs, and what it asks.
 *
 *	verify CONF ZONE FOLDER     settings; where DNS is answered from; mail (tests/lib/bench_mail.h)
 *
 * Whole sessions go through the engine, without a front-end, once for each set of facts that is wanted of
 * it: what a check costs is what a session costs with it, less what it costs without. Before anything is
 * measured, all answers of the DNS are in the cache. The sets take turns, message by message.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cmd/assembly.h"
#include "engine/message_text.h"
#include "tests/lib/bench_mail.h"
#include "util/log.h"

enum { ROUNDS = 15, KINDS = 20, CHUNK = 65535 };

static struct set {
	const char *name;
	const char *want[4];
	size_t n_want;
	int less; /* the set without what this one is about; -1 = none */
	bool field; /* all that Authentication-Results shows, and the field itself */
	struct assembly a;
	struct dns_counters first, second; /* after the first pass, and of the second */
	double us[KINDS][ROUNDS]; /* of a message of each kind */
} sets[] = {
	{.name = "session", .less = -1},
	{.name = "iprev", .want = {"client.fcrdns"}, .n_want = 1},
	{.name = "SPF", .want = {"spf"}, .n_want = 1},
	{.name = "DKIM", .want = {"dkim"}, .n_want = 1},
	{.name = "ARC", .want = {"arc"}, .n_want = 1},
	{.name = "DMARC", .want = {"spf", "dkim", "dmarc"}, .n_want = 3, .less = 6},
	{.name = NULL, .want = {"spf", "dkim"}, .n_want = 2},
	{.name = "all", .field = true},
};
enum { SETS = sizeof(sets) / sizeof(*sets) };

static struct bench_mail mails[BENCH_MAIL_MAX];
static size_t n_mails;
static struct kind {
	const char *name;
	size_t messages;
} kinds[KINDS] = {{.name = "all messages"}};
static size_t n_kinds = 1;

static _Noreturn void
die(const char *what, const char *why)
{
	fprintf(stderr, "verify: %s: %s\n", what, why);
	exit(1);
}

static double
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static size_t
kind_of(const struct bench_mail *m)
{
	size_t k = 1;

	while (k < n_kinds && strcmp(kinds[k].name, m->kind) != 0)
		k++;
	if (k == KINDS)
		die(m->kind, "too many kinds of messages");
	if (k == n_kinds)
		kinds[n_kinds++].name = m->kind;
	return k;
}

/* ---- one message ---- */

/* Nothing is measured that does not verify: all that the field says must be "pass", or "none" where there
 * is nothing to verify. */
static void
look_at(const struct edits *e, const char *what)
{
	for (size_t i = 0; i < e->n_headers; i++) {
		struct view v = e->header[i].value;

		if (!view_is(e->header[i].name, "Authentication-Results"))
			continue;
		if (view_search_nocase(v, VIEW("spf=pass")) == v.n || view_search_nocase(v, VIEW("dkim=pass")) == v.n ||
			view_search_nocase(v, VIEW("iprev=pass")) == v.n || view_search_nocase(v, VIEW("=fail")) < v.n ||
			view_search_nocase(v, VIEW("error")) < v.n)
			die(what, "it does not verify");
		return;
	}
	die(what, "no Authentication-Results");
}

static void
send_mail(struct set *set, const struct bench_mail *m, struct arena *a)
{
	struct session_client client = {.listener = VIEW("bench")};
	struct session_mail mail = {.from = view_str(m->from)};
	struct session *s;
	struct view body;

	if (!ip_parse(view_str(m->client), &client.ip))
		die(m->client, "no address");
	s = session_new(set->a.engine, &client);
	session_connect(s);
	session_helo(s, view_str(m->helo));
	session_mail(s, &mail);
	session_rcpt(s, view_str(m->to));
	session_data(s);
	message_text_header(s, view_of(m->text, m->n), a, &body);
	for (; body.n; body = view_skip(body, CHUNK))
		session_body(s, view_head(body, CHUNK));
	session_end(s, VIEW("QUEUE1"));
	if (set->field)
		look_at(session_edits(s), m->kind);
	session_free(s);
	arena_reset(a);
}

/* ---- a pass over all ---- */

static void
ask_all(struct set *set, struct arena *a)
{
	for (size_t i = 0; i < n_mails; i++)
		send_mail(set, &mails[i], a);
	dns_count(set->a.dns, &set->first);
	for (size_t i = 0; i < n_mails; i++)
		send_mail(set, &mails[i], a);
	dns_count(set->a.dns, &set->second);
	set->second.asked -= set->first.asked;
	set->second.sent -= set->first.sent;
}

static void
measure(int round, struct arena *a)
{
	for (size_t i = 0; i < n_mails; i++) {
		size_t k = kind_of(&mails[i]);

		for (size_t s = 0; s < SETS; s++) {
			double begun = cpu_us(), us;

			send_mail(&sets[s], &mails[i], a);
			us = cpu_us() - begun;
			sets[s].us[k][round] += us / (double)kinds[k].messages;
			sets[s].us[0][round] += us / (double)kinds[0].messages;
		}
	}
}

/* ---- the table ---- */

static int
by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* What a set's check costs messages of one kind: least, median and most of the rounds. */
static void
spread(const struct set *s, size_t k, double out[static 3])
{
	double d[ROUNDS];

	for (int i = 0; i < ROUNDS; i++)
		d[i] = s->us[k][i] - (s->less < 0 ? 0 : sets[s->less].us[k][i]);
	qsort(d, ROUNDS, sizeof(*d), by_size);
	out[0] = d[0];
	out[1] = d[ROUNDS / 2];
	out[2] = d[ROUNDS - 1];
}

static void
print_kind(size_t k)
{
	double us[3];

	printf("  %-26s%4zu", kinds[k].name, kinds[k].messages);
	for (size_t i = 0; i < SETS; i++) {
		spread(&sets[i], k, us);
		if (sets[i].name)
			printf("%10.1f", us[1]);
	}
	putchar('\n');
}

static void
print_spread(void)
{
	double us[3];

	printf("  %-30s", "  least and most");
	for (size_t i = 0; i < SETS; i++) {
		spread(&sets[i], 0, us);
		if (sets[i].name)
			printf("%5.0f-%-4.0f", us[0], us[2]);
	}
	putchar('\n');
}

static void
print_questions(const char *what, uint64_t (*of)(const struct set *s))
{
	printf("  %-30s", what);
	for (size_t i = 0; i < SETS; i++) {
		uint64_t n = of(&sets[i]), less = sets[i].less < 0 ? 0 : of(&sets[sets[i].less]);

		if (sets[i].name)
			printf("%10.2f", (double)(n - less) / (double)n_mails);
	}
	putchar('\n');
}

static uint64_t
asked(const struct set *s)
{
	return s->first.asked;
}

static uint64_t
sent_first(const struct set *s)
{
	return s->first.sent;
}

static uint64_t
sent_then(const struct set *s)
{
	return s->second.sent;
}

static void
print_all(void)
{
	printf("CPU us a message, of %2d rounds  ", ROUNDS);
	for (size_t i = 0; i < SETS; i++)
		if (sets[i].name)
			printf("%10s", sets[i].name);
	puts("\n (medians; all answers of the DNS at hand; session: no check; of a check, what it adds; all: and the field)");
	for (size_t k = 1; k < n_kinds; k++)
		print_kind(k);
	print_kind(0);
	print_spread();
	puts("DNS questions a message");
	print_questions("asked", asked);
	print_questions("not in a cache empty at first", sent_first);
	print_questions("not in it the second time", sent_then);
}

/* ---- the run ---- */

static void
assemble(struct set *set, const char *conf, const char *zone)
{
	struct assembly_reading what = {.conf = conf, .want = set->want, .n_want = set->n_want};
	char why[200];

	if (!assembly_read(&set->a, &what)) {
		diag_show(set->a.diag, stderr);
		exit(1);
	}
	set->a.settings.authres = set->field;
	if (!assembly_dns(&set->a, &zone, 1, why, sizeof(why)))
		die(zone, why);
	assembly_engine(&set->a);
}

int
main(int argc, char **argv)
{
	struct arena *a = arena_new();

	if (argc != 4) {
		fputs("usage: verify CONF ZONE FOLDER\n", stderr);
		return 2;
	}
	log_open(LOG_TO_STDERR, "verify", LOG_LEVEL_WARN, false);
	n_mails = bench_mail_load(argv[3], mails);
	for (size_t i = 0; i < n_mails; i++)
		kinds[kind_of(&mails[i])].messages++;
	kinds[0].messages = n_mails;
	for (size_t s = 0; s < SETS; s++) {
		assemble(&sets[s], argv[1], argv[2]);
		ask_all(&sets[s], a);
	}
	for (int i = 0; i < ROUNDS; i++)
		measure(i, a);
	print_all();
	for (size_t s = 0; s < SETS; s++)
		assembly_done(&sets[s].a);
	arena_free(a);
	return 0;
}
