/* SPDX-License-Identifier: BSD-2-Clause
 *
 * spf_libspf2 -- check_host() by libspf2, which sees opaque records only: see mail/spf/spf_opaque.h.
 *
 * libspf2 1.2.10 walks the records, includes and redirects, compares addresses with prefixes, and
 * says what order and qualifiers make of it. Records are fetched, chosen, read and expanded here; so
 * are the limits of section 4.6.4 and the explanation. Left to itself, libspf2 fails 76 of the 203
 * cases of the RFC 7208 suite, crashes on an explanation of 460 bytes, asks 66,430 questions for
 * nested includes and drops terms behind about the 63rd.
 *
 * What libspf2 asks of its DNS layer are tags, answered by a callback: no file, no socket, no clock.
 * Its memory is malloc's, bounded by the few terms that it is shown, and freed when the run ends. It
 * has no state but its objects, which one run has for itself, and the handlers of its messages, which
 * are never called; so threads need no lock. A pending answer stops it with a temporary failure; what
 * it makes of that is thrown away. If it asks what it was not shown, or ends without a reason, the
 * result is temperror: "libspf2 failed".
 */
#ifndef MAIL_SPF_LIBSPF2_H
#define MAIL_SPF_LIBSPF2_H

#include "mail/spf/spf_run.h"

/* As spf_eval_domain, and with the same result. */
enum spf_result spf_libspf2_domain(struct spf_run *r, struct view domain);

#endif
