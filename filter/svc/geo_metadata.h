/* SPDX-License-Identifier: BSD-2-Clause
 *
 * geo_metadata -- is what a MaxMind DB file says of itself as plain as it should be?
 *
 * libmaxminddb 1.7 loses memory over descriptions that are not, and follows pointers from map to map
 * without end. So the metadata is looked at first: one map of scalars, arrays of texts, and maps from
 * text to text, where a pointer leads to a scalar. Nor is the size of its tree, which the library computes in
 * 32 bits, believed beyond GEO_NODES_MAX.
 */
#ifndef SVC_GEO_METADATA_H
#define SVC_GEO_METADATA_H

#include "util/view.h"

enum {
	GEO_METADATA_MAX = 128 * 1024, /* MaxMind DB format: it begins in the last 128 KB */
	GEO_NODES_MAX = 1 << 28        /* of 8 bytes at most: a tree of 2 GB */
};

/* tail: the file's last bytes, GEO_METADATA_MAX or all of them. */
bool geo_metadata_is_plain(struct view tail);

#endif
