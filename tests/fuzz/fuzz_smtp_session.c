/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/smtp_play.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* The first bytes choose listener, lists and capabilities; the next KNOBS choose, over and over, how much of the
 * client's bytes comes at once, whether answers are late, and what they are. The rest are the client's bytes. */
enum { HEAD = 4, KNOBS = 28 };

struct dice {
	const uint8_t *knob;
	size_t at;
	size_t data_ended; /* messages judged at their end */
};

static uint8_t
roll(struct dice *d)
{
	return d->knob[d->at++ % KNOBS];
}

static const char *const verdicts[] = {NULL, NULL, NULL, "accept", "reject 550 5.7.1 no", "defer 451 4.7.1 later",
	"greylist 451 4.7.1 later", "discard", "quarantine", "tarpit 5000"};
static const char *const replies[] = {NULL, NULL, NULL, "250 2.0.0 ok", "550 5.1.1 no such user", "450 4.2.0 later",
	"421 4.3.2 down", "334 VXNlcm5hbWU6", "235 2.7.0 welcome", "535 5.7.8 no", "over 451 4.4.2 lost",
	"sender 550 5.1.8 bad", "proxy 452 4.5.3 elsewhere", "550 5.0.0 two\nlines", "250 plain"};
static const char *const stores[] = {NULL, NULL, NULL, NULL, NULL, NULL, "full", "failed"};

static const char *
decide(struct smtp_play *p, const char *request)
{
	struct dice *d = p->ctx;
	uint8_t r = roll(d);

	p->late = roll(d) & 1;
	if (strncmp(request, "end", 3) == 0)
		d->data_ended++;
	if (request[0] == '>')
		return replies[r % (sizeof(replies) / sizeof(*replies))];
	if (strncmp(request, "absorb", 6) == 0)
		return stores[r % (sizeof(stores) / sizeof(*stores))];
	return verdicts[r % (sizeof(verdicts) / sizeof(*verdicts))];
}

static size_t
count(struct view v, const char *needle)
{
	size_t n = 0;

	for (size_t at; (at = view_search_nocase(v, view_str(needle))) < v.n; n++)
		v = view_skip(v, at + strlen(needle));
	return n;
}

/* Where a message may end at most. */
static size_t
ends(struct view v)
{
	size_t n = count(v, "LAST");

	for (size_t at; (at = view_search_nocase(v, VIEW("\r\n.\r\n"))) < v.n; n++)
		v = view_skip(v, at + 1);
	return n;
}

static void
setup(struct smtp_play *p, const uint8_t *head)
{
	p->listed = head[0] & 15;
	p->implicit_tls = head[0] & 16;
	p->o.submission = head[0] & 32;
	p->o.auth = head[0] & 64;
	p->o.refuse_bare_newline = head[0] & 128;
	p->o.greet_wait_ms = head[1] & 1 ? 6000 : 0;
	p->o.starttls = !(head[1] & 2);
	p->healthy = (head[1] & 12) != 12;
	p->o.message_max = head[1] & 16 ? 20 : 1 << 20;
	p->o.recipients_max = head[1] & 32 ? 2 : 100;
	p->o.quarantine_address = head[1] & 64 ? VIEW("jail@example.org") : (struct view){NULL, 0};
	p->o.errors_max = head[1] & 128 ? 5 : 1000;
	p->busy = head[3] & 128;
	p->can.has &= (unsigned)(head[2] | head[3] << 8);
}

static void
die(const struct smtp_play *p, const char *why)
{
	fprintf(stderr, "%s\n%.*s\n%.*s\n", why, VIEW_ARG(buf_view(&p->codes)), VIEW_ARG(buf_view(&p->asked)));
	abort();
}

static void
judge(const struct smtp_play *p, const struct dice *d, struct view client)
{
	size_t codes = count(buf_view(&p->codes), " ") + (p->codes.n > 0) - p->closed;
	size_t lines = count(client, "\n") + 1;

	if (p->broken[0])
		die(p, p->broken);
	if (p->messages > d->data_ended)
		die(p, "a message is handed over that was not judged");
	if (d->data_ended > count(buf_view(&p->asked), "\ndata"))
		die(p, "two messages of one DATA");
	if (d->data_ended > ends(client))
		die(p, "a message ended where none may");
	/* The greeting, 503 for early talk, 421 at the end; each message has a reply more than its command. */
	if (codes > lines + 3 + count(buf_view(&p->codes), "354"))
		die(p, "more replies than commands");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct smtp_play p;
	struct dice d = {.knob = data + HEAD};
	struct view client, all;

	if (n < HEAD + KNOBS)
		return 0;
	smtp_play_init(&p);
	p.answer = decide;
	p.ctx = &d;
	setup(&p, data);
	client = view_of(data + HEAD + KNOBS, n - HEAD - KNOBS);
	all = client;
	smtp_play_start(&p);
	while (client.n) {
		uint8_t step = roll(&d);
		size_t some = step < 64 ? step + 1u : step < 192 ? view_find(client, '\n') + 1 : client.n;

		some = some < client.n ? some : client.n;
		p.late = roll(&d) & 1;
		smtp_play_send(&p, view_head(client, some));
		client = view_skip(client, some);
	}
	if (roll(&d) & 1)
		smtp_session_end(p.s, roll(&d) & 1);
	smtp_play_wait(&p, 400000);
	judge(&p, &d, all);
	smtp_play_done(&p);
	return 0;
}
