/* SPDX-License-Identifier: BSD-2-Clause
 *
 * backends -- the mail servers behind a listener: who serves which domain, who is well, and what
 * all can do.
 *
 * Knowledge only; front/relay/backend_probe gathers it, front/relay/backend_link uses it. One a worker, for
 * all its threads. Nothing is known at the start; what was learned of a backend that is ill now is not
 * used.
 */
#ifndef FRONT_BACKENDS_H
#define FRONT_BACKENDS_H

#include "front/smtp/smtp_relay.h"
#include "io/listener.h"
#include "io/tls.h"

enum { BACKEND_ADDRESSES = 8 };

/* One `backend` of postern.conf. Kept. */
struct backend_settings {
	const char *name;
	/* Where it is: an address, or, with a host name, the port at its addresses. */
	struct listener_address at;
	const char *host; /* NULL = none */
	struct relay_terms terms;
	bool relaying; /* it may take strangers' mail for any domain, and is not asked whether it does */
	/* `for`: names, in normal form; ".x.example" is x.example and all below it. None: all that
	 * no other has. */
	const struct view *domains;
	size_t n_domains;
	struct view ca; /* PEM, to verify it with; absent = the system's */
	enum tls_version tls_min; /* opportunistic TLS takes any: plain text is the alternative */
};

struct backends;

/* Whether it takes a stranger's mail for a domain that nobody has. */
enum backend_relays {
	BACKEND_NOT_ASKED,
	BACKEND_UNCLEAR, /* it put the recipient off, or refused the sender */
	BACKEND_CLOSED,
	BACKEND_OPEN /* it trusts our address, or everybody: one mistake in own-domains is an open relay */
};

/* gives; NULL: why says what is wrong. At most RELAY_BACKENDS_MAX. */
struct backends *backends_new(const struct backend_settings *s, size_t n, struct buf *why);
void backends_free(struct backends *b); /* NULL is legal */
size_t backends_count(const struct backends *b);
const struct backend_settings *backends_settings(const struct backends *b, unsigned i);
struct tls *backends_tls(const struct backends *b, unsigned i); /* NULL: none */

/* Strangers' mail goes there: what is open, or was never asked whether it is, is not used, as if it were not
 * there. Before any other use. */
void backends_guard(struct backends *b);

/* Who serves this domain, in normal form: the longest name counts. Absent: who serves no domain of
 * its own, or else the first: for AUTH, ETRN, and recipients without domain. 0 = nobody. */
uint32_t backends_route(struct backends *b, struct view domain);
/* Those of them that can be dialled with this client's own address, if they want to see it. */
uint32_t backends_of_family(struct backends *b, uint32_t among, int family);
/* The first of these in the order of the settings: of those that are well; else of those of which
 * nothing bad was heard since; else of all. */
unsigned backends_pick(struct backends *b, uint32_t among);
/* Where to dial, best first; how many. */
size_t backends_addresses(
	struct backends *b, unsigned i, struct listener_address out[static BACKEND_ADDRESSES]);
/* What all that are well can do; those of other domains count too. AUTH: of those only that are asked
 * about logins. False: of none is it known. */
bool backends_capabilities(struct backends *b, struct ehlo *out);

/* ---- what was learned ---- */

/* Of a host name: its addresses now (none: it has none). */
void backends_found(struct backends *b, unsigned i, const struct ip *ip, size_t n);
/* It greeted, and can do this; or not, and why. */
void backends_is_well(struct backends *b, unsigned i, const struct ehlo *can);
void backends_is_ill(struct backends *b, unsigned i, const char *why);
/* Is it time to ask it whether it relays for strangers? When it is first well, or well again, each
 * BACKEND_RELAY_TEST_MS, and at each probe while it is open. */
bool backends_is_in_doubt(struct backends *b, unsigned i);
void backends_relays(struct backends *b, unsigned i, enum backend_relays r);
/* One is well, and is only not used because it has not answered yet whether it relays. */
bool backends_in_question(struct backends *b);
/* One that is open; -1: none was found. */
int backends_open(struct backends *b);
/* What is wrong with one that is open, and what to do about it. */
void backends_open_why(const struct backends *b, unsigned i, struct buf *out);
/* A client's session had trouble with it: after those that are well, until a probe has told. */
void backends_suspect(struct backends *b, unsigned i);
/* Called when one is suspected, from any thread; one listener at a time. NULL = none. */
void backends_on_suspicion(struct backends *b, void (*wake)(void *ctx), void *ctx);
/* Takes the mark away that backends_suspect left for the prober: was there one? */
bool backends_take_suspicion(struct backends *b, unsigned i);

/* One line for `postern status`: "backend-main state=well ...". */
void backends_describe(struct backends *b, unsigned i, struct buf *out);

#endif
