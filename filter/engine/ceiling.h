/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ceiling -- a decision without rules: some limit was reached.
 *
 * Inner to the engine, like engine/state.h.
 */
#ifndef ENGINE_CEILING_H
#define ENGINE_CEILING_H

#include "engine/judgement.h"

/* cause: for the record; the text gets the transaction's id. Lives in the message arena. */
struct judgement *ceiling(
	struct session *s, const char *cause, int code, struct view enhanced, const char *text);

#endif
