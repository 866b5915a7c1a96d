/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store_process -- a real store process in a folder of its own, for the tests that include the .c file.
 */
#ifndef TESTS_UNIT_SVC_STORE_PROCESS_H
#define TESTS_UNIT_SVC_STORE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "svc/store/store_redis.h"

/* 2100: records that today's clock would not let the process clear away. */
#define LATER INT64_C(4102444800)

enum { PATIENCE = 10000 }; /* ms for a call that should succeed: the machine may be busy */

struct process {
	char folder[64], socket[128], file[128];
	pid_t pid;
	int control, listener;
};

/* The socket is the test's, as it is the supervisor's: it outlives the process. */
void process_folder(struct process *p);
void process_socket(struct process *p); /* bound anew at the same path */
void process_remove(struct process *p);
void process_start(struct process *p, bool as_nobody);
void process_start_redis(struct process *p, const struct store_redis_options *redis);
int process_reap(struct process *p); /* its status */
bool process_stop(struct process *p); /* drains it; false if it did not end well */

#endif
