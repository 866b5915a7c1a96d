/* SPDX-License-Identifier: BSD-2-Clause
 *
 * deferral -- may `if unknown defer` hold this mail (still)?
 *
 * It holds one client network, sender and recipient no longer than unknown-defer-max, and nobody while the
 * resolver as a whole fails, or the store, which remembers since when. Then the rule counts as false. The
 * store is asked only here. In a closed session it is always the first try. Inner to the engine.
 *
 * A message to many does not ask it for each of them: after RCPT it is asked for HOLD_ASKS recipients at
 * most, until the stage's deadline or the first call that fails. The rest then follow the first of them,
 * and after a failed call none is held.
 */
#ifndef ENGINE_DEFERRAL_H
#define ENGINE_DEFERRAL_H

#include "engine/session.h"

bool deferral_may_hold(struct session *s);

#endif
