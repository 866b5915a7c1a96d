/* SPDX-License-Identifier: BSD-2-Clause
 *
 * addressees -- whom the header addresses: to.*. Whom the envelope does, is checks/recipients.
 */
#ifndef CHECKS_ADDRESSEES_H
#define CHECKS_ADDRESSEES_H

#include "engine/check.h"

extern const struct check addressees_check;

#endif
