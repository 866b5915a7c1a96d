/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tag_text -- the text of the `tag` that marked a message: of the first rule by name that has one, else of
 * the threshold.
 *
 * Printable ASCII only, so that it fits a header field; at most TAG_TEXT_MAX bytes. Inner to the engine.
 */
#ifndef ENGINE_TAG_TEXT_H
#define ENGINE_TAG_TEXT_H

#include "engine/judge.h"

/* Absent if the message is not tagged, or nothing was said. Lives in the message arena. */
struct view tag_text(struct session *s, const struct judgement *j);

#endif
