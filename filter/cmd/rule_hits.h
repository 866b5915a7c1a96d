/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule_hits -- how often rules fired lately, by the evidence file.
 */
#ifndef CMD_RULE_HITS_H
#define CMD_RULE_HITS_H

#include "util/view.h"

enum { RULE_HITS_RECORDS = 10000 };

/* The last RULE_HITS_RECORDS records that name the rule as fired; *records_out: how many there were. -1
 * with errno if the file cannot be read. */
long rule_hits_count(const char *file, struct view rule, long *records_out);

#endif
