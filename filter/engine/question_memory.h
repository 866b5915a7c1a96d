/* SPDX-License-Identifier: BSD-2-Clause
 *
 * question_memory -- a session's memory of what it asked the DNS.
 *
 * Inner to the engine, like engine/state.h.
 */
#ifndef ENGINE_QUESTION_MEMORY_H
#define ENGINE_QUESTION_MEMORY_H

#include "engine/session.h"
#include "svc/dns.h"

/* Of the session's kind; NULL if it is closed. gives */
struct dns_session *question_memory_new(const struct session *s);
/* A long session asks about many domains: its memory begins anew before it is full. Between messages. */
void question_memory_renew(struct session *s);

#endif
