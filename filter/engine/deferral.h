/* SPDX-License-Identifier: BSD-2-Clause
 *
 * deferral -- may `if unknown defer` hold this mail (still)?
 *
 * It holds one client network, sender and recipient no longer than unknown-defer-max, and nobody while the
 * resolver as a whole fails, or the store, which remembers since when. Then the rule counts as false. The
 * store is asked only here. In a closed session it is always the first try. Inner to the engine.
 */
#ifndef ENGINE_DEFERRAL_H
#define ENGINE_DEFERRAL_H

#include "engine/session.h"

bool deferral_may_hold(struct session *s);

#endif
