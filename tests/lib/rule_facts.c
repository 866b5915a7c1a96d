/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/rule_facts.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct fact_def rows[] = {
	{.name = "client.ip", .type = FACT_IP, .stage = STAGE_CONNECT, .help = ""},
	{.name = "client.ptr",
		.type = FACT_DOMAIN,
		.stage = STAGE_CONNECT,
		.claimed = true,
		.help = ""},
	{.name = "client.name", .type = FACT_DOMAIN, .stage = STAGE_CONNECT, .help = ""},
	{.name = "client.fcrdns", .type = FACT_BOOL, .stage = STAGE_CONNECT, .help = ""},
	{.name = "client.dynamic", .type = FACT_BOOL, .stage = STAGE_CONNECT, .help = ""},
	{.name = "client.early-talk", .type = FACT_BOOL, .stage = STAGE_CONNECT, .help = ""},
	{.name = "client.connections", .type = FACT_NUMBER, .stage = STAGE_CONNECT, .help = ""},
	{.name = "client.asn", .type = FACT_NUMBER, .stage = STAGE_CONNECT, .help = ""},
	{.name = "geo.country", .type = FACT_COUNTRY, .stage = STAGE_CONNECT, .help = ""},
	{.name = "direction",
		.type = FACT_ENUM,
		.stage = STAGE_CONNECT,
		.values = "inbound outbound",
		.help = ""},
	{.name = "listener", .type = FACT_WORD, .stage = STAGE_CONNECT, .help = ""},
	{.name = "time.hour", .type = FACT_NUMBER, .stage = STAGE_CONNECT, .help = ""},
	{.name = "time.weekday",
		.type = FACT_ENUM,
		.stage = STAGE_CONNECT,
		.values = "mon tue wed thu fri sat sun",
		.help = ""},
	{.name = "helo.name",
		.type = FACT_DOMAIN,
		.stage = STAGE_HELO,
		.claimed = true,
		.help = ""},
	{.name = "helo.literal", .type = FACT_BOOL, .stage = STAGE_HELO, .help = ""},
	{.name = "helo.fqdn", .type = FACT_BOOL, .stage = STAGE_HELO, .help = ""},
	{.name = "helo.resolves", .type = FACT_BOOL, .stage = STAGE_HELO, .help = ""},
	{.name = "helo.matches-ip", .type = FACT_BOOL, .stage = STAGE_HELO, .help = ""},
	{.name = "helo.ours", .type = FACT_BOOL, .stage = STAGE_HELO, .help = ""},
	{.name = "helo.spf",
		.type = FACT_ENUM,
		.stage = STAGE_HELO,
		.values = "none neutral pass fail softfail permerror",
		.help = ""},
	{.name = "mail.from",
		.type = FACT_ADDRESS,
		.stage = STAGE_MAIL,
		.claimed = true,
		.help = ""},
	{.name = "mail.domain",
		.type = FACT_DOMAIN,
		.stage = STAGE_MAIL,
		.claimed = true,
		.help = ""},
	{.name = "mail.local", .type = FACT_TEXT, .stage = STAGE_MAIL, .claimed = true, .help = ""},
	{.name = "mail.null", .type = FACT_BOOL, .stage = STAGE_MAIL, .claimed = true, .help = ""},
	{.name = "mail.resolves", .type = FACT_BOOL, .stage = STAGE_MAIL, .help = ""},
	{.name = "mail.size", .type = FACT_SIZE, .stage = STAGE_MAIL, .claimed = true, .help = ""},
	{.name = "tls", .type = FACT_BOOL, .stage = STAGE_MAIL, .help = ""},
	{.name = "tls.version",
		.type = FACT_ENUM,
		.stage = STAGE_MAIL,
		.values = "TLSv1.0 TLSv1.1 TLSv1.2 TLSv1.3",
		.help = ""},
	{.name = "tls.cert", .type = FACT_TEXT, .stage = STAGE_MAIL, .help = ""},
	{.name = "auth.user", .type = FACT_TEXT, .stage = STAGE_MAIL, .help = ""},
	{.name = "spf",
		.type = FACT_ENUM,
		.stage = STAGE_MAIL,
		.values = "none neutral pass fail softfail permerror",
		.help = ""},
	{.name = "spf.domain", .type = FACT_DOMAIN, .stage = STAGE_MAIL, .help = ""},
	{.name = "rcpt.to",
		.type = FACT_ADDRESS,
		.stage = STAGE_RCPT,
		.per_rcpt = true,
		.help = ""},
	{.name = "rcpt.domain",
		.type = FACT_DOMAIN,
		.stage = STAGE_RCPT,
		.per_rcpt = true,
		.help = ""},
	{.name = "rcpt.local",
		.type = FACT_TEXT,
		.stage = STAGE_RCPT,
		.per_rcpt = true,
		.help = ""},
	{.name = "rcpt.valid",
		.type = FACT_BOOL,
		.stage = STAGE_RCPT,
		.per_rcpt = true,
		.help = ""},
	{.name = "rcpt.count", .type = FACT_NUMBER, .stage = STAGE_RCPT, .help = ""},
	{.name = "rcpt.rejected", .type = FACT_NUMBER, .stage = STAGE_RCPT, .help = ""},
	{.name = "rcpts.domain",
		.type = FACT_DOMAIN,
		.stage = STAGE_RCPT,
		.list = true,
		.help = ""},
	{.name = "rcpts.address",
		.type = FACT_ADDRESS,
		.stage = STAGE_RCPT,
		.list = true,
		.help = ""},
	{.name = "grey.state",
		.type = FACT_ENUM,
		.stage = STAGE_RCPT,
		.values = "new early passed known",
		.per_rcpt = true,
		.help = ""},
	{.name = "grey.age",
		.type = FACT_DURATION,
		.stage = STAGE_RCPT,
		.per_rcpt = true,
		.help = ""},
	{.name = "header",
		.type = FACT_TEXT,
		.stage = STAGE_HEADER,
		.claimed = true,
		.arg = true,
		.help = ""},
	{.name = "header-count",
		.type = FACT_NUMBER,
		.stage = STAGE_HEADER,
		.claimed = true,
		.arg = true,
		.help = ""},
	{.name = "subject", .type = FACT_TEXT, .stage = STAGE_HEADER, .claimed = true, .help = ""},
	{.name = "from.address",
		.type = FACT_ADDRESS,
		.stage = STAGE_HEADER,
		.claimed = true,
		.help = ""},
	{.name = "from.domain",
		.type = FACT_DOMAIN,
		.stage = STAGE_HEADER,
		.claimed = true,
		.help = ""},
	{.name = "from.name",
		.type = FACT_TEXT,
		.stage = STAGE_HEADER,
		.claimed = true,
		.help = ""},
	{.name = "from.name-domain",
		.type = FACT_DOMAIN,
		.stage = STAGE_HEADER,
		.claimed = true,
		.help = ""},
	{.name = "reply-to.domain",
		.type = FACT_DOMAIN,
		.stage = STAGE_HEADER,
		.claimed = true,
		.help = ""},
	{.name = "reply-to.address",
		.type = FACT_ADDRESS,
		.stage = STAGE_HEADER,
		.claimed = true,
		.help = ""},
	{.name = "to.count",
		.type = FACT_NUMBER,
		.stage = STAGE_HEADER,
		.claimed = true,
		.help = ""},
	{.name = "to.undisclosed",
		.type = FACT_BOOL,
		.stage = STAGE_HEADER,
		.claimed = true,
		.help = ""},
	{.name = "msgid", .type = FACT_TEXT, .stage = STAGE_HEADER, .claimed = true, .help = ""},
	{.name = "date.skew",
		.type = FACT_DURATION,
		.stage = STAGE_HEADER,
		.claimed = true,
		.help = ""},
	{.name = "headers", .type = FACT_TEXT, .stage = STAGE_HEADER, .claimed = true, .help = ""},
	{.name = "relay-path", .type = FACT_TEXT, .stage = STAGE_HEADER, .help = ""},
	{.name = "list.id", .type = FACT_TEXT, .stage = STAGE_HEADER, .claimed = true, .help = ""},
	{.name = "mailer", .type = FACT_TEXT, .stage = STAGE_HEADER, .claimed = true, .help = ""},
	{.name = "received.count",
		.type = FACT_NUMBER,
		.stage = STAGE_HEADER,
		.claimed = true,
		.help = ""},
	{.name = "msg.size", .type = FACT_SIZE, .stage = STAGE_BODY, .help = ""},
	{.name = "body", .type = FACT_TEXT, .stage = STAGE_BODY, .claimed = true, .help = ""},
	{.name = "body.raw", .type = FACT_TEXT, .stage = STAGE_BODY, .claimed = true, .help = ""},
	{.name = "body.chars",
		.type = FACT_NUMBER,
		.stage = STAGE_BODY,
		.claimed = true,
		.help = ""},
	{.name = "html.only", .type = FACT_BOOL, .stage = STAGE_BODY, .claimed = true, .help = ""},
	{.name = "html.hidden",
		.type = FACT_NUMBER,
		.stage = STAGE_BODY,
		.claimed = true,
		.help = ""},
	{.name = "html.link-mismatch",
		.type = FACT_BOOL,
		.stage = STAGE_BODY,
		.claimed = true,
		.help = ""},
	{.name = "html.form", .type = FACT_BOOL, .stage = STAGE_BODY, .claimed = true, .help = ""},
	{.name = "message", .type = FACT_TEXT, .stage = STAGE_BODY, .claimed = true, .help = ""},
	{.name = "part-header",
		.type = FACT_TEXT,
		.stage = STAGE_BODY,
		.list = true,
		.claimed = true,
		.arg = true,
		.help = ""},
	{.name = "url",
		.type = FACT_TEXT,
		.stage = STAGE_BODY,
		.list = true,
		.claimed = true,
		.help = ""},
	{.name = "url.host",
		.type = FACT_DOMAIN,
		.stage = STAGE_BODY,
		.list = true,
		.claimed = true,
		.help = ""},
	{.name = "url.domain",
		.type = FACT_DOMAIN,
		.stage = STAGE_BODY,
		.list = true,
		.claimed = true,
		.help = ""},
	{.name = "url.ip", .type = FACT_BOOL, .stage = STAGE_BODY, .claimed = true, .help = ""},
	{.name = "url.redirect",
		.type = FACT_BOOL,
		.stage = STAGE_BODY,
		.claimed = true,
		.help = ""},
	{.name = "attach.name",
		.type = FACT_TEXT,
		.stage = STAGE_BODY,
		.list = true,
		.claimed = true,
		.help = ""},
	{.name = "attach.ext",
		.type = FACT_WORD,
		.stage = STAGE_BODY,
		.list = true,
		.claimed = true,
		.help = ""},
	{.name = "attach.type",
		.type = FACT_TEXT,
		.stage = STAGE_BODY,
		.list = true,
		.claimed = true,
		.help = ""},
	{.name = "attach.encrypted",
		.type = FACT_BOOL,
		.stage = STAGE_BODY,
		.claimed = true,
		.help = ""},
	{.name = "attach.macro",
		.type = FACT_BOOL,
		.stage = STAGE_BODY,
		.claimed = true,
		.help = ""},
	{.name = "attach.double-ext",
		.type = FACT_BOOL,
		.stage = STAGE_BODY,
		.claimed = true,
		.help = ""},
	{.name = "mime.broken",
		.type = FACT_BOOL,
		.stage = STAGE_BODY,
		.claimed = true,
		.help = ""},
	{.name = "lang", .type = FACT_WORD, .stage = STAGE_BODY, .claimed = true, .help = ""},
	{.name = "dkim",
		.type = FACT_ENUM,
		.stage = STAGE_BODY,
		.values = "none pass fail permerror",
		.help = ""},
	{.name = "dkim.domain", .type = FACT_DOMAIN, .stage = STAGE_BODY, .list = true, .help = ""},
	{.name = "dkim.aligned", .type = FACT_BOOL, .stage = STAGE_BODY, .help = ""},
	{.name = "dmarc",
		.type = FACT_ENUM,
		.stage = STAGE_BODY,
		.values = "none pass fail permerror",
		.help = ""},
	{.name = "dmarc.policy",
		.type = FACT_ENUM,
		.stage = STAGE_BODY,
		.values = "none quarantine reject",
		.help = ""},
	{.name = "arc",
		.type = FACT_ENUM,
		.stage = STAGE_BODY,
		.values = "none pass fail",
		.help = ""},
	{.name = "arc.sealer", .type = FACT_DOMAIN, .stage = STAGE_BODY, .help = ""},
	{.name = "arc.dmarc",
		.type = FACT_ENUM,
		.stage = STAGE_BODY,
		.values = "none pass fail",
		.help = ""},
	{.name = "bulk.count", .type = FACT_NUMBER, .stage = STAGE_BODY, .help = ""},
	{.name = "bayes", .type = FACT_NUMBER, .stage = STAGE_BODY, .help = ""},
	{.name = "virus", .type = FACT_TEXT, .stage = STAGE_BODY, .help = ""},
	{.name = "score", .type = FACT_NUMBER, .stage = STAGE_END, .help = ""},
};
static const struct fact_def families[] = {
	{.name = "dnsbl.*", .type = FACT_BOOL, .stage = STAGE_CONNECT, .help = ""},
	{.name = "rate.*", .type = FACT_NUMBER, .stage = STAGE_CONNECT, .help = ""},
};

struct fact_table *
rule_facts_table(void)
{
	struct fact_table *t = fact_table_new();

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		fact_table_add(t, &rows[i], 0);
	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++)
		fact_table_add(t, &families[i], i + 1);
	return t;
}

void
rule_folder_make(struct rule_folder *f)
{
	snprintf(f->path, sizeof(f->path), "/tmp/postern-test-XXXXXX");
	if (!mkdtemp(f->path))
		abort();
}

void
rule_folder_remove(struct rule_folder *f)
{
	DIR *dir = opendir(f->path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(f->path);
}

const char *
rule_folder_write(const struct rule_folder *f, const char *name, struct view text)
{
	static char path[192];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", f->path, name);
	file = fopen(path, "w");
	if (!file || fwrite(text.p, 1, text.n, file) != text.n || fclose(file) != 0)
		abort();
	return path;
}

struct program *
rule_facts_load(const char *text, struct fact_table *facts, struct diag *d)
{
	struct program_options o = {.facts = facts, .n_files = 1};
	struct rule_folder folder;
	struct program *p;
	const char *path;

	rule_folder_make(&folder);
	path = rule_folder_write(&folder, "t.rules", view_str(text));
	o.files = &path;
	p = program_load(&o, d);
	rule_folder_remove(&folder);
	return p;
}

char *
rule_facts_messages(const struct diag *d)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	if (!out)
		abort();
	diag_show(d, out);
	fclose(out);
	return text;
}

/* ---- values ---- */

static const struct fact_value *
value_of(void *ctx, size_t slot)
{
	return &((struct rule_values *)ctx)->slot[slot];
}

static void
set_list(struct rule_values *v, size_t slot, struct view text)
{
	struct view *item = arena_array(v->arena, text.n + 1, sizeof(*item));
	size_t n = 0;

	while (view_split(&text, '|', &item[n]))
		n++;
	v->slot[slot] = fact_list(item, n);
}

static void
set_value(struct rule_values *v, size_t slot, struct view text)
{
	if (v->program->slots[slot].def->list)
		set_list(v, slot, text);
	else if (!fact_parse(v->program->slots[slot].def, text, v->arena, &v->slot[slot]))
		abort();
}

static void
set_state(struct rule_values *v, size_t slot, struct view state)
{
	v->slot[slot] = view_eq_str(state, "unknown")   ? fact_unknown(VIEW("test"))
			: view_eq_str(state, "pending") ? (struct fact_value){.state = FACT_PENDING}
							: fact_missing();
}

static void
set_one(struct rule_values *v, struct view one)
{
	size_t end = view_find(one, '='), state = view_find(one, '!'), open;
	struct view name = view_head(one, end < state ? end : state), arg = {NULL, 0};
	size_t slot;

	open = view_find(name, '(');
	if (open < name.n) {
		arg = view_of(name.p + open + 1, name.n - open - 2);
		name = view_head(name, open);
	}
	for (size_t i = 0; view_eq_str(name, "*") && i < v->program->n_slots; i++)
		set_state(v, i, view_skip(one, state + 1));
	slot = program_slot(v->program, name, arg);
	if (slot == SIZE_MAX)
		return; /* no rule reads it */
	if (state < end)
		set_state(v, slot, view_skip(one, state + 1));
	else
		set_value(v, slot, view_skip(one, end + 1));
}

void
rule_values_make(struct rule_values *v, const struct program *p, const char *given)
{
	struct view rest = view_str(given), one;

	*v = (struct rule_values){.program = p, .arena = arena_new()};
	v->slot = arena_array(v->arena, p->n_slots + 1, sizeof(*v->slot));
	v->memo = arena_array(v->arena, p->n_rules + 1, 1);
	v->eval = (struct program_eval){.program = p, .fact = value_of, .ctx = v, .memo = v->memo};
	for (size_t i = 0; i < p->n_slots; i++)
		v->slot[i] = fact_missing();
	while (view_split(&rest, ';', &one))
		if (view_trim(one).n)
			set_one(v, view_trim(one));
}

void
rule_values_done(struct rule_values *v)
{
	arena_free(v->arena);
}

size_t
rule_values_rule(const struct program *p, const char *name)
{
	for (size_t i = 0; i < p->n_rules; i++)
		if (view_eq_str(p->rules[i].name, name))
			return i;
	return SIZE_MAX;
}
