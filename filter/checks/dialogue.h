/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dialogue -- how the client speaks SMTP, as far as the front-end sees it: a milter sees none of it, and
 * there all of these facts are missing.
 */
#ifndef CHECKS_DIALOGUE_H
#define CHECKS_DIALOGUE_H

#include "engine/check.h"

extern const struct check dialogue_check;

#endif
