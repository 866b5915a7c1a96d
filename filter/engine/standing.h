/* SPDX-License-Identifier: BSD-2-Clause
 *
 * standing -- what is remembered of one name: how much wanted and unwanted mail came under it.
 *
 * A name is an address, a network, an organisation or a domain that signs; of IPv6 the address is the /64
 * that a host is given, which has more addresses than there is mail. The store has one series for each
 * (svc/store_series.h), a step a day, that holds both counts: ham in the low bits, spam above. What was
 * counted weighs less from day to day, which is worked out when it is read. Pure: the time is an argument.
 *
 * What a spammer can do with it. A name counts only where it is verified: the address of the connection, an
 * organisation by SPF or by a name that resolves back, a domain by a valid signature; forging another's mail
 * feeds nobody. In a network or organisation that he shares with others, one address adds at most
 * STANDING_SHARED_MAX messages a day to what it shares, whatever it sends. He can send again what others
 * signed; that, too, costs an address for each few messages, and is why the reputation of a domain should add
 * to a score and never decide alone. What he taught is gone after STANDING_DAYS.
 */
#ifndef ENGINE_STANDING_H
#define ENGINE_STANDING_H

#include "svc/store.h"
#include "util/cidr.h"

enum standing_kind {
	STANDING_ADDRESS,
	STANDING_NETWORK,      /* its /24 or /64 */
	STANDING_ORGANISATION, /* the verified domain of the host */
	STANDING_DKIM,         /* d= of a valid signature */
	STANDING_KINDS
};
const char *standing_kind_name(enum standing_kind k); /* "address" ... */

enum standing_mail { STANDING_HAM, STANDING_SPAM };
const char *standing_mail_name(enum standing_mail m); /* "ham", "spam" */

enum {
	STANDING_DAYS = 60,
	STANDING_SHARED_MAX = 20, /* messages a day of one address count for what it shares with others */
	STANDING_TOLD = 5,        /* what a person says of a message counts as this many */
	STANDING_DKIM_MAX = 5,    /* signatures of a message that count */
	STANDING_NAMES_MAX = STANDING_DKIM + STANDING_DKIM_MAX
};

/* The names of one message. Keys live in the arena of who adds them. */
struct standing_names {
	size_t n;
	struct standing_name {
		enum standing_kind kind;
		struct view key; /* of its record */
	} item[STANDING_NAMES_MAX];
};
void standing_names_address(struct standing_names *names, const struct ip *ip, struct arena *a);
void standing_names_network(struct standing_names *names, const struct ip *ip, struct arena *a);
/* text: of client.organisation. A network there is none: it has a reputation of its own. */
void standing_names_organisation(struct standing_names *names, struct view text, struct arena *a);
/* The first STANDING_DKIM_MAX different domains. */
void standing_names_dkim(struct standing_names *names, const struct view *domain, size_t n, struct arena *a);

/* A key is the word of its kind, a byte 0, and the name. */
struct view standing_key(enum standing_kind k, struct view name, struct arena *a);
/* False: no key. *name_out is a view into it. */
bool standing_key_read(struct view key, enum standing_kind *kind_out, struct view *name_out);

/* A request for the record of a key. */
struct store_request standing_record(enum store_op op, struct view key, int64_t now);
/* The one that counts n messages. */
struct store_request standing_count(struct view key, int64_t now, enum standing_mail m, int64_t n);

struct standing {
	double ham, spam; /* with their weight now */
	int64_t since;    /* the first day that counts; 0 = nothing does */
	int64_t today;    /* messages of this day, all in full */
};
/* half_life: seconds in which what was counted loses half its weight; 0 = never. A broken series ends
 * where it breaks. */
struct standing standing_of(struct view series, int64_t now, uint32_t half_life);
/* The share of spam, 0 to 100, as if one message of each kind had been seen before. */
int standing_percent(const struct standing *s);
/* 0 to 100; 50 where `minimum` messages have been seen: from there on a standing is known. */
int standing_confidence(const struct standing *s, uint32_t minimum);
bool standing_is_known(const struct standing *s, uint32_t minimum);

/* The series without n messages that were counted at `when`, as far as they are still in it. Lives in a. */
struct view standing_take_back(struct view series, int64_t when, enum standing_mail m, int64_t n,
	struct arena *a);

#endif
