/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mailing_list -- what a list says of itself: list.* (RFC 2919, RFC 2369, RFC 8058).
 */
#ifndef CHECKS_MAILING_LIST_H
#define CHECKS_MAILING_LIST_H

#include "engine/check.h"

extern const struct check mailing_list_check;

#endif
