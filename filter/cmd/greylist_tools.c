/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/greylist_tools.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "checks/greylist_record.h"
#include "cmd/assembly.h"
#include "cmd/postgrey_import.h"
#include "cmd/store_walk.h"
#include "engine/known.h"
#include "mail/return_path.h"
#include "util/clock.h"
#include "util/set.h"

enum { NONE = 1, SPAN = 48 };

#define TOOL "postern greylist"

static const char usage[] =
	"usage: postern greylist [-c FILE] list [-n COUNT] [--pending | --known] [WHOSE]...\n"
	"       postern greylist [-c FILE] show | release | forget WHOSE...\n"
	"       postern greylist [-c FILE] import [--dry-run] postgrey FILE...\n"
	"\n"
	"Shows and changes the greylist, in the memory of the running daemon. WHOSE: --organisation NAME,\n"
	"--sender ADDRESS or --recipient ADDRESS. A domain in place of an address is all of its addresses.\n"
	"list: a line for each sender that waits or has passed. --pending: only who waits. --known: the\n"
	"organisations that are not delayed any more. show: all about them. release: who waits passes at\n"
	"the next attempt. forget: they are strangers again. import: what postgrey has learned. FILE is\n"
	"its database, or the text that db_dump makes of it ('-': standard input).\n"
	"\n"
	"Exit: 0 done, 1 there is none, 64 wrong usage, 65 FILE is no database of postgrey,\n"
	"66 no FILE, 69 the daemon, or db_dump, does not run or answer, 78 settings do not check.\n";

struct asked {
	struct store *store;
	struct greylist_terms terms;
	struct view organisation, sender, recipient; /* whose; absent: everybody's */
	struct view pattern;                         /* of sender, as records have it */
	int64_t now;
	uint64_t room, found;
	bool pending, failed;
	bool (*each)(struct asked *q, const struct store_page_record *p, struct greylist_record *r,
		struct arena *a);
	struct set *forgotten; /* senders and recipients */
};

/* ---- which records ---- */

/* "joe@x.example" is itself; "x.example" is each address there and below. */
static bool
is_of(struct view have, struct view want)
{
	struct view domain = view_skip(have, view_rfind(have, '@'));

	if (!want.p || view_eq_nocase(have, want))
		return true;
	if (want.n == 0 || want.n >= domain.n || !view_ends_nocase(domain, want))
		return false;
	return domain.n == want.n + 1 || domain.p[domain.n - want.n - 1] == '.';
}

static bool
is_asked(const struct asked *q, const struct greylist_record *r)
{
	if (r->organisation.n == 0 || (q->pending && r->passed))
		return false;
	if (q->organisation.p && !view_eq_nocase(r->organisation, q->organisation))
		return false;
	return (is_of(r->sender, q->sender) || (q->pattern.p && view_eq_nocase(r->sender, q->pattern))) &&
		is_of(r->recipient, q->recipient);
}

static bool
take(void *ctx, const struct store_page_record *p, struct arena *page)
{
	struct asked *q = ctx;
	struct greylist_record r;

	if (!greylist_record_read(p->value, &r) || !is_asked(q, &r))
		return true;
	q->found++;
	q->failed = !q->each(q, p, &r, page);
	return !q->failed && q->found < q->room;
}

/* A request for a record of the greylist, or for all of them. */
static struct store_request
of_greylist(const struct asked *q, enum store_op op, struct view key)
{
	return (struct store_request){.op = op, .type = STORE_GREYLIST, .version = GREYLIST_RECORD_VERSION,
		.key = key, .now = q->now};
}

static void
walk(struct asked *q, struct store_request scan, store_walk_each *each)
{
	if (!store_walk(q->store, scan, each, q) && q->found < q->room)
		q->failed = true;
}

static void
walk_greylist(struct asked *q, store_walk_each *each)
{
	walk(q, of_greylist(q, STORE_SCAN, VIEW("")), each);
}

static void
walk_known(struct asked *q)
{
	const char kind = KNOWN_ORGANISATION;

	walk(q, known_request(STORE_SCAN, view_of(&kind, 1), q->now), take);
}

/* ---- what is said of one ---- */

/* The two largest units: "2d 4h", "3m 20s". */
static const char *
span(int64_t seconds, char out[static SPAN])
{
	static const struct {
		int64_t seconds;
		char name;
	} unit[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	size_t i = 0;

	while (i < 3 && seconds < unit[i].seconds)
		i++;
	if (i == 3 || seconds % unit[i].seconds / unit[i + 1].seconds == 0)
		snprintf(out, SPAN, "%" PRId64 "%c", seconds / unit[i].seconds, unit[i].name);
	else
		snprintf(out, SPAN, "%" PRId64 "%c %" PRId64 "%c", seconds / unit[i].seconds, unit[i].name,
			seconds % unit[i].seconds / unit[i + 1].seconds, unit[i + 1].name);
	return out;
}

static int64_t
age(const struct asked *q, int64_t since)
{
	return q->now > since ? q->now - since : 0;
}

/* Seconds until an attempt passes. */
static int64_t
left(const struct asked *q, const struct greylist_record *r)
{
	int64_t wait = q->terms.wait < q->terms.cap ? q->terms.wait : q->terms.cap;
	int64_t gone = age(q, r->first);

	return r->passed || gone >= wait ? 0 : wait - gone;
}

static const char *
state(const struct asked *q, const struct greylist_record *r)
{
	return r->passed ? "passed" : left(q, r) ? "waits" : "ready";
}

/* Organisation, sender, recipient. */
static struct view
names(const struct greylist_record *r, struct arena *a)
{
	return arena_printf(a, "%.*s  %.*s  %.*s", VIEW_ARG(diag_escaped(a, r->organisation)),
		VIEW_ARG(diag_escaped(a, r->sender)), VIEW_ARG(diag_escaped(a, r->recipient)));
}

static bool
list(struct asked *q, const struct store_page_record *p, struct greylist_record *r, struct arena *a)
{
	char old[SPAN], more[SPAN];

	printf("%-6s %8s %8s  %.*s\n", state(q, r), span(age(q, r->first), old),
		left(q, r) ? span(left(q, r), more) : "-", VIEW_ARG(names(r, a)));
	return true;
}

static bool
list_known(struct asked *q, const struct store_page_record *p, struct greylist_record *r, struct arena *a)
{
	char old[SPAN], last[SPAN];

	printf("known  %8s %8s  %.*s\n", span(age(q, r->first), old), span(age(q, r->used), last),
		VIEW_ARG(names(r, a)));
	return true;
}

static bool
show(struct asked *q, const struct store_page_record *p, struct greylist_record *r, struct arena *a)
{
	char text[SPAN];

	printf("%s%-14s%.*s\n", q->found > 1 ? "\n" : "", "organisation",
		VIEW_ARG(diag_escaped(a, r->organisation)));
	printf("%-14s%.*s\n", "sender", VIEW_ARG(diag_escaped(a, r->sender)));
	printf("%-14s%.*s\n", "recipient", VIEW_ARG(diag_escaped(a, r->recipient)));
	printf("%-14s%s ago\n", "first seen", span(age(q, r->first), text));
	if (r->passed)
		printf("%-14sknown, last noted %s ago\n", "state", span(age(q, r->used), text));
	else if (left(q, r))
		printf("%-14swaits, an attempt passes in %s\n", "state", span(left(q, r), text));
	else
		printf("%-14sready, the next attempt passes\n", "state");
	printf("%-14sin %s\n", "forgotten", span(age(&(struct asked){.now = p->expires}, q->now), text));
	return true;
}

/* ---- what is done to one ---- */

static bool
done(struct asked *q, struct store_request r, struct arena *a)
{
	struct store_result result;

	store_do(q->store, &r, 1, a, &result);
	return result.status != STORE_TEMPFAIL;
}

static bool
release(struct asked *q, const struct store_page_record *p, struct greylist_record *r, struct arena *a)
{
	struct store_request put = of_greylist(q, STORE_PUT, p->key);
	char bytes[GREYLIST_RECORD_MAX];

	r->passed = true;
	r->used = q->now;
	put.value = greylist_record_write(r, bytes);
	put.expires = q->now + q->terms.life;
	if (!done(q, put, a))
		return false;
	printf("passes at the next attempt: %.*s\n", VIEW_ARG(names(r, a)));
	return true;
}

static struct view
mail_of(const struct greylist_record *r, struct arena *a)
{
	return arena_printf(a, "%.*s\n%.*s", VIEW_ARG(r->sender), VIEW_ARG(r->recipient));
}

static struct view
organisation_key(struct view organisation, struct arena *a)
{
	return known_key(KNOWN_ORGANISATION, organisation, (struct view){NULL, 0}, a);
}

/* Its organisation, if it is known, would let it pass again. */
static bool
forget(struct asked *q, const struct store_page_record *p, struct greylist_record *r, struct arena *a)
{
	set_add(q->forgotten, mail_of(r, a));
	if (!done(q, of_greylist(q, STORE_REMOVE, p->key), a) ||
		!done(q, known_request(STORE_REMOVE, organisation_key(r->organisation, a), q->now), a))
		return false;
	printf("forgotten: %.*s\n", VIEW_ARG(names(r, a)));
	return true;
}

/* What stands beside the records that were forgotten: the same mail, from a network or anywhere. */
static bool
forget_beside(void *ctx, const struct store_page_record *p, struct arena *a)
{
	struct asked *q = ctx;
	struct greylist_record r;

	if (!greylist_record_read(p->value, &r) || r.organisation.n || !set_has(q->forgotten, mail_of(&r, a)))
		return true;
	return done(q, of_greylist(q, STORE_REMOVE, p->key), a);
}

static bool
forget_known(struct asked *q, const struct store_page_record *p, struct greylist_record *r, struct arena *a)
{
	if (!done(q, known_request(STORE_REMOVE, p->key, q->now), a))
		return false;
	printf("forgotten: %.*s\n", VIEW_ARG(names(r, a)));
	return true;
}

/* ---- what is asked ---- */

static void
run_list(struct asked *q, bool known)
{
	q->each = known ? list_known : list;
	if (known)
		walk_known(q);
	else
		walk_greylist(q, take);
}

static void
run_show(struct asked *q)
{
	q->each = show;
	walk_greylist(q, take);
}

static void
run_release(struct asked *q)
{
	q->pending = true;
	q->each = release;
	walk_greylist(q, take);
}

static void
run_forget(struct asked *q)
{
	q->forgotten = set_new();
	if (q->organisation.p && !q->sender.p && !q->recipient.p) {
		q->each = forget_known;
		walk_known(q);
	}
	q->each = forget;
	if (!q->failed)
		walk_greylist(q, take);
	if (!q->failed && set_count(q->forgotten))
		walk_greylist(q, forget_beside);
	set_free(q->forgotten);
}

struct options {
	const char *conf;
	const char *organisation, *sender, *recipient;
	uint64_t count;
	bool pending, known, dry_run, counted;
};

static int
import(struct asked *q, const struct options *o, char *const *files)
{
	struct postgrey_import i = {.store = o->dry_run ? NULL : q->store, .terms = q->terms, .now = q->now};
	int status = postgrey_import(&i, files);

	if (i.records == 0 && status != EX_OK)
		return status;
	printf("%" PRIu64 " records read%s:\n"
	       "%10" PRIu64 " triplets that passed, and pass again\n"
	       "%10" PRIu64 " that wait, and keep their first attempt\n"
	       "%10" PRIu64 " networks of clients that are known as a whole\n"
	       "%10" PRIu64 " were there already\n"
	       "%10" PRIu64 " too old, or clients whose triplets tell enough\n"
	       "%10" PRIu64 " hashed (--privacy): they tell nothing\n"
	       "%10" PRIu64 " not as postgrey writes them\n",
		i.records, o->dry_run ? ", nothing written" : "", i.passed, i.waiting, i.networks, i.there,
		i.over, i.hashed, i.odd);
	return status;
}

static struct view
pattern_of(const char *sender, struct arena *a)
{
	struct address from;

	if (!sender || address_path(view_str(sender), a, &from) != ADDRESS_OK)
		return (struct view){NULL, 0};
	return return_path_pattern(&from, a);
}

static void
say_none(const struct asked *q, bool known)
{
	const char *such = q->organisation.p || q->sender.p || q->recipient.p ? "such " : "";

	fprintf(stderr, known ? TOOL ": no %sorganisation is known\n"
		: q->pending  ? TOOL ": no %ssender waits\n"
		              : TOOL ": no %ssender waits or has passed\n", such);
}

/* words: the verb, then its arguments, ending with NULL. */
static int
answer(struct asked *q, const struct options *o, char *const *words)
{
	if (strcmp(words[0], "import") == 0)
		return import(q, o, words + 2);
	if (strcmp(words[0], "list") == 0)
		run_list(q, o->known);
	else if (strcmp(words[0], "show") == 0)
		run_show(q);
	else if (strcmp(words[0], "release") == 0)
		run_release(q);
	else
		run_forget(q);
	if (q->failed)
		return store_walk_silent(TOOL);
	if (q->found == 0)
		say_none(q, o->known);
	return q->found ? EX_OK : NONE;
}

static struct greylist_terms
terms_of(const struct conf *c)
{
	return (struct greylist_terms){.wait = (int64_t)c->greylist_wait / 1000,
		.window = (int64_t)c->greylist_window / 1000, .life = (int64_t)c->greylist_life / 1000,
		.cap = (int64_t)c->greylist_cap / 1000};
}

static int
run(const struct options *o, char *const *words)
{
	struct assembly a;
	int status = EX_CONFIG;

	if (assembly_settings(&a, &(struct assembly_reading){.conf = o->conf})) {
		struct arena *arena = arena_new();
		struct asked q = {.store = store_walk_connect(o->conf), .terms = terms_of(a.conf),
			.now = clock_wall(), .organisation = view_str(o->organisation),
			.sender = view_str(o->sender), .recipient = view_str(o->recipient),
			.pattern = pattern_of(o->sender, arena), .pending = o->pending,
			.room = o->counted ? o->count : UINT64_MAX};

		status = answer(&q, o, words);
		store_free(q.store);
		arena_free(arena);
	} else {
		diag_show(a.diag, stderr);
	}
	assembly_done(&a);
	return status;
}

static bool
is_sound(const struct options *o, int n, char *const *words)
{
	bool whose = o->organisation || o->sender || o->recipient;

	if (n == 0)
		return false;
	if (strcmp(words[0], "import") == 0)
		return n > 2 && strcmp(words[1], "postgrey") == 0 && !whose && !o->pending && !o->known &&
			!o->counted;
	if (n > 1 || o->dry_run)
		return false;
	if (strcmp(words[0], "list") == 0)
		return !(o->pending && o->known);
	return whose && !o->pending && !o->known && !o->counted && (strcmp(words[0], "show") == 0 ||
		strcmp(words[0], "release") == 0 || strcmp(words[0], "forget") == 0);
}

int
greylist_tools_main(int argc, char **argv)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'H'},
		{"organisation", required_argument, NULL, 'o'}, {"sender", required_argument, NULL, 's'},
		{"recipient", required_argument, NULL, 'r'}, {"pending", no_argument, NULL, 'p'},
		{"known", no_argument, NULL, 'k'}, {"dry-run", no_argument, NULL, 'd'}, {NULL, 0, NULL, 0}};
	struct options o = {.conf = ASSEMBLY_CONF};
	bool sound = true;
	int key;

	while ((key = getopt_long(argc, argv, "c:n:", options, NULL)) != -1) {
		switch (key) {
		case 'c': o.conf = optarg; break;
		case 'o': o.organisation = optarg; break;
		case 's': o.sender = optarg; break;
		case 'r': o.recipient = optarg; break;
		case 'p': o.pending = true; break;
		case 'k': o.known = true; break;
		case 'd': o.dry_run = true; break;
		case 'n':
			o.counted = true;
			sound &= view_number(view_str(optarg), UINT64_MAX, &o.count) && o.count > 0;
			break;
		case 'H': fputs(usage, stdout); return EX_OK;
		default: sound = false;
		}
	}
	if (!sound || !is_sound(&o, argc - optind, argv + optind)) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	return run(&o, argv + optind);
}
