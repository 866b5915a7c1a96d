/* SPDX-License-Identifier: BSD-2-Clause
 *
 * limits_smtp -- the ceilings of SMTP as a server and a client speak it: the part of util/limits.h, which
 * includes it, that only the proxy needs.
 */
#ifndef UTIL_LIMITS_SMTP_H
#define UTIL_LIMITS_SMTP_H

enum {
	RCPT_MAX = 1000,         /* recipients of one message (RFC 5321 4.5.3.1.8 asks for 100) */
	SMTP_COMMAND_MAX = 512,  /* RFC 5321 4.5.3.1.4, with CRLF: what we send without parameters */
	SMTP_ANSWER_LINE_MAX = 2048, /* RFC 5321 4.5.3.1.5 asks for 512; Postfix takes 2048 */
	SMTP_ANSWER_LINES = 100, /* of one answer; the longest EHLO answers have 25 */
	SMTP_ANSWER_MAX = 32 * 1024, /* bytes of one answer */
	ENVID_MAX = 100,         /* RFC 3461 4.4 */
	ORCPT_MAX = 500,         /* RFC 3461 4.2 */
	AUTH_LINE_MAX = 12288,   /* RFC 4954 4.0, without CRLF */
	SMTP_IDLE_COMMANDS = 100, /* NOOP, RSET, VRFY ... without mail; Postfix's smtpd_junk_command_limit */
	SMTP_AUTH_FAILURES = 5,  /* failed logins of one session, then it ends */
	SMTP_AUTH_LINES = 10,    /* of one exchange; SCRAM needs 3 */
	SASL_NAME_MAX = 255,     /* RFC 4954 and 4616 let it be 255 characters */
	XCLIENT_VALUE_MAX = 255, /* XFORWARD_README, note 1 */
	PROXY_HEADER_MAX = 4096, /* bytes; without TLVs 232, with those of TLS about 300 */

	/* connections */
	STREAM_CLOSE_MS = 3000,  /* for the last words and the peer's end; less than END_SECONDS */
	STREAM_CLOSING_MAX = 1000, /* on one loop; more end without waiting for the peer */
	STREAM_PIECE = 16 * 1024,  /* bytes read or written at once: a TLS record */
	ACCEPT_BATCH = 64,       /* connections taken in one turn: those that are there have their turn too */
	ACCEPT_PAUSE_MS = 100,   /* when there is no descriptor even to refuse with */
	TLS_CHAINS_MAX = 100,    /* keys with their certificates: each is looked at for a client's SNI */
	TLS_CERTIFICATES_MAX = 1000, /* in all PEM texts of one side */
};

#endif
