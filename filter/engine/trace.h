/* SPDX-License-Identifier: BSD-2-Clause
 *
 * trace -- the truth of every rule at the moment of a decision, with the facts that decided it.
 */
#ifndef ENGINE_TRACE_H
#define ENGINE_TRACE_H

#include "engine/judge.h"
#include "util/json.h"

/* One array of {name, truth, why}; for postern(8), EVIDENCE. Inner to the engine. */
void trace_write(struct session *s, const struct judgement *j, struct json *out);

#endif
