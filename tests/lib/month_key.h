/* SPDX-License-Identifier: BSD-2-Clause
 *
 * month_key -- a greylist that knows networks only, for comparison with the real one (tests/lib/month.h).
 *
 * Its key is the client's /24, the sender and the recipient, each as it is; wait, window, life and cap are the
 * defaults, and the cap holds from the first attempt of this sender to this recipient from anywhere.
 */
#ifndef TESTS_LIB_MONTH_KEY_H
#define TESTS_LIB_MONTH_KEY_H

#include "util/cidr.h"

struct month_key;

struct month_key *month_key_new(void);
void month_key_free(struct month_key *k);
/* May it pass now? */
bool month_key_passes(struct month_key *k, const struct ip *ip, struct view from, struct view to, int64_t now);

#endif
