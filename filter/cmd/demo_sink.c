/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/demo_sink.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/listener.h"
#include "mail/smtp/smtp_command.h"
#include "mail/smtp/smtp_data.h"
#include "mail/smtp/xclient.h"
#include "util/log.h"

enum { LINE_ROOM = 8192 };

static const char abilities[] =
	"250-sink.invalid\r\n250-PIPELINING\r\n250-SIZE\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n"
	"250-XCLIENT NAME ADDR PORT PROTO HELO LOGIN\r\n250 ENHANCEDSTATUSCODES\r\n";

struct sink_listener {
	const struct demo_sink *sink;
	int fd;
};

struct sink_session {
	const struct demo_sink *sink;
	FILE *in, *out;
	struct arena *command, *message; /* message: the envelope, and who the client is */
	struct demo_sink_mail mail;
	char client[IP_TEXT_MAX];
	bool over;
};

static void
say(struct sink_session *s, const char *text)
{
	fputs(text, s->out);
}

static void
forget(struct sink_session *s)
{
	arena_reset(s->message);
	s->mail = (struct demo_sink_mail){.client = view_str(s->client)};
}

/* ---- commands ---- */

static void
know_client(struct sink_session *s, struct view argument)
{
	struct xclient x;

	if (!xclient_read(argument, s->command, &x)) {
		say(s, "501 5.5.4 bad attribute\r\n");
		return;
	}
	if (x.addr.family)
		ip_format(&x.addr, s->client);
	forget(s);
	say(s, "220 sink.invalid ESMTP\r\n");
}

static void
begin(struct sink_session *s, const struct smtp_command *c)
{
	forget(s);
	s->mail.from = arena_copy(s->message, c->mailbox);
	say(s, "250 2.1.0 ok\r\n");
}

static void
recipient(struct sink_session *s, const struct smtp_command *c)
{
	if (list_has_text(s->sink->own_domains, c->address.domain) != LIST_YES) {
		say(s, "550 5.7.1 not a domain of ours\r\n");
	} else if (view_is(c->address.local, "nobody")) {
		say(s, "550 5.1.1 there is nobody of that name\r\n");
	} else {
		s->mail.recipients++;
		say(s, "250 2.1.5 ok\r\n");
	}
}

static void
message(struct sink_session *s)
{
	char line[LINE_ROOM], out[LINE_ROOM + SMTP_DATA_STEP];
	struct smtp_data d;

	if (s->mail.recipients == 0) {
		say(s, "503 5.5.1 no recipient\r\n");
		return;
	}
	say(s, "354 go on\r\n");
	fflush(s->out);
	smtp_data_init_read(&d);
	while (!d.ended && fgets(line, sizeof(line), s->in)) {
		struct view input = view_str(line);

		while (input.n && !d.ended)
			smtp_data_run(&d, &input, out, sizeof(out));
	}
	if (d.ended) {
		s->mail.bytes = d.bytes;
		s->sink->taken(s->sink->ctx, &s->mail);
		say(s, "250 2.0.0 taken\r\n");
	}
	s->over = !d.ended;
	forget(s);
}

static void
command(struct sink_session *s, struct view line)
{
	struct smtp_command c;
	enum smtp_command_status status = smtp_command_parse(line, true, s->command, &c);

	if (status != SMTP_COMMAND_OK) {
		say(s, "500 5.5.2 what is that?\r\n");
		return;
	}
	switch (c.verb) {
	case VERB_HELO: say(s, "250 sink.invalid\r\n"); break;
	case VERB_EHLO: say(s, abilities); break;
	case VERB_XCLIENT: know_client(s, c.text); break;
	case VERB_MAIL: begin(s, &c); break;
	case VERB_RCPT: recipient(s, &c); break;
	case VERB_DATA: message(s); break;
	case VERB_RSET: forget(s); /* fallthrough */
	case VERB_NOOP: say(s, "250 2.0.0 ok\r\n"); break;
	case VERB_QUIT:
		say(s, "221 2.0.0 bye\r\n");
		s->over = true;
		break;
	default: say(s, "502 5.5.1 not done here\r\n");
	}
}

/* ---- threads ---- */

static void *
converse(void *ctx)
{
	struct sink_session *s = ctx;
	char line[LINE_ROOM];

	say(s, "220 sink.invalid ESMTP\r\n");
	fflush(s->out);
	while (!s->over && fgets(line, sizeof(line), s->in)) {
		command(s, view_trim(view_str(line)));
		fflush(s->out);
		arena_reset(s->command);
	}
	fclose(s->in);
	fclose(s->out);
	arena_free(s->command);
	arena_free(s->message);
	free(s);
	return NULL;
}

static void
serve(const struct demo_sink *sink, int fd)
{
	struct sink_session *s = calloc(1, sizeof(*s));
	int twin = dup(fd);
	pthread_t thread;

	if (!s || twin < 0)
		log_die("the demo's backend: %s", strerrordesc_np(errno));
	s->sink = sink;
	s->in = fdopen(fd, "r");
	s->out = fdopen(twin, "w");
	s->command = arena_new();
	s->message = arena_new();
	forget(s);
	if (!s->in || !s->out || pthread_create(&thread, NULL, converse, s) != 0)
		log_die("the demo's backend: no stream or thread");
	pthread_detach(thread);
}

static void *
receive(void *ctx)
{
	struct sink_listener *l = ctx;
	int fd;

	while ((fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		serve(l->sink, fd);
	free(l);
	return NULL;
}

bool
demo_sink_start(const struct demo_sink *s, int listen_fd)
{
	struct sink_listener *l = malloc(sizeof(*l));
	pthread_t thread;

	if (!l)
		return false;
	*l = (struct sink_listener){s, listen_fd};
	if (pthread_create(&thread, NULL, receive, l) != 0) {
		free(l);
		return false;
	}
	pthread_detach(thread);
	return true;
}
