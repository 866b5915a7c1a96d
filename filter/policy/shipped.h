/* SPDX-License-Identifier: BSD-2-Clause
 *
 * shipped -- which rule files are the shipped ones, which no site edits.
 *
 * Those under RULES_DIR, where `make install` puts them, and a checkout's: its folder holds retired.rules.
 */
#ifndef POLICY_SHIPPED_H
#define POLICY_SHIPPED_H

#include "policy/source.h"

/* Is file, as a program names it, one of them or in a folder of theirs? src: where it was read from. */
bool shipped_file(const struct source_tree *src, struct view file, struct arena *a);

#endif
