/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store_backend -- what carries out the calls of a store: this process's memory, or the store process.
 */
#ifndef SVC_STORE_BACKEND_H
#define SVC_STORE_BACKEND_H

#include "svc/store/store_wire.h"

struct store_backend {
	/* As store_do; each r fits (store_wire_fits), out is all STORE_TEMPFAIL. *late_out: the time was
	 * over. Thread-safe. */
	void (*call)(struct store_backend *b, const struct store_request *r, size_t n, struct arena *a,
		struct store_result *out, bool *late_out);
	void (*free)(struct store_backend *b);
};

#endif
