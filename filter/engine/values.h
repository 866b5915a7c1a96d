/* SPDX-License-Identifier: BSD-2-Clause
 *
 * values -- where the value of a slot lives, for the session's current recipient. Inner to the engine.
 */
#ifndef ENGINE_VALUES_H
#define ENGINE_VALUES_H

#include "engine/session.h"

struct fact_value *values_at(struct session *s, size_t slot);
struct fact_value *values_new(const struct session *s, struct arena *a);
struct fact_value *values_of_rcpt(const struct session *s, struct arena *a);
/* Pending, or what the session was given; of a closed session missing. */
struct fact_value values_initial(const struct session *s, size_t slot);
bool values_settled(struct session *s, size_t slot);
/* The value as rules see it, for program_eval; ctx is the session. */
const struct fact_value *values_seen(void *ctx, size_t slot);

#endif
