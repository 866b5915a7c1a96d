/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store_backend -- what carries out the calls of a store: this process's memory, or the store process.
 */
#ifndef SVC_STORE_BACKEND_H
#define SVC_STORE_BACKEND_H

#include "svc/store_wire.h"

struct store_backend {
	/* r fits (store_wire_fits). *value_out, set with STORE_FOUND of get and add, lives in a; a may be
	 * NULL for STORE_PUT. *late_out: the time was over. Thread-safe. */
	enum store_status (*call)(struct store_backend *b, const struct store_request *r, struct arena *a,
		struct view *value_out, bool *late_out);
	void (*free)(struct store_backend *b);
};

#endif
