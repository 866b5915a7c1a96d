/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/message_names.h"

#include <jansson.h>

#include "engine/message_text.h"

static const char *const wanted[] = {"client.organisation", "dkim.domain"};

static struct view
text_of(const json_t *v)
{
	return json_is_string(v) ? view_of(json_string_value(v), json_string_length(v))
				 : (struct view){NULL, 0};
}

static void
take_domains(struct message_names *m, const json_t *list)
{
	struct view domain[STANDING_DKIM_MAX];
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(list) && n < STANDING_DKIM_MAX; i++) {
		domain[n] = text_of(json_array_get(list, i));
		n += domain[n].p != NULL;
	}
	standing_names_dkim(&m->found, domain, n, m->arena);
	m->unsure = json_is_object(list);
}

/* The evidence of the message, where no rule had a word. */
static void
take(void *ctx, struct view json)
{
	struct message_names *m = ctx;
	json_t *r = json_loadb(json.p, json.n, JSON_ALLOW_NUL, NULL);
	const json_t *facts = json_object_get(r, "facts");
	struct view client = text_of(json_object_get(r, "client"));
	struct view organisation = text_of(json_object_get(facts, wanted[0]));
	struct ip ip;

	if (client.p && ip_parse(client, &ip)) {
		standing_names_address(&m->found, &ip, m->arena);
		standing_names_network(&m->found, &ip, m->arena);
	}
	if (organisation.p)
		standing_names_organisation(&m->found, organisation, m->arena);
	take_domains(m, json_object_get(facts, wanted[1]));
	json_decref(r);
}

bool
message_names_open(struct message_names *m, const char *conf, char *why, size_t n)
{
	const struct assembly_reading what = {.conf = conf, .trying = true, .no_rules = true, .want = wanted,
		.n_want = sizeof(wanted) / sizeof(*wanted)};
	struct assembly *a = &m->a;

	why[0] = '\0';
	if (!assembly_read(a, &what))
		return false;
	a->settings.authres = a->settings.received_spf = a->settings.dmarc_history = false;
	a->settings.sign = NULL;
	a->options.sink = take;
	a->options.sink_ctx = m;
	if (!assembly_dns_live(a, why, n))
		return false;
	assembly_engine(a);
	return true;
}

void
message_names_done(struct message_names *m)
{
	assembly_done(&m->a);
}

/* The sender as the MTA wrote it down; the null sender if it did not. */
static struct view
return_path(struct view text, struct arena *a)
{
	struct view rest = message_text_start(text);
	struct header_field f;

	while (message_text_field(&rest, a, &f))
		if (view_is(f.name, "Return-Path"))
			return header_unfold(f.value, a);
	return VIEW("");
}

void
message_names_find(struct message_names *m, struct view text, struct arena *arena)
{
	const struct session_client client = {.listener = VIEW("learn"), .stored = true};
	const struct session_mail mail = {.from = return_path(text, arena)};
	struct session *s = session_new(m->a.engine, &client);
	struct view body;

	m->arena = arena;
	m->found.n = 0;
	m->unsure = false;
	session_connect(s);
	session_mail(s, &mail);
	session_data(s);
	message_text_header(s, text, arena, &body);
	session_body(s, body);
	session_end(s, (struct view){NULL, 0});
	session_free(s);
}
