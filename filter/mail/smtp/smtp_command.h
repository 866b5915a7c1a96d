/* SPDX-License-Identifier: BSD-2-Clause
 *
 * smtp_command -- one command line of a client, and the same written to a server (RFC 5321 4.1).
 *
 * Parameters of MAIL and RCPT: SIZE (RFC 1870), BODY (6152), SMTPUTF8 (6531), RET ENVID NOTIFY ORCPT
 * (3461), AUTH (4954 section 5), REQUIRETLS (8689). Strict, but for what clients send and Postfix takes
 * by default: blanks behind "FROM:" and "TO:", several blanks or a tab for one, blanks at the end, no
 * angle brackets, source routes (dropped, RFC 5321 appendix C), local parts over 64 bytes, an address
 * without domain (of the backend's host, as in "<root>"), any printable HELO name, "=" within xtext,
 * an argument of QUIT. Only what was understood is written again, each value by its own rules.
 * Limits: the line's is the caller's; mail/address.h, ENVID_MAX, ORCPT_MAX.
 */
#ifndef MAIL_SMTP_COMMAND_H
#define MAIL_SMTP_COMMAND_H

#include "mail/address.h"
#include "mail/smtp/sasl_name.h"
#include "mail/smtp/smtp_reply.h"
#include "util/buf.h"

enum smtp_verb {
	VERB_UNKNOWN,
	VERB_FOREIGN, /* another protocol: GET, POST, CONNECT, a header field, a TLS record ... */
	VERB_HELO, VERB_EHLO, VERB_MAIL, VERB_RCPT, VERB_DATA, VERB_BDAT, VERB_RSET, VERB_NOOP,
	VERB_VRFY, VERB_EXPN, VERB_HELP, VERB_QUIT, VERB_STARTTLS, VERB_AUTH, VERB_ETRN, VERB_XCLIENT,
	VERB_SEND, VERB_SOML, VERB_SAML, VERB_TURN, /* never done: 502 */
	VERBS
};

/* Where a dialogue stands; bits of smtp_command_stages(). */
enum smtp_stage {
	SMTP_STAGE_START = 1, /* no HELO yet */
	SMTP_STAGE_HELO = 2,  /* HELO or EHLO, no transaction */
	SMTP_STAGE_MAIL = 4,  /* MAIL accepted, no recipient */
	SMTP_STAGE_RCPT = 8,  /* at least one recipient accepted */
	SMTP_STAGE_BDAT = 16  /* between the chunks of a message */
};

enum smtp_command_status {
	SMTP_COMMAND_OK,
	SMTP_COMMAND_UNKNOWN, /* unknown and foreign verbs, SEND ... TURN */
	SMTP_COMMAND_BAD,     /* bad syntax; a control character */
	SMTP_COMMAND_ADDRESS, /* MAIL, RCPT: no address */
	SMTP_COMMAND_8BIT,    /* a byte over 127 without SMTPUTF8, or no UTF-8 */
	SMTP_COMMAND_PARAMETER, /* one that is not known */
	SMTP_COMMAND_VALUE      /* a known one with a bad value, or twice */
};

enum smtp_body { SMTP_BODY_NONE, SMTP_BODY_7BIT, SMTP_BODY_8BITMIME };
enum smtp_ret { SMTP_RET_NONE, SMTP_RET_FULL, SMTP_RET_HDRS };
enum smtp_notify { /* bits */
	SMTP_NOTIFY_NEVER = 1, SMTP_NOTIFY_SUCCESS = 2, SMTP_NOTIFY_FAILURE = 4, SMTP_NOTIFY_DELAY = 8
};

struct smtp_command {
	enum smtp_verb verb;
	struct view word; /* the verb as it was sent */
	struct view text; /* all that followed, blanks at its ends cut; absent if nothing did. HELO, EHLO:
	                   * the name. VRFY, EXPN, ETRN, XCLIENT: the argument */
	/* MAIL and RCPT */
	struct address address; /* domain absent: none was given; both absent: "<>" */
	struct view mailbox;    /* "local@domain", "" for "<>": what is judged and passed on, without route,
	                         * local part quoted where it must be, domain in normal form */
	struct view params;     /* all parameters as we write them, parted by blanks; "" = none */
	unsigned needs;         /* EHLO_* keywords (mail/smtp/ehlo.h) that verb and parameters use: one that
	                         * was not offered is 502 for a verb, 555 for MAIL and RCPT */
	/* MAIL */
	uint64_t size; /* 0: not said */
	enum smtp_body body;
	enum smtp_ret ret;
	bool utf8, require_tls;
	struct view envid; /* xtext, absent = none */
	struct view auth;  /* xtext or "<>", absent = none: the client's claim */
	/* RCPT */
	unsigned notify;   /* enum smtp_notify; 0: not said */
	struct view orcpt; /* "rfc822;xtext"; absent = none */
	/* BDAT */
	uint64_t chunk;
	bool last;
	/* AUTH */
	enum sasl_mech mech; /* SASL_NONE: none that can be passed on (504 5.5.4) */
	struct view initial; /* as it stands there; absent = none */
};

/* Reads one line without its CRLF. utf8: the transaction was begun with SMTPUTF8 (MAIL's own parameter
 * counts at once). *out is filled as far as it was understood, verb and word always. Lives in a; copies
 * what it keeps. After a BDAT that is not OK the bytes behind it cannot be told from commands: close. */
enum smtp_command_status smtp_command_parse(
	struct view line, bool utf8, struct arena *a, struct smtp_command *out);
/* What a client hears for a status that is not OK: a constant. */
struct smtp_reply smtp_command_refusal(const struct smtp_command *c, enum smtp_command_status s);

/* "MAIL"; NULL for UNKNOWN and FOREIGN. */
const char *smtp_command_name(enum smtp_verb v);
/* enum smtp_stage bits in which the verb is in order; else 503. */
unsigned smtp_command_stages(enum smtp_verb v);

/* Appends MAIL or RCPT with CRLF, made of a mailbox and params as above, for a server that has announced
 * `has` (EHLO_*). SIZE and AUTH are left out if it does not know them (take EHLO_AUTH out of `has` unless
 * the client has logged in: RFC 4954 section 5). What it would have to know is returned as EHLO_* bits, and
 * nothing is appended: 451 4.3.0, SMTPUTF8 550 5.6.7. UINT_MAX: a control character, likewise. 0: done. */
unsigned smtp_command_write(
	enum smtp_verb verb, struct view mailbox, struct view params, unsigned has, struct buf *out);

#endif
