/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/list/list_nets.h"

#include <stdlib.h>

#include "util/log.h"

/* A node stands for its prefix; child[b] goes on with bit b after it. Index 0 is "none". */
struct node {
	struct cidr net;
	bool present; /* a member of the set, not only a fork */
	uint32_t child[2];
};

enum { ROOT4 = 1, ROOT6 = 2 };

struct list_nets {
	struct node *node;
	uint32_t n, cap;
	size_t members;
};

static uint32_t
node_new(struct list_nets *l, const struct cidr *net, bool present)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 64;
		l->node = reallocarray(l->node, l->cap, sizeof(*l->node));
		if (!l->node)
			log_die("out of memory");
	}
	l->node[l->n] = (struct node){.net = *net, .present = present};
	return l->n++;
}

struct list_nets *
list_nets_new(void)
{
	struct list_nets *l = calloc(1, sizeof(*l));
	struct cidr all = {0};

	if (!l)
		log_die("out of memory");
	node_new(l, &all, false);
	all.net.family = 4;
	node_new(l, &all, false);
	all.net.family = 6;
	node_new(l, &all, false);
	return l;
}

void
list_nets_free(struct list_nets *l)
{
	if (!l)
		return;
	free(l->node);
	free(l);
}

size_t
list_nets_count(const struct list_nets *l)
{
	return l->members;
}

size_t
list_nets_bytes(const struct list_nets *l)
{
	return sizeof(*l) + l->cap * sizeof(*l->node);
}

static unsigned
bit_at(const struct ip *ip, unsigned i)
{
	return (ip->b[i / 8] >> (7 - i % 8)) & 1;
}

/* How many leading bits two networks share, at most the shorter prefix. */
static unsigned
common_bits(const struct cidr *a, const struct cidr *b)
{
	unsigned max = a->bits < b->bits ? a->bits : b->bits, n = 0;

	while (n + 8 <= max && a->net.b[n / 8] == b->net.b[n / 8])
		n += 8;
	while (n < max && bit_at(&a->net, n) == bit_at(&b->net, n))
		n++;
	return n;
}

static struct cidr
shortened(const struct cidr *net, unsigned bits)
{
	struct cidr c = {.net.family = net->net.family, .bits = (uint8_t)bits};

	memcpy(c.net.b, net->net.b, bits / 8);
	if (bits % 8)
		c.net.b[bits / 8] = net->net.b[bits / 8] & (uint8_t)(0xff00 >> bits % 8);
	return c;
}

static uint32_t
root_of(const struct ip *ip)
{
	return ip->family == 4 ? ROOT4 : ip->family == 6 ? ROOT6 : 0;
}

/* Puts a node for net between `above` and the child that net does not contain or is not contained
 * in. */
static void
insert_below(struct list_nets *l, uint32_t above, const struct cidr *net)
{
	unsigned side = bit_at(&net->net, l->node[above].net.bits), same;
	uint32_t old = l->node[above].child[side], made, fork;
	struct cidr prefix;

	made = node_new(l, net, true);
	if (!old) {
		l->node[above].child[side] = made;
		return;
	}
	same = common_bits(&l->node[old].net, net);
	if (same == net->bits) {
		l->node[made].child[bit_at(&l->node[old].net.net, same)] = old;
		l->node[above].child[side] = made;
		return;
	}
	prefix = shortened(net, same);
	fork = node_new(l, &prefix, false);
	l->node[fork].child[bit_at(&net->net, same)] = made;
	l->node[fork].child[bit_at(&l->node[old].net.net, same)] = old;
	l->node[above].child[side] = fork;
}

/* The deepest node whose prefix contains net (maybe net itself). */
static uint32_t
deepest(const struct list_nets *l, const struct cidr *net)
{
	uint32_t at = root_of(&net->net);

	while (l->node[at].net.bits < net->bits) {
		uint32_t next = l->node[at].child[bit_at(&net->net, l->node[at].net.bits)];

		if (!next || common_bits(&l->node[next].net, net) < l->node[next].net.bits)
			break;
		at = next;
	}
	return at;
}

bool
list_nets_add(struct list_nets *l, const struct cidr *net)
{
	uint32_t at = deepest(l, net);

	if (at == 0 || (l->node[at].net.bits == net->bits && l->node[at].present))
		return false;
	if (l->node[at].net.bits == net->bits)
		l->node[at].present = true;
	else
		insert_below(l, at, net);
	l->members++;
	return true;
}

bool
list_nets_remove(struct list_nets *l, const struct cidr *net)
{
	uint32_t at = deepest(l, net);

	if (at == 0 || l->node[at].net.bits != net->bits || !l->node[at].present)
		return false;
	l->node[at].present = false;
	l->members--;
	return true;
}

bool
list_nets_has(const struct list_nets *l, const struct ip *ip)
{
	unsigned all = ip->family == 4 ? 32 : 128;
	uint32_t at = root_of(ip);

	while (at && cidr_has(&l->node[at].net, ip)) {
		if (l->node[at].present)
			return true;
		if (l->node[at].net.bits == all)
			return false;
		at = l->node[at].child[bit_at(ip, l->node[at].net.bits)];
	}
	return false;
}
