/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arc -- the check that validates ARC chains (RFC 8617): facts arc, arc.sealer, arc.dmarc.
 *
 * A chain proves who sealed it, not that they told the truth: rules read arc.sealer together with a list
 * of sealers that the administrator trusts.
 */
#ifndef CHECKS_ARC_H
#define CHECKS_ARC_H

#include "engine/check.h"

extern const struct check arc_check;

#endif
