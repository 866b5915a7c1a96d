/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rand -- random bytes from the kernel; ends the process if it has none.
 */
#ifndef UTIL_RAND_H
#define UTIL_RAND_H

#include <stddef.h>

void rand_bytes(void *out, size_t n);
/* n - 1 characters of lower-case base 32 without vowels' confusions (no i, l, o, u) and a NUL. */
void rand_id(char *out, size_t n);

#endif
