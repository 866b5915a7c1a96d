/* SPDX-License-Identifier: BSD-2-Clause
 *
 * account -- the fact auth.alarm: does the account behave as if its password were stolen? engine/alarm.h
 * watches; this asks what it has found.
 */
#ifndef CHECKS_ACCOUNT_H
#define CHECKS_ACCOUNT_H

#include "engine/check.h"

extern const struct check account_check;

#endif
