/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store_wire -- what workers and the store process say to each other.
 *
 * Frames over a stream: a length of four bytes, then that many; numbers in network order. One request, one
 * reply, in order; a client may send some requests before it reads. Both sides run on one host from one
 * build, yet neither believes the other: lengths are checked against the limits before anything is read, and
 * what is left over is an error.
 */
#ifndef SVC_STORE_WIRE_H
#define SVC_STORE_WIRE_H

#include "svc/store.h"
#include "svc/store_series.h"

enum {
	STORE_WIRE_LENGTH = 4,
	/* op, type, version, now, expires, amount, step, window, two lengths */
	STORE_WIRE_REQUEST_MAX = STORE_WIRE_LENGTH + 3 + 24 + 8 + 4 + STORE_KEY_MAX + STORE_VALUE_MAX,
	STORE_WIRE_REPLY_MAX = STORE_WIRE_LENGTH + 2 + 2 + STORE_PAGE_MAX
};

/* Within the limits and of a known operation? The writer wants no other. */
bool store_wire_fits(const struct store_request *r);

/* The bytes written. */
size_t store_wire_write_request(const struct store_request *r, char out[static STORE_WIRE_REQUEST_MAX]);
size_t store_wire_write_reply(const struct store_result *r, char out[static STORE_WIRE_REPLY_MAX]);

enum store_wire_status { STORE_WIRE_OK, STORE_WIRE_MORE, STORE_WIRE_BAD };

/* Reads one frame from the front of in; *used_out is its size. Views point into in. MORE: not all of it is
 * there yet. BAD: the stream is of no more use. */
enum store_wire_status store_wire_read_request(struct view in, struct store_request *out, size_t *used_out);
enum store_wire_status store_wire_read_reply(struct view in, struct store_result *out, size_t *used_out);

#endif
