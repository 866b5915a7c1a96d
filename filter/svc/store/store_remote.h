/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store_remote -- a worker's side of the store process: a few connections, each call under a deadline.
 *
 * At most STORE_CLIENT_CONNECTIONS, made when needed and kept; more callers than that wait their turn
 * within their time. A connection whose answer is late or broken is closed, for its next answer would be
 * another's. When the store is away, or was late three times in a row, calls fail at once for 100 ms, then
 * 200 ... up to a second, with one call in between that tries: a dead store does not cost every message its
 * time limit, and one that paused once is not taken for dead.
 */
#ifndef SVC_STORE_REMOTE_H
#define SVC_STORE_REMOTE_H

#include "svc/store/store_backend.h"

/* Copies path. gives. */
struct store_backend *store_remote_new(const char *path, uint32_t timeout_ms);

#endif
