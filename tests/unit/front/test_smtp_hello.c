/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is offered to whom, and STARTTLS.
 */
#include <stdio.h>

#include "tests/lib/smtp_rows.h"

#define LEN(a) (sizeof(a) / sizeof(*(a)))

static struct view
last_reply(const struct smtp_play *p, int codes)
{
	struct view v = buf_view(&p->out);

	for (size_t i = 0; codes > 0 && i + 3 < v.n; i++)
		if ((i == 0 || v.p[i - 1] == '\n') && v.p[i + 3] == ' ' && --codes == 0)
			return view_skip(v, view_find(view_skip(v, i), '\n') + i + 1);
	return v;
}

/* The EHLO answer, which is the reply behind n others. */
static void
offered(void (*set)(struct smtp_play *p), const char *client, int replies, const char *want)
{
	for (int way = 0; way < 4; way++) {
		struct smtp_play p;

		smtp_play_init(&p);
		smtp_rows_one(&p, way, set, view_str(client));
		UNIT_VIEW(last_reply(&p, replies), want);
		UNIT_VIEW(view_str(p.broken), "");
		smtp_play_done(&p);
	}
}

static void
plain(struct smtp_play *p)
{
	p->o.starttls = false;
}

static void
little(struct smtp_play *p)
{
	p->can = (struct ehlo){.has = EHLO_PIPELINING | EHLO_SIZE, .size = 1000};
}

static void
sizeless(struct smtp_play *p)
{
	p->can = (struct ehlo){.has = EHLO_PIPELINING};
}

static void
submission(struct smtp_play *p)
{
	p->o.submission = true;
	p->can.mechs = SASL_PLAIN | SASL_LOGIN;
}

static void
relay_port(struct smtp_play *p)
{
	p->can.mechs = SASL_PLAIN; /* but AUTH is not wanted here */
}

static void
busy(struct smtp_play *p)
{
	p->busy = true;
}

static void
neighbour(struct smtp_play *p)
{
	p->listed = 1U << SMTP_LIST_XCLIENT;
}


static bool
has_line(const struct smtp_play *p, const char *keyword)
{
	char first[80], last[80];

	snprintf(first, sizeof(first), "250-%s\r\n", keyword);
	snprintf(last, sizeof(last), "250 %s\r\n", keyword);
	return view_search_nocase(buf_view(&p->out), view_str(first)) < p->out.n ||
	       view_search_nocase(buf_view(&p->out), view_str(last)) < p->out.n;
}

static void
offers(void)
{
	static const char *const common[] = {"PIPELINING", "SIZE 52428800", "8BITMIME", "SMTPUTF8", "DSN",
		"ENHANCEDSTATUSCODES", "CHUNKING", "ETRN", "LIMITS MAILMAX=100 RCPTMAX=1000"};
	static const struct {
		const char *name;
		void (*set)(struct smtp_play *p);
		const char *client;
		const char *yes, *no;
	} rows[] = {
		{"STARTTLS with a certificate", NULL, SMTP_EHLO, "STARTTLS", "AUTH PLAIN LOGIN"},
		{"no certificate", plain, SMTP_EHLO, "DSN", "STARTTLS"},
		{"no AUTH before TLS", submission, SMTP_EHLO, "STARTTLS", "AUTH PLAIN LOGIN"},
		{"AUTH within TLS", submission, SMTP_EHLO "STARTTLS\r\n\f" SMTP_EHLO, "AUTH PLAIN LOGIN", "REQUIRETLS"},
		{"no AUTH where it is not wanted", relay_port, SMTP_EHLO "STARTTLS\r\n\f" SMTP_EHLO, "DSN", "AUTH PLAIN"},
		{"XCLIENT to neighbours", neighbour, SMTP_EHLO, "XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT",
			"AUTH"},
		{"no XCLIENT to others", NULL, SMTP_EHLO, "STARTTLS",
			"XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT"},
		{"the smaller size", little, SMTP_EHLO, "SIZE 1000", "CHUNKING"},
		{"SIZE is ours", sizeless, SMTP_EHLO, "SIZE 52428800", "DSN"},
		{"LIMITS are ours", little, SMTP_EHLO, "LIMITS MAILMAX=100 RCPTMAX=1000", "DSN"},
	};

	for (size_t i = 0; i < LEN(rows) * 4; i++) {
		struct smtp_play p;

		smtp_play_init(&p);
		smtp_rows_one(&p, i % 4, rows[i / 4].set, view_str(rows[i / 4].client));
		UNIT_CASE(has_line(&p, rows[i / 4].yes), rows[i / 4].name);
		UNIT_CASE(!has_line(&p, rows[i / 4].no), rows[i / 4].name);
		for (size_t k = 0; rows[i / 4].set != little && rows[i / 4].set != sizeless && k < LEN(common); k++)
			UNIT_CASE(has_line(&p, common[k]), common[k]);
		UNIT_VIEW(view_str(p.broken), "");
		smtp_play_done(&p);
	}
}

static void
answers_as_it_should(void)
{
	offered(NULL, "HELO c.example\r\n", 1, "250 mx.example.org\r\n");
}

static void
no_auth_twice(void)
{
	offered(submission, SMTP_EHLO "STARTTLS\r\n\f" SMTP_EHLO "AUTH PLAIN AHVzZXIAc2VjcmV0\r\n\f" SMTP_EHLO, 5,
		"250-mx.example.org\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-ETRN\r\n250-ENHANCEDSTATUSCODES\r\n"
		"250-8BITMIME\r\n250-DSN\r\n250-SMTPUTF8\r\n250-CHUNKING\r\n250 LIMITS MAILMAX=100 RCPTMAX=1000\r\n");
}

static void
no_backend_any_more(void)
{
	struct smtp_play p;

	smtp_play_init(&p);
	smtp_play_start(&p);
	p.healthy = false;
	smtp_play_send(&p, VIEW("EHLO c.example\r\n"));
	UNIT_VIEW(buf_view(&p.codes), "220 421:4.3.2 closed");
	smtp_play_done(&p);
}

static void
starttls(void)
{
	static const struct smtp_row rows[] = {
		{"secured, and anew", SMTP_EHLO "STARTTLS\r\n\f" SMTP_FROM SMTP_EHLO SMTP_FROM,
			"220 250 220:2.0.0 503:5.5.1 250 250:2.1.0",
			ASKED_EHLO "tls\nhelo c.example\nmail <a@b.example> cipher=TLS_AES_256_GCM_SHA384 junk=1\n",
			{{0}}},
		{"twice", SMTP_EHLO "STARTTLS\r\n\f" SMTP_EHLO "STARTTLS\r\n", "220 250 220:2.0.0 250 503:5.5.1",
			ASKED_EHLO "tls\nhelo c.example\n", {{0}}},
		{"with an argument", SMTP_EHLO "STARTTLS now\r\n", "220 250 501:5.5.4", ASKED_EHLO, {{0}}},
		{"before EHLO", "STARTTLS\r\n", "220 503:5.5.1", "connect 192.0.2.1\n", {{0}}},
		{"what was offered before does not count", SMTP_EHLO "STARTTLS\r\n\fBDAT 3 LAST\r\nabc",
			"220 250 220:2.0.0 502:5.5.1", ASKED_EHLO "tls\n", {{0}}},
	};
	static const struct smtp_row without[] = {
		{"no certificate", SMTP_EHLO "STARTTLS\r\n", "220 250 502:5.5.1", ASKED_EHLO, {{0}}},
	};
	static const struct smtp_row crowded[] = {
		{"no thread is free", SMTP_EHLO "STARTTLS\r\n\f" SMTP_FROM, "220 250 454:4.7.0 250:2.1.0",
			ASKED_EHLO ASKED_FROM, {{0}}},
	};

	smtp_rows_play(rows, LEN(rows), NULL);
	smtp_rows_play(without, LEN(without), plain);
	smtp_rows_play(crowded, LEN(crowded), busy);
}

/* RFC 3207 section 6: commands injected behind STARTTLS are neither answered nor used, and the client hears no 220. */
static void
nothing_behind_starttls(void)
{
	for (int late = 0; late < 2; late++) {
		struct smtp_play p;

		smtp_play_init(&p);
		smtp_rows_one(&p, late, NULL, VIEW(SMTP_EHLO "STARTTLS\r\nMAIL FROM:<evil@b.example>\r\n"));
		UNIT_VIEW(buf_view(&p.codes), "220 250 554:5.5.1 closed");
		UNIT_VIEW(buf_view(&p.asked), ASKED_EHLO);
		smtp_play_done(&p);
	}
}

static void
tls_is_told(void)
{
	struct smtp_play p;

	smtp_play_init(&p);
	smtp_rows_one(&p, 0, NULL, VIEW(SMTP_EHLO "STARTTLS\r\n\f"));
	CU_ASSERT_TRUE(smtp_session_client(p.s)->tls);
	UNIT_VIEW(smtp_session_client(p.s)->tls_version, "TLSv1.3");
	UNIT_VIEW(smtp_session_client(p.s)->tls_cipher, "TLS_AES_256_GCM_SHA384");
	CU_ASSERT_PTR_NULL(smtp_session_client(p.s)->helo.p);
	smtp_play_done(&p);
}

int
main(void)
{
	static const struct unit_test tests[] = {
		{"what is offered", offers},
		{"HELO", answers_as_it_should},
		{"no AUTH to who is known", no_auth_twice},
		{"EHLO when no backend is well any more", no_backend_any_more},
		{"STARTTLS", starttls},
		{"nothing behind STARTTLS", nothing_behind_starttls},
		{"TLS is told", tls_is_told},
	};

	return unit_main("front/smtp/smtp_hello", tests, LEN(tests));
}
