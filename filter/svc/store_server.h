/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store_server -- the store process: answers the workers, owns the file.
 *
 * One thread, one loop over the connections; a request takes microseconds. Connections are limited to
 * STORE_SERVER_CONNECTIONS, requests by svc/store/store_wire.h; what breaks the protocol is closed. A client
 * that does not read its answer gets no other.
 */
#ifndef SVC_STORE_SERVER_H
#define SVC_STORE_SERVER_H

#include <stdatomic.h>

#include "svc/store/store_redis.h"

/* How it is: what other threads may read meanwhile, about a second old. */
struct store_gauge {
	atomic_bool in_memory, redis_up;       /* of store_sqlite_state and store_redis_state */
	atomic_uint_least64_t failures, records, bytes, waiting;
};

/* Serves listen_fd (a unix stream socket, made non-blocking here) until control_fd ends or says "drain\n";
 * then commits and returns 0. -1 with errno if poll(2) fails. Keeps path while it runs. With redis (done and
 * ctx are not looked at) requests go there; what it cannot answer in time, the file does, where all that
 * Redis is seen to write is written too. NULL: none. gauge (NULL: none) is all zero, and kept. */
int store_server_run(int listen_fd, int control_fd, const char *path, const struct store_redis_options *redis,
	struct store_gauge *gauge);

#endif
