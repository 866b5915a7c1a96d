/* SPDX-License-Identifier: BSD-2-Clause
 *
 * recipients -- all recipients of a message: rcpt.count, rcpt.rejected, rcpts.domain, rcpts.address.
 *
 * Counted up to the recipient at hand; the engine has them computed anew with each RCPT, so at the end of
 * the message they speak of all.
 */
#ifndef CHECKS_RECIPIENTS_H
#define CHECKS_RECIPIENTS_H

#include "engine/check.h"

extern const struct check recipients_check;

#endif
