/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/smtp_note.h"

#include "mail/sasl_name.h"
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
end(struct log_line *l, const struct smtp_reply *r)
{
	log_number(l, "code", r->code);
	log_view(l, "enhanced", r->enhanced);
	log_view(l, "text", r->text);
	log_end(l);
}

void
smtp_note_refused(const struct smtp_session *s, struct view rcpt, const struct smtp_reply *r)
{
	struct log_line l;

	begin(s, &l, "refused");
	if (s->mail)
		log_view(&l, "from", s->mail->mailbox);
	if (rcpt.p)
		log_view(&l, "to", rcpt);
	end(&l, r);
}

void
smtp_note_login(const struct smtp_session *s, const struct smtp_reply *r)
{
	struct view user = sasl_name_get(s->login);
	struct log_line l;

	begin(s, &l, r->code == 235 ? "login" : "login-failed");
	log_view(&l, "user", user.p ? user : VIEW(""));
	log_view(&l, "mechanism", view_str(sasl_name_mech_name(s->login->mech)));
	end(&l, r);
}

void
smtp_note_header(const struct smtp_session *s, const char *why)
{
	char ip[IP_TEXT_MAX] = "unix";

	if (s->client.ip.family)
		ip_format(&s->client.ip, ip);
	log_seldom(LOG_LEVEL_WARN, "proxy-header", "peer=%s %s", ip, why);
}
