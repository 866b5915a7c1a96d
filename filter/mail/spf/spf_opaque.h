/* SPDX-License-Identifier: BSD-2-Clause
 *
 * spf_opaque -- an SPF record rewritten so that nothing of it is left but the order and the
 * qualifiers of its terms: what libspf2 may be shown.
 *
 *     v=spf1 ip4:192.0.2.7 -include:%{d1}.example a:mail.example.com/24 ~all
 *     v=spf1 -include:1.0.t +a:1.1.t/24 ~exists:1.2.t
 *
 * The alphabet is fixed: "v=spf1", the words a mx exists include redirect, + - ~ ?, digits and
 * the signs : / = . in their places, and names that are tags: RECORD.TERM.t, and RECORD.TERM.NAME.t
 * for a name that an mx term found. That is the form of a host name, or libspf2 would warn.
 *
 *   - ip4, ip6 and all are decided here: what fits the client becomes exists, which is answered, and ends
 *     the record; what does not is left out.
 *   - ptr is written as exists, and so are a and mx with a prefix length of 0, which libspf2 refuses:
 *     whoever answers has decided.
 *   - redirect stands at the end; libspf2 takes it where it finds it.
 *   - Behind one asking term more than may be counted, nothing can matter: the record ends there.
 *
 * The client is always 192.0.2.1 or 2001:db8::1; addresses it is compared with are turned by the
 * same difference, which no comparison of prefixes notices. libspf2 lets 127.0.0.0/8 and ::1 pass.
 */
#ifndef MAIL_SPF_OPAQUE_H
#define MAIL_SPF_OPAQUE_H

#include "mail/spf/spf_record.h"
#include "util/limits.h"

enum {
	SPF_OPAQUE_TERMS = SPF_TERMS + 1,     /* of one record */
	SPF_OPAQUE_RECORDS = SPF_TERMS + 1,   /* a domain's own, and one a term */
	SPF_OPAQUE_TAG = sizeof("255.255.127.t"),
	SPF_OPAQUE_MAX = sizeof("v=spf1") + SPF_OPAQUE_TERMS * (sizeof("+redirect=//128") + SPF_OPAQUE_TAG)
};

struct spf_opaque_tag {
	uint8_t record; /* below SPF_OPAQUE_RECORDS */
	uint8_t term;   /* below SPF_OPAQUE_TERMS */
	int8_t name;    /* below SPF_NAMES; -1 = the term itself */
};

void spf_opaque_tag_write(const struct spf_opaque_tag *tag, char out[static SPF_OPAQUE_TAG]);
/* False if text is not what spf_opaque_tag_write writes. */
bool spf_opaque_tag_read(const char *text, struct spf_opaque_tag *out);

/* The terms that were written, by the number in their tag: those that ask, and the one that fits. */
struct spf_opaque {
	struct spf_term term[SPF_OPAQUE_TERMS];
	enum spf_kind shown[SPF_OPAQUE_TERMS]; /* as A, MX, EXISTS, INCLUDE or REDIRECT */
	struct view rest[SPF_OPAQUE_TERMS]; /* of the record, behind the term */
	uint8_t n;
	char text[SPF_OPAQUE_MAX];
};

/* number: of the record, for its tags. may_ask: asking terms that may still be counted. */
void spf_opaque_write(const struct spf_record *r, const struct ip *client, uint8_t number,
	unsigned may_ask, struct spf_opaque *out);

/* What libspf2 is told instead of ip, of the client's family, when the client is client. */
struct ip spf_opaque_ip(const struct ip *ip, const struct ip *client);

#endif
