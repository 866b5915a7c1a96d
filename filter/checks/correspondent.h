/* SPDX-License-Identifier: BSD-2-Clause
 *
 * correspondent -- mail.known and from.known: one of our users wrote to the sender, or to the author.
 *
 * As the sender says who it is; what SPF, DKIM or DMARC say of that stands in their facts.
 */
#ifndef CHECKS_CORRESPONDENT_H
#define CHECKS_CORRESPONDENT_H

#include "engine/check.h"

extern const struct check correspondent_check;

#endif
