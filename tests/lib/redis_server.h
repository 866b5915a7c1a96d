/* SPDX-License-Identifier: BSD-2-Clause
 *
 * redis_server -- a real redis-server on a unix socket in a folder of its own.
 */
#ifndef TESTS_LIB_REDIS_SERVER_H
#define TESTS_LIB_REDIS_SERVER_H

#include "io/listener.h"

struct redis_server {
	char folder[64], log[96];
	struct listener_address address;
	pid_t pid;
};

/* False, with a message, where there is no redis-server. more: further words for its command line, ending with
 * NULL; NULL for none. Answers when this returns. */
bool redis_server_start(struct redis_server *s, const char *const *more);
/* Ends it by signal, and waits; its folder stays. */
void redis_server_kill(struct redis_server *s, int signal);
/* Again, at the same place; nothing is remembered. */
void redis_server_again(struct redis_server *s, const char *const *more);
void redis_server_remove(struct redis_server *s); /* ends it, and clears away */

/* One command, its words separated by blanks: its answer as text, "" for none; at most 255 bytes. */
const char *redis_server_ask(const struct redis_server *s, const char *command);

#endif
