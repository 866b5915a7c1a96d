/* SPDX-License-Identifier: BSD-2-Clause
 *
 * list_nets -- a set of networks with a look-up by address: a path-compressed binary trie a family.
 *
 * A look-up walks at most 32 or 128 nodes, whatever the number of networks.
 */
#ifndef POLICY_LIST_NETS_H
#define POLICY_LIST_NETS_H

#include "util/cidr.h"

struct list_nets;

struct list_nets *list_nets_new(void); /* gives */
void list_nets_free(struct list_nets *l); /* NULL is legal */
size_t list_nets_count(const struct list_nets *l);
size_t list_nets_bytes(const struct list_nets *l);
bool list_nets_add(struct list_nets *l, const struct cidr *net); /* false: it was there */
/* This very network; false: it was not there. */
bool list_nets_remove(struct list_nets *l, const struct cidr *net);
/* Is ip in any of the networks? */
bool list_nets_has(const struct list_nets *l, const struct ip *ip);

#endif
