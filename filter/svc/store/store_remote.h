/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store_remote -- a worker's side of the store process: a few connections, each call under a deadline.
 *
 * At most STORE_CLIENT_CONNECTIONS, made when needed and kept; more callers than that wait their turn
 * within their time. A connection whose answer is late or broken is closed, for its next answer would be
 * another's. After a failure, calls fail at once for 100 ms, then 200 ... up to a second, so that a dead
 * store does not cost every message its time limit.
 */
#ifndef SVC_STORE_REMOTE_H
#define SVC_STORE_REMOTE_H

#include "svc/store/store_backend.h"

/* Copies path. gives. */
struct store_backend *store_remote_new(const char *path, uint32_t timeout_ms);

#endif
