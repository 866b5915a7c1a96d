/* SPDX-License-Identifier: BSD-2-Clause
 *
 * smtp_session -- one client's SMTP dialogue as a state machine without I/O (RFC 5321, 1870, 2034, 2920,
 * 3030, 3207, 3461, 4954, 6152, 6531, 9422; PROXY protocol; XCLIENT).
 *
 * Bytes of the client and answers of the surroundings go in; replies and requests come out through struct
 * smtp_host. A request (start_tls, judge, absorb, relay) is answered exactly once, by the function named
 * beside it, from within the call or later; one is open at a time. While one is open, or a reply is held
 * back, the client is not listened to. Nothing blocks. A session belongs to one thread at a time.
 *
 * An idle session holds no more than its struct and what the client said of itself: one arena lives as long
 * as a command, one as long as a message. Nothing of the client reaches engine or backend unparsed.
 */
#ifndef FRONT_SMTP_SESSION_H
#define FRONT_SMTP_SESSION_H

#include "front/relay/relay_order.h"
#include "mail/smtp/ehlo.h"
#include "util/cidr.h"

/* What the sessions of a listener share; kept. */
struct smtp_options {
	struct view hostname;
	struct view quarantine_address; /* absent: what is to go there is put off, 451 4.3.5 */
	bool starttls;          /* there is a certificate */
	bool auth;              /* AUTH is offered, within TLS only */
	bool submission;        /* likewise, and MAIL wants it */
	bool refuse_bare_newline;
	size_t line_max;        /* bytes of a command without CRLF; AUTH has AUTH_LINE_MAX */
	size_t recipients_max, messages_max, errors_max; /* of a message; of a session; then 421 */
	uint64_t message_max;   /* bytes */
	int64_t session_ms, idle_ms, data_idle_ms;
	int64_t greet_wait_ms;  /* 0: no teaser */
	int64_t proxy_wait_ms;  /* for the whole PROXY header */
	int64_t error_delay_ms; /* errors from the half of errors_max on, and the nth failed AUTH n times */
};

/* Who the client is: as accepted, or as PROXY header and XCLIENT tell; grows with the dialogue. */
struct smtp_client {
	struct ip ip, local_ip; /* family 0: not told, or a local socket */
	uint16_t port, local_port;
	struct view name, reverse; /* told by XCLIENT; absent = not */
	struct view helo;       /* absent = not said yet */
	bool esmtp;             /* said by EHLO */
	struct view login;      /* who the backend, or XCLIENT, says it is; absent = not authenticated */
	bool tls;
	struct view tls_version, tls_cipher; /* as the library, or a PROXY header, names them */
	struct view tls_cert;   /* verified subject; absent = none */
};

/* What the dialogue showed beside its commands. */
struct smtp_seen {
	bool early_talk;       /* bytes before the greeting */
	bool pipelining;       /* commands before it might send them (RFC 2920) */
	bool bare_newline;     /* a CR or LF alone, in this message */
	unsigned junk;         /* commands that do not exist, or out of order */
	unsigned auth_failures;
};

enum smtp_event_kind {
	SMTP_EVENT_CONNECT,  /* the client is known, also after XCLIENT: a new engine session and relay */
	SMTP_EVENT_HELO,     /* client->helo; again after every EHLO, HELO and XCLIENT */
	SMTP_EVENT_MAIL,     /* mail */
	SMTP_EVENT_RCPT,     /* rcpt */
	SMTP_EVENT_ANSWERED, /* rcpt was asked at the backend: valid; taken, or it is no recipient */
	SMTP_EVENT_DATA,
	SMTP_EVENT_END,      /* the whole message is absorbed */
	SMTP_EVENT_OVER      /* the transaction is over, at whatever point: code */
};
enum smtp_valid { SMTP_VALID_UNKNOWN, SMTP_VALID_YES, SMTP_VALID_NO };
struct smtp_event {
	enum smtp_event_kind kind;
	const struct smtp_client *client;
	const struct smtp_seen *seen;
	const struct session_mail *mail;
	struct view rcpt;  /* without <> */
	enum smtp_valid valid;
	bool taken;
	int code;          /* what the client was told of the message at its end; 0: it never came so far */
};
struct smtp_judged {
	const struct verdict *verdict; /* NULL: pass */
	const struct edits *edits;     /* END; NULL: none */
	/* Id of the transaction; absent = none. What is known of the client's names by now. They live until
	 * the next event. */
	struct view id;
	struct session_names names;
	int64_t tarpit_ms;             /* the reply waits for so long */
};

enum smtp_absorbed { SMTP_ABSORBED, SMTP_ABSORB_FULL, SMTP_ABSORB_FAILED };
enum smtp_list { SMTP_LIST_OWN_NETS, SMTP_LIST_PROXY, SMTP_LIST_XCLIENT, SMTP_LIST_BARE_NEWLINE };

/* Views and pointers that a request hands over stay valid until it is answered. */
struct smtp_host {
	void *ctx;
	void (*send)(void *ctx, struct view bytes); /* to the client, in order; copies */
	/* Once that has left. Nothing follows: engine session and relay are to end. */
	void (*close)(void *ctx);
	/* smtp_session_timer is to be called then, not as was said before; INT64_MAX: never. */
	void (*timer)(void *ctx, int64_t at);
	int64_t (*now)(void *ctx);            /* ms that never run backwards */
	int64_t (*wall)(void *ctx);           /* seconds since 1970 */
	bool (*listed)(void *ctx, enum smtp_list list, const struct ip *ip);
	bool (*own_domain)(void *ctx, struct view domain); /* normal form, or a literal in brackets */
	/* What all healthy backends can do; false: none is known. */
	bool (*capabilities)(void *ctx, struct ehlo *out);
	bool (*can_secure)(void *ctx);        /* there is a thread for a handshake, or soon will be */

	/* Of what came the last `early` bytes belong to the handshake if it is `implicit`, else all is
	 * dropped. smtp_session_secured or _gone */
	void (*start_tls)(void *ctx, bool implicit, size_t early);
	void (*judge)(void *ctx, const struct smtp_event *e);    /* smtp_session_judged */
	/* smtp_session_absorbed. End, not NULL: the last bytes, and the event that is to be judged next if
	 * they are absorbed: it may be judged with them. */
	void (*absorb)(void *ctx, struct view bytes, const struct smtp_event *end);
	void (*relay)(void *ctx, const struct relay_order *o);   /* smtp_session_answered */
};

struct smtp_session;

/* Options and host are kept, the client is copied with its views. implicit_tls: TLS comes first (behind a
 * PROXY header). gives */
struct smtp_session *smtp_session_new(const struct smtp_options *o, const struct smtp_host *h,
	const struct smtp_client *c, bool implicit_tls);
/* Not while a request is open, nor from within a call of the host. */
void smtp_session_free(struct smtp_session *s);
void smtp_session_start(struct smtp_session *s);

/* All bytes that came and were not taken: returns how many it takes now. The rest is offered again, with what
 * came since, after each call below. */
size_t smtp_session_input(struct smtp_session *s, struct view bytes);
void smtp_session_timer(struct smtp_session *s);
/* The client has gone; why is for the log. An open request is still answered, but nothing follows. */
void smtp_session_gone(struct smtp_session *s, struct view why);
/* 421 4.3.2: at once if `now`, else as soon as no message is under way. */
void smtp_session_end(struct smtp_session *s, bool now);

/* Views are copied; absent = not told, or none. */
void smtp_session_secured(
	struct smtp_session *s, struct view version, struct view cipher, struct view cert);
void smtp_session_judged(struct smtp_session *s, const struct smtp_judged *j);
void smtp_session_absorbed(struct smtp_session *s, enum smtp_absorbed a);
void smtp_session_answered(struct smtp_session *s, const struct relay_answer *a);

const struct smtp_client *smtp_session_client(const struct smtp_session *s);
bool smtp_session_busy(const struct smtp_session *s); /* a request is open */

#endif
