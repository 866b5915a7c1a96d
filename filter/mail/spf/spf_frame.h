/* SPDX-License-Identifier: BSD-2-Clause
 *
 * spf_frame -- one SPF record being walked: what its terms ask, and what is counted (RFC 7208 section 4.6.4).
 *
 * Shared by the engines, which decide what order and qualifiers make of the terms. Depth is bounded
 * by SPF_TERMS: each include and redirect is a term.
 */
#ifndef MAIL_SPF_FRAME_H
#define MAIL_SPF_FRAME_H

#include "mail/spf/spf_run.h"

struct spf_frame {
	struct view domain;
	struct spf_record record;
	struct view rest; /* the terms behind the one at hand: the engine moves on */
	bool included;    /* below an include: fail needs no explanation (section 6.2) */
	unsigned begun;   /* asking terms of this record met so far */
	unsigned granted; /* its first so many may be asked ahead */
};

/* The record of f->domain: YES, with rest at its start, or NO if it has none. */
enum spf_step spf_frame_begin(struct spf_run *r, struct spf_frame *f);

/* An asking term is met; its question had an empty answer. YES, or PERMERROR: one too many. */
enum spf_step spf_frame_count(struct spf_run *r, struct spf_frame *f, struct view text);
enum spf_step spf_frame_count_void(struct spf_run *r, bool is_void, struct view text);

/* include and redirect need a record: notes that there is none, and returns PERMERROR (5.2, 6.1). */
enum spf_step spf_frame_no_record(struct spf_run *r, enum spf_kind kind, struct view text);

/* all, ip4, ip6: does the term fit the client? Others: false. */
bool spf_frame_fits(const struct ip *client, const struct spf_term *t);

/* The names that an mx term finds: YES; NO if none. Their bytes last as those of an answer. */
enum spf_step spf_frame_mx(struct spf_run *r, const struct spf_term *t, struct view name,
	struct view host[static SPF_NAMES], size_t *n_out);

/* a, mx, ptr, exists over their target name. An empty answer sets *void_out. */
enum spf_step spf_frame_match(
	struct spf_run *r, const struct spf_term *t, struct view name, bool *void_out);

/* The run pauses here, for an answer is missing; what it granted this record is asked first. */
void spf_frame_ask_ahead(struct spf_run *r, struct spf_frame *f);

/* The record's verdict is fail: explained, where it is the domain's own. Or SPF_PENDING. */
enum spf_result spf_frame_fail(struct spf_run *r, const struct spf_frame *f);

#endif
