/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ladder -- prints one record of evidence for people: each reason with its weight and place, the sum, the
 * verdict, the reply and what was unknown. The one printer of `eval`, `why` and the demo.
 */
#ifndef CMD_LADDER_H
#define CMD_LADDER_H

#include <jansson.h>
#include <stdio.h>

/* record: an evidence object. Untrusted texts are escaped. */
void ladder_print(const json_t *record, FILE *out);

#endif
