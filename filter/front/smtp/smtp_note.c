/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/smtp/smtp_note.h"

#include "mail/smtp/sasl_name.h"
#include "util/log.h"

static void
begin(const struct smtp_session *s, struct log_line *l, const char *event)
{
	char ip[IP_TEXT_MAX];

	log_begin(l, LOG_LEVEL_INFO, event);
	if (s->client.ip.family) {
		ip_format(&s->client.ip, ip);
		log_view(l, "client", view_str(ip));
	}
	log_view(l, "helo", s->client.helo);
}

static void
say(struct log_line *l, const struct smtp_reply *r)
{
	log_number(l, "code", r->code);
	log_view(l, "enhanced", r->enhanced);
	log_view(l, "text", r->text);
}

static void
say_from(const struct smtp_session *s, struct log_line *l)
{
	if (s->mail)
		log_view(l, "from", s->mail->mailbox);
}

void
smtp_note_refused(const struct smtp_session *s, struct view rcpt, const struct smtp_reply *r)
{
	struct log_line l;

	begin(s, &l, "refused");
	say_from(s, &l);
	if (rcpt.p)
		log_view(&l, "to", rcpt);
	say(&l, r);
	log_end(&l);
}

void
smtp_note_recipient(const struct smtp_session *s, struct view rcpt, const struct relay_answer *a)
{
	struct log_line l;

	begin(s, &l, "recipient-refused");
	say_from(s, &l);
	log_view(&l, "to", rcpt);
	say(&l, &a->reply);
	log_view(&l, "by", view_str(a->source == RELAY_BY_PROXY ? "proxy" : "backend"));
	log_end(&l);
}

void
smtp_note_lost(const struct smtp_session *s, struct view why)
{
	struct log_line l;

	begin(s, &l, "client-lost");
	say_from(s, &l);
	log_view(&l, "why", why);
	log_end(&l);
}

void
smtp_note_login(const struct smtp_session *s, const struct smtp_reply *r)
{
	struct view user = sasl_name_get(s->login);
	struct log_line l;

	begin(s, &l, r->code == 235 ? "login" : "login-failed");
	log_view(&l, "user", user.p ? user : VIEW(""));
	log_view(&l, "mechanism", view_str(sasl_name_mech_name(s->login->mech)));
	say(&l, r);
	log_end(&l);
}

void
smtp_note_no_login(void)
{
	log_seldom(LOG_LEVEL_WARN, "no-login",
		"users cannot log in: the backend offers no mechanism of AUTH that can be passed on");
}

void
smtp_note_header(const struct smtp_session *s, const char *why)
{
	char ip[IP_TEXT_MAX] = "unix";

	if (s->client.ip.family)
		ip_format(&s->client.ip, ip);
	log_seldom(LOG_LEVEL_WARN, "proxy-header", "peer=%s %s", ip, why);
}
