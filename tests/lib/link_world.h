/* SPDX-License-Identifier: BSD-2-Clause
 *
 * link_world -- a loop, a pool and backends for tests; one client's link to them, given order after order.
 */
#ifndef TESTS_LIB_LINK_WORLD_H
#define TESTS_LIB_LINK_WORLD_H

#include "front/relay/backend_link.h"
#include "tests/lib/toy_backend.h"

struct link_world {
	struct backend_loop l;
	struct loop_timer beat;
	struct backend_settings settings[4];
	size_t n;
	struct relay_client client;
	struct backend_link *link;
	struct arena *a;
	bool answered, gone;
	int code;         /* of the last answer */
	char text[200];   /* "250 2.0.0 stored" */
	bool free_in_answer;
};

/* Add backends to settings before link_world_begin; the client is 127.0.0.9, HELO c1.test. */
void link_world_add(struct link_world *w, const char *name, const struct toy_backend *b, struct relay_terms terms);
void link_world_begin(struct link_world *w);
void link_world_end(struct link_world *w);

/* Turns the loop until it is so; ends the program after 60 s. */
void link_world_turn(struct link_world *w);
#define LINK_UNTIL(w, condition) \
	while (!(condition)) \
		link_world_turn(w)

/* Gives an order and waits for the answer: its code. */
int link_world_rcpt(struct link_world *w, const char *to);
int link_world_message(struct link_world *w, struct spool *s);
int link_world_order(struct link_world *w, enum relay_verb v);
void link_world_free(struct link_world *w); /* the link; waits until it is gone */

#endif
