/* SPDX-License-Identifier: BSD-2-Clause
 *
 * spf_macro -- macro strings of SPF: their syntax and what they expand to (RFC 7208 section 7).
 *
 * Nothing is asked here: %{p} expands to a name that the caller validated. The letters c, r and t
 * are for explanations only (section 7.2). An expansion over SPF_EXPANSION_MAX counts as one that
 * names nothing.
 */
#ifndef MAIL_SPF_MACRO_H
#define MAIL_SPF_MACRO_H

#include "util/arena.h"
#include "util/cidr.h"
#include "util/limits.h"

/* The values behind the letters. */
struct spf_macro {
	struct view sender;    /* s: local@origin */
	struct view local;     /* l */
	struct view origin;    /* o: domain of the sender */
	struct view domain;    /* d: domain of the record at hand */
	struct ip ip;          /* i, c, v */
	struct view validated; /* p; absent: "unknown" */
	struct view helo;      /* h */
	struct view receiver;  /* r; absent: "unknown" */
	int64_t now;           /* t */
};

bool spf_macro_string_ok(struct view v); /* macro-string, any letter */
bool spf_macro_domain_ok(struct view v); /* domain-spec */
bool spf_macro_toplabel_ok(struct view v);
/* A domain-spec uses %{p}: the one letter whose value costs look-ups. */
bool spf_macro_wants_validated(struct view spec);

/* The target name of a domain-spec that passed spf_macro_domain_ok: no final dot, at most
 * DOMAIN_MAX bytes, for which labels are dropped from the left (section 7.3). Empty if nothing is
 * left. The bytes are in out. */
struct view spf_macro_domain(
	struct view spec, const struct spf_macro *m, char out[static DOMAIN_MAX]);

/* An explain-string expanded, bytes outside printable ASCII turned to '?': a sender's local part
 * may hold anything. Absent if text breaks the syntax or grows too long. Lives in a. */
struct view spf_macro_explain(struct view text, const struct spf_macro *m, struct arena *a);

#endif
