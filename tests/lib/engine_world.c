/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/engine_world.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "checks/checks.h"
#include "svc/dns_zone.h"
#include "tests/lib/unit.h"
#include "util/log.h"

/* "a1.fail.example" to "d5.fail.example" */
#define FAILS(name) "$FAIL " #name ".fail.example. servfail\n"
#define FIVE_FAIL(x) FAILS(x##1) FAILS(x##2) FAILS(x##3) FAILS(x##4) FAILS(x##5)

static const char zone[] =
	"good.example.com. MX 10 mx.good.example.com.\n"
	"good.example.com. TXT \"v=spf1 ip4:192.0.2.10 -all\"\n"
	"mx.good.example.com. A 192.0.2.10\n"
	"10.2.0.192.in-addr.arpa. PTR mx.good.example.com.\n"
	"2.0.0.127.bl.example. A 127.0.0.2\n"
	"66.2.0.192.bl.example. A 127.0.0.2\n"
	"$FAIL 67.2.0.192.bl.example. servfail\n"
	FIVE_FAIL(a) FIVE_FAIL(b) FIVE_FAIL(c) FIVE_FAIL(d);


static void
sink(void *ctx, struct view json)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	struct engine_world *w = ctx;
	json_t *record = json_loadb(json.p, json.n, JSON_ALLOW_NUL, NULL);

	pthread_mutex_lock(&lock); /* of sessions that are many at once */
	json_decref(w->record);
	w->record = record;
	w->records++;
	pthread_mutex_unlock(&lock);
	CU_ASSERT_PTR_NOT_NULL(record);
}

static void
load(struct engine_world *w, const char *rules)
{
	static const struct view nets[] = {{"198.51.100.0/24", 15}, VIEW("2001:db8:aaaa::/48")},
		relays[] = {VIEW("198.51.100.25"), VIEW("203.0.113.25")},
		ours[] = {VIEW("own.example")};
	const struct program_list lists[] = {
		{.name = "own-nets", .type = LIST_NETS, .items = nets, .n = 2},
		{.name = "own-domains", .type = LIST_DOMAINS, .items = ours, .n = 1},
		{.name = "trusted-relays", .type = LIST_NETS, .items = relays, .n = 2}};
	struct engine_options o = {.settings = &w->settings, .checks = checks_all};
	struct program_options po = {.files = (const char *const[]){w->file}, .n_files = 1, .lists = lists,
		.n_lists = 3};
	struct diag *d = diag_new();
	FILE *f = fopen(w->file, "w");

	fprintf(f, "language 1\n%s\n", rules);
	fclose(f);
	w->facts = engine_facts(checks_all);
	po.facts = w->facts;
	po.extra_facts = engine_extra_facts(&o, w->arena, &po.n_extra_facts);
	w->program = program_load(&po, d);
	if (!w->program)
		diag_show(d, stdout);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w->program);
	diag_free(d);
	engine_world_renew(w);
}

void
engine_world_renew(struct engine_world *w)
{
	struct engine_options o = {.settings = &w->settings, .checks = checks_all, .dns = w->dns,
		.store = w->store, .sink = sink, .sink_ctx = w, .trace = true,
		.hands_names = w->hands_names};

	engine_free(w->engine);
	w->engine = engine_new(&o, w->program);
}

static struct dns_backend *
zone_of(const char *more_zone)
{
	struct dns_backend *b = dns_zone_new();
	char why[200];

	CU_ASSERT_EQUAL_FATAL(dns_zone_read(b, VIEW(zone), "zone", why, sizeof(why)), 0);
	CU_ASSERT_EQUAL_FATAL(dns_zone_read(b, view_str(more_zone), "more", why, sizeof(why)), 0);
	return b;
}

struct dns_script *
engine_world_script(struct engine_world *w)
{
	struct dns_script *script = dns_script_over(zone_of(""));

	dns_free(w->dns);
	w->dns = dns_new(&script->backend, NULL);
	engine_world_renew(w);
	return script;
}

void
engine_world_more(struct engine_world *w, const char *more_zone)
{
	engine_world_resolver(w, more_zone, NULL);
}

void
engine_world_resolver(struct engine_world *w, const char *more_zone, const struct dns_options *o)
{
	dns_free(w->dns);
	w->dns = dns_new(zone_of(more_zone), o);
	engine_world_renew(w);
}

void
engine_world_open(struct engine_world *w, const char *rules)
{
	memset(w, 0, sizeof(*w));
	log_open(LOG_TO_STDERR, "test", LOG_LEVEL_ERROR, false);
	w->arena = arena_new();
	w->settings = (struct settings){.hostname = VIEW("mx.test"), .authserv_id = VIEW("mx.test"),
		.authres = true, .spam_headers = true, .now = 1795000000, .rcpt_wait_ms = 2000,
		.end_wait_ms = 2000, .greylist_wait = 120, .greylist_window = 86400, .greylist_life = 86400,
		.greylist_cap = 3600, .unknown_defer_max = 4 * 3600, .message_bytes = 1 << 20};
	snprintf(w->folder, sizeof(w->folder), "/tmp/postern-test.XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(w->folder));
	snprintf(w->file, sizeof(w->file), "%s/t.rules", w->folder);
	w->dns = dns_new(zone_of(""), NULL);
	w->store = store_local();
	load(w, rules);
}

void
engine_world_close(struct engine_world *w)
{
	json_decref(w->record);
	engine_free(w->engine);
	program_free(w->program);
	fact_table_free(w->facts);
	dns_free(w->dns);
	store_free(w->store);
	arena_free(w->arena);
	unlink(w->file);
	rmdir(w->folder);
}

/* ---- one message ---- */

const struct engine_mail engine_world_good = {"192.0.2.10", "mx.good.example.com", "joe@good.example.com",
	{"kim@rcpt.example"}, NULL, "From: joe@good.example.com"};

struct session *
engine_world_begin(struct engine_world *w, const struct engine_mail *m)
{
	struct session_client c = {.listener = VIEW("test"), .wake = w->wake, .wake_ctx = w->wake_ctx};
	struct session_mail sm = {.from = view_str(m->from), .auth_user = view_str(m->auth)};
	struct session *s;

	if (m->client)
		CU_ASSERT_TRUE_FATAL(ip_parse(view_str(m->client), &c.ip));
	s = session_new(w->engine, &c);
	session_connect(s);
	session_helo(s, view_str(m->helo));
	session_mail(s, &sm);
	return s;
}

const struct verdict *
engine_world_content(struct session *s, const struct engine_mail *m, const struct edits **e)
{
	struct view h = view_str(m->header);
	size_t colon = view_find(h, ':');
	const struct verdict *v;

	session_data(s);
	if (m->header)
		session_header(s, view_head(h, colon), view_skip(h, colon + 1));
	session_eoh(s);
	session_body(s, VIEW("text\r\n"));
	v = session_end(s, VIEW("Q1"));
	*e = session_edits(s);
	return v;
}

const char *
engine_world_outcome(struct engine_world *w, const struct engine_mail *m)
{
	static char text[64];
	struct session *s = engine_world_begin(w, m);
	const struct verdict *v;
	const struct edits *e;
	size_t accepted = 0;

	for (size_t i = 0; i < 4 && m->to[i]; i++) {
		v = session_rcpt(s, view_str(m->to[i]));
		if (v->kind == VERDICT_NONE)
			accepted++;
		else if (accepted == 0)
			snprintf(text, sizeof(text), "rcpt %d", v->reply.code);
	}
	if (accepted) {
		v = engine_world_content(s, m, &e);
		snprintf(text, sizeof(text), "end %s%s", verdict_name(v->kind),
			json_is_true(json_object_get(w->record, "tagged")) ? " tagged" : "");
	}
	session_free(s);
	return text;
}

const char *
engine_world_one(const char *rules, const struct engine_mail *m)
{
	static char text[64];
	struct engine_world w;

	engine_world_open(&w, rules);
	snprintf(text, sizeof(text), "%s", engine_world_outcome(&w, m));
	engine_world_close(&w);
	return text;
}
