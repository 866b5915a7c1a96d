/* SPDX-License-Identifier: BSD-2-Clause
 *
 * smtp_rows -- tables of whole dialogues for the tests of front/smtp/smtp_session, each row played four times: at
 * once and byte by byte, with every answer early and late. What comes of it must be the same.
 */
#ifndef TESTS_LIB_SMTP_ROWS_H
#define TESTS_LIB_SMTP_ROWS_H

#include "tests/lib/smtp_play.h"
#include "tests/lib/unit.h"

#define SMTP_EHLO "EHLO c.example\r\n\f"
#define SMTP_FROM "MAIL FROM:<a@b.example>\r\n"
#define SMTP_TO "RCPT TO:<u@example.org>\r\n"
#define SMTP_DATA "DATA\r\n\f"
#define SMTP_TEXT "Subject: x\r\n\r\nbody\r\n.\r\n"

/* The requests of these, where nothing is scripted. */
#define ASKED_EHLO "connect 192.0.2.1\nhelo c.example\n"
#define ASKED_FROM "mail <a@b.example>\n"
#define ASKED_TO "rcpt <u@example.org>\n> rcpt <a@b.example>, <u@example.org>\nanswered <u@example.org> yes taken\n"
#define ASKED_TEXT "data\nend\n> message\nover 250\n"

struct smtp_row {
	const char *name;
	const char *client; /* no NUL in it */
	const char *codes;  /* as struct smtp_play has them */
	const char *asked;  /* likewise; NULL: whatever */
	struct smtp_play_answer script[8];
};

void smtp_rows_play(const struct smtp_row *rows, size_t n, void (*set)(struct smtp_play *p));
/* One play of any bytes in one of the four ways; smtp_play_done is the caller's. */
void smtp_rows_one(struct smtp_play *p, int way, void (*set)(struct smtp_play *p), struct view client);

#endif
