/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/admission.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "util/log.h"
#include "util/map.h"

enum { NETWORK_BYTES_4 = 3, NETWORK_BYTES_6 = 8 };

struct admission {
	struct admission_limits limits;
	pthread_mutex_t lock; /* for what follows */
	unsigned inside;
	struct map *clients, *networks; /* the values are the counts themselves */
};

struct admission *
admission_new(const struct admission_limits *l)
{
	struct admission *a = calloc(1, sizeof(*a));

	if (!a)
		log_die("out of memory");
	a->limits = *l;
	pthread_mutex_init(&a->lock, NULL);
	a->clients = map_new();
	a->networks = map_new();
	return a;
}

void
admission_free(struct admission *a)
{
	if (!a)
		return;
	map_free(a->clients);
	map_free(a->networks);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

/* An address's bytes, which for IPv4 are fewer than for IPv6: they cannot be mistaken. */
static struct view
client_of(const struct ip *ip)
{
	return view_of(ip->b, ip->family == 4 ? 4 : 16);
}

static struct view
network_of(const struct ip *ip)
{
	return view_of(ip->b, ip->family == 4 ? NETWORK_BYTES_4 : NETWORK_BYTES_6);
}

static unsigned
count(const struct map *m, struct view key)
{
	return (unsigned)(uintptr_t)map_get(m, key);
}

static void
add(struct map *m, struct view key, int n)
{
	unsigned now = count(m, key) + (unsigned)n;

	if (now > 0)
		map_put(m, key, (void *)(uintptr_t)now);
	else
		map_remove(m, key);
}

static void
count_client(struct admission *a, const struct ip *ip, int n)
{
	if (ip->family == 0)
		return;
	add(a->clients, client_of(ip), n);
	add(a->networks, network_of(ip), n);
}

static bool
is_over(unsigned n, unsigned limit)
{
	return limit > 0 && n > limit;
}

enum admission_answer
admission_enter(struct admission *a, struct admission_pass *pass)
{
	bool full;

	*pass = (struct admission_pass){0};
	pthread_mutex_lock(&a->lock);
	full = is_over(a->inside + 1, a->limits.all);
	if (!full)
		a->inside++;
	pthread_mutex_unlock(&a->lock);
	pass->inside = !full;
	return full ? ADMISSION_ALL : ADMISSION_OK;
}

enum admission_answer
admission_identify(struct admission *a, struct admission_pass *pass, const struct ip *client, bool limited,
	struct admission_counts *counts_out)
{
	enum admission_answer answer = ADMISSION_OK;
	struct admission_counts c;

	pthread_mutex_lock(&a->lock);
	count_client(a, &pass->client, -1);
	count_client(a, client, 1);
	c.all = a->inside;
	c.client = count(a->clients, client_of(client));
	c.network = count(a->networks, network_of(client));
	if (limited && is_over(c.client, a->limits.client))
		answer = ADMISSION_CLIENT;
	else if (limited && is_over(c.network, a->limits.network))
		answer = ADMISSION_NETWORK;
	if (answer != ADMISSION_OK)
		count_client(a, client, -1);
	pthread_mutex_unlock(&a->lock);
	pass->client = answer == ADMISSION_OK ? *client : (struct ip){0};
	*counts_out = c;
	return answer;
}

void
admission_leave(struct admission *a, struct admission_pass *pass)
{
	if (!pass->inside)
		return;
	pthread_mutex_lock(&a->lock);
	a->inside--;
	count_client(a, &pass->client, -1);
	pthread_mutex_unlock(&a->lock);
	*pass = (struct admission_pass){0};
}

unsigned
admission_inside(struct admission *a)
{
	unsigned n;

	pthread_mutex_lock(&a->lock);
	n = a->inside;
	pthread_mutex_unlock(&a->lock);
	return n;
}

unsigned
admission_fit(unsigned wanted, unsigned each, unsigned others)
{
	struct rlimit r;
	rlim_t room;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return wanted;
	r.rlim_cur = r.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &r) != 0)
		getrlimit(RLIMIT_NOFILE, &r);
	room = r.rlim_cur > others ? (r.rlim_cur - others) / each : 0;
	return room < wanted ? (unsigned)room : wanted;
}
