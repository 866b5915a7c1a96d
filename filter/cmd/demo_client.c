/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/demo_client.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "io/listener.h"
#include "mail/date.h"
#include "mail/smtp/smtp_answer.h"
#include "mail/smtp/smtp_data.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/limits.h"
#include "util/log.h"

enum { LINE_MAX_BYTES = 1000, INPUT_MAX = 64 * 1024, MESSAGE_MAX = 1024 * 1024, PATIENCE_SECONDS = 60 };

struct play {
	int fd;
	FILE *out;
	bool whole, silent; /* silent: the introduction is not shown */
	struct buf input;
	struct arena *arena;
};

/* ---- bytes ---- */

static bool
send_all(struct play *p, struct view v)
{
	while (v.n) {
		ssize_t n = write(p->fd, v.p, v.n);

		if (n <= 0)
			return false;
		v = view_skip(v, (size_t)n);
	}
	return true;
}

static void
show(struct play *p, struct view answer)
{
	char text[LINE_MAX_BYTES * 4];
	struct view line;

	while (!p->silent && view_split(&answer, '\n', &line) && line.n) {
		bool more = answer.n && !p->whole;

		fprintf(p->out, "   S: %s%s\n", log_escape(view_trim(line), text, sizeof(text)),
			more ? "  ..." : "");
		if (more)
			break;
	}
}

/* The code of the next answer; 0: there is none. */
static int
hear(struct play *p)
{
	struct smtp_answer a;
	char part[4096];
	size_t used = 0;

	for (;;) {
		enum smtp_answer_status s = smtp_answer_read(buf_view(&p->input), p->arena, &used, &a);
		ssize_t n;

		if (s == SMTP_ANSWER_OK) {
			show(p, view_head(buf_view(&p->input), used));
			buf_take(&p->input, used);
			return a.code;
		}
		n = s == SMTP_ANSWER_MORE ? read(p->fd, part, sizeof(part)) : 0;
		if (n <= 0)
			return 0;
		buf_add(&p->input, view_of(part, (size_t)n));
	}
}

/* A command and its answer. */
__attribute__((format(printf, 2, 3)))
static int
ask(struct play *p, const char *fmt, ...)
{
	char line[LINE_MAX_BYTES];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line) - 2, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(line) - 2)
		return 0;
	if (!p->silent)
		fprintf(p->out, "   C: %s\n", line);
	memcpy(line + n, "\r\n", 3);
	return send_all(p, view_of(line, (size_t)n + 2)) ? hear(p) : 0;
}

/* ---- the message ---- */

/* With the date of now, CRLF, dots and the end. */
static bool
write_message(const struct demo_client_mail *m, struct buf *out)
{
	struct view rest = m->message, line;
	char piece[4096];
	struct smtp_data d;
	struct buf dated;

	buf_init(&dated, MESSAGE_MAX);
	while (view_split(&rest, '\n', &line)) {
		if (view_starts_nocase(line, "Date:")) {
			buf_str(&dated, "Date: ");
			date_write(m->now, &dated);
		} else {
			buf_add(&dated, line);
		}
		if (rest.p)
			buf_byte(&dated, '\n');
	}
	smtp_data_init_write(&d);
	for (struct view all = buf_view(&dated); all.n;)
		buf_add(out, view_of(piece, smtp_data_run(&d, &all, piece, sizeof(piece))));
	buf_add(out, view_of(piece, smtp_data_finish(&d, piece)));
	buf_done(&dated);
	return !out->over;
}

static int
send_message(struct play *p, const struct demo_client_mail *m)
{
	struct buf b;
	int code = 0;

	buf_init(&b, MESSAGE_MAX);
	if (write_message(m, &b) && send_all(p, buf_view(&b))) {
		fprintf(p->out, "   C: (the message, %zu bytes, and its end)\n", b.n);
		code = hear(p);
	}
	buf_done(&b);
	return code;
}

/* ---- the dialogue ---- */

static bool
good(int code)
{
	return code / 100 == 2 || code == 354;
}

static bool
transaction(struct play *p, const struct demo_client_mail *m)
{
	int code;

	p->silent = true; /* who we are is for the proxy alone */
	if (!good(hear(p)) || !good(ask(p, "EHLO demo.invalid")))
		return false;
	p->silent = false;
	fprintf(p->out, "   (from %s)\n", m->client);
	code = ask(p, "XCLIENT ADDR=%s", m->client);
	if (good(code))
		code = ask(p, "EHLO %s", m->helo);
	if (good(code))
		code = ask(p, "MAIL FROM:<%s>", m->from);
	if (good(code))
		code = ask(p, "RCPT TO:<%s>", m->to);
	if (good(code))
		code = ask(p, "DATA");
	if (good(code))
		code = send_message(p, m);
	return code != 0 && ask(p, "QUIT") != 0;
}

static int
dial(uint16_t port)
{
	const struct listener_address at = {.family = LISTENER_INET, .ip = {.family = 4, .b = {127, 0, 0, 1}},
		.port = port};
	const struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
	union listener_sockaddr sa;
	socklen_t n = listener_to_sockaddr(&at, &sa);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, &sa.any, n) == 0)
		return fd;
	close(fd);
	return -1;
}

bool
demo_client_play(const struct demo_client_mail *m, uint16_t port, FILE *out)
{
	struct play p = {.fd = dial(port), .out = out, .whole = m->whole};
	bool ok = false;

	if (p.fd >= 0) {
		buf_init(&p.input, INPUT_MAX);
		p.arena = arena_new();
		ok = transaction(&p, m);
		arena_free(p.arena);
		buf_done(&p.input);
		close(p.fd);
	}
	if (!ok)
		fprintf(out, "   the dialogue broke off\n");
	return ok;
}
