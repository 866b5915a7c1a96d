/* SPDX-License-Identifier: BSD-2-Clause
 *
 * spf_eval -- check_host(), the native engine: walks a domain's record and those it leads to (RFC 7208
 * section 4.6).
 */
#ifndef MAIL_SPF_EVAL_H
#define MAIL_SPF_EVAL_H

#include "mail/spf/spf_run.h"

/* r->why, r->where and r->explanation say more about the result. */
enum spf_result spf_eval_domain(struct spf_run *r, struct view domain);

#endif
