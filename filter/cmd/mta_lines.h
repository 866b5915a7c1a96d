/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mta_lines -- what to write into the settings of Postfix or Sendmail, for the listeners and backends of
 * postern.conf.
 */
#ifndef CMD_MTA_LINES_H
#define CMD_MTA_LINES_H

#include "policy/conf.h"

/* A socket below Postfix's queue directory is named as its processes see it from their chroot. */
void mta_lines_print(const struct conf *c, FILE *out);

#endif
