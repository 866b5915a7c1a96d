/* SPDX-License-Identifier: BSD-2-Clause
 *
 * header_list -- the fields of the message that are kept for the rules, up to their ceilings.
 *
 * Inner to the engine, like engine/state.h.
 */
#ifndef ENGINE_HEADER_LIST_H
#define ENGINE_HEADER_LIST_H

#include "engine/state.h"

/* Copies h. What passes a ceiling is left out, and the transaction is `flooded`. */
void header_list_add(struct session *s, const struct header_field *h);

#endif
