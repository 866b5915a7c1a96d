/* SPDX-License-Identifier: BSD-2-Clause
 *
 * gate -- where threads of a test stand until the test opens it: no sleeping, no guessing.
 */
#ifndef TESTS_LIB_GATE_H
#define TESTS_LIB_GATE_H

#include <stdbool.h>

/* One for the whole program. A thread waits here while the gate is shut; ctx is not used. */
void gate_stand(void *ctx);
void gate_set_open(bool yes); /* is shut at first */
/* Waits until so many stand here. */
void gate_await(unsigned n);

#endif
