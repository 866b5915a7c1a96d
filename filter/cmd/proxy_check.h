/* SPDX-License-Identifier: BSD-2-Clause
 *
 * proxy_check -- what would keep an smtp listener from its work: part of `postern check` and of every start.
 */
#ifndef CMD_PROXY_CHECK_H
#define CMD_PROXY_CHECK_H

#include "io/privileges.h"
#include "policy/conf.h"
#include "policy/program.h"

/* Of settings and rules: false, and an error, if a listener would refuse all mail. */
bool proxy_check_program(const struct conf *c, const struct program *p, struct diag *d);
/* Of both: warns of what would be put off. */
void proxy_check_settings(const struct conf *c, const struct program *p, struct diag *d);
/* Of this machine: keys, certificates, and the folder of the spool. user: NULL = unknown. */
void proxy_check_system(const struct conf *c, const struct privileges *user, struct diag *d);

#endif
