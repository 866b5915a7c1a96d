/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rdns_pattern -- does a host's name look like one that a provider generated for a dial-up or home line?
 *
 * A guess by habit, not by a standard: providers write the address into the names of their customers'
 * lines ("dsl-192-0-2-7", "p5CB0A1.dip0", "host7-2.pool"), beside words such as dsl, dyn, pool, cable.
 * Both together make a name generic; a word that says otherwise (static, mail, mx ...) clears it. The
 * registrable domain's own labels say nothing: a company may be called Dynamics. Evidence for a score,
 * never for a refusal.
 */
#ifndef MAIL_RDNS_PATTERN_H
#define MAIL_RDNS_PATTERN_H

#include "util/cidr.h"

/* name in normal form (mail/domain.h), ip the address that it is the name of. */
bool rdns_pattern_dynamic(struct view name, const struct ip *ip);

#endif
