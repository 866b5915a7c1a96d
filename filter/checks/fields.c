/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/fields.h"

#include "mail/date.h"
#include "mail/mime/encoded_word.h"

enum row { HEADER, HEADER_COUNT, SUBJECT, MSGID, MAILER, DATE_SKEW, RECEIVED_COUNT, HEADERS };

static const struct fact_def facts[] = {
	[HEADER] = {.name = "header", .type = FACT_TEXT, .stage = STAGE_HEADER, .claimed = true, .arg = true,
		.help = "value of the first such field, decoded; missing if there is none"},
	[HEADER_COUNT] = {.name = "header-count", .type = FACT_NUMBER, .stage = STAGE_HEADER, .claimed = true,
		.arg = true, .help = "how many such fields there are"},
	[SUBJECT] = {.name = "subject", .type = FACT_TEXT, .stage = STAGE_HEADER, .claimed = true,
		.help = "Subject, decoded"},
	[MSGID] = {.name = "msgid", .type = FACT_TEXT, .stage = STAGE_HEADER, .claimed = true,
		.help = "Message-ID, with its <>"},
	[MAILER] = {.name = "mailer", .type = FACT_TEXT, .stage = STAGE_HEADER, .claimed = true,
		.help = "X-Mailer, else User-Agent"},
	[DATE_SKEW] = {.name = "date.skew", .type = FACT_DURATION, .stage = STAGE_HEADER, .claimed = true,
		.help = "how far Date is from now, either way; missing if it is no date"},
	[RECEIVED_COUNT] = {.name = "received.count", .type = FACT_NUMBER, .stage = STAGE_HEADER,
		.claimed = true, .help = "Received fields"},
	[HEADERS] = {.name = "headers", .type = FACT_TEXT, .stage = STAGE_HEADER, .claimed = true,
		.help = "all fields as received, lines ended by LF"},
};

static struct fact_value
text(struct check_call *c, const struct header_field *h)
{
	return h ? fact_text(encoded_word_decode(h->value, check_arena(c))) : fact_missing();
}

static size_t
count(const struct check_call *c, const char *name)
{
	size_t n;

	(void)check_header(c, name, &n);
	return n;
}

/* Each header("X") and header-count("X") that somebody reads. */
static void
set_named(struct check_call *c)
{
	size_t n;
	const size_t *slots = check_own_slots(c, &n);

	for (size_t i = 0; i < n; i++) {
		const struct slot *s = &check_program(c)->slots[slots[i]];
		const char *name;

		if (!s->def->arg || !check_slot_wanted(c, slots[i]))
			continue;
		name = arena_cstr(check_arena(c), s->arg);
		if (s->def == &facts[HEADER])
			check_set_slot(c, slots[i], text(c, check_header(c, name, NULL)));
		else
			check_set_slot(c, slots[i], fact_number((int64_t)count(c, name)));
	}
}

static struct fact_value
date_skew(struct check_call *c)
{
	const struct header_field *h = check_header(c, "Date", NULL);
	int64_t date, now = check_now(c);

	if (!h || !date_parse(h->value, &date))
		return fact_missing();
	return fact_number(date > now ? date - now : now - date);
}

/* "Name: value" LF ..., folding kept; its size is bounded by that of the fields (HEADER_BYTES_MAX). */
static struct fact_value
all_fields(struct check_call *c)
{
	size_t n, bytes = 0, at = 0;
	const struct header_field *h = check_headers(c, &n);
	char *out;

	for (size_t i = 0; i < n; i++)
		bytes += h[i].name.n + h[i].value.n + 2;
	if (n == 0)
		return fact_missing();
	out = arena_alloc(check_arena(c), bytes);
	for (size_t i = 0; i < n; i++) {
		memcpy(out + at, h[i].name.p, h[i].name.n);
		at += h[i].name.n;
		out[at++] = ':';
		for (size_t k = 0; k < h[i].value.n; k++)
			if (h[i].value.p[k] != '\r' || k + 1 == h[i].value.n || h[i].value.p[k + 1] != '\n')
				out[at++] = h[i].value.p[k];
		out[at++] = '\n';
	}
	return fact_text(view_of(out, at));
}

static void
run(struct check_call *c)
{
	const struct header_field *mailer = check_header(c, "X-Mailer", NULL);

	set_named(c);
	if (check_wants(c, SUBJECT))
		check_set(c, SUBJECT, text(c, check_header(c, "Subject", NULL)));
	if (check_wants(c, MSGID))
		check_set(c, MSGID, text(c, check_header(c, "Message-ID", NULL)));
	if (check_wants(c, MAILER))
		check_set(c, MAILER, text(c, mailer ? mailer : check_header(c, "User-Agent", NULL)));
	if (check_wants(c, DATE_SKEW))
		check_set(c, DATE_SKEW, date_skew(c));
	check_set(c, RECEIVED_COUNT, fact_number((int64_t)count(c, "Received")));
	if (check_wants(c, HEADERS))
		check_set(c, HEADERS, all_fields(c));
}

const struct check fields_check = {
	.name = "fields",
	.facts = facts,
	.n_facts = sizeof(facts) / sizeof(*facts),
	.stage = STAGE_HEADER,
	.run = run,
};
