/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/gate.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned standing;
static bool is_open;

void
gate_stand(void *ctx)
{
	pthread_mutex_lock(&lock);
	standing++;
	pthread_cond_broadcast(&changed);
	while (!is_open)
		pthread_cond_wait(&changed, &lock);
	standing--;
	pthread_mutex_unlock(&lock);
}

void
gate_set_open(bool yes)
{
	pthread_mutex_lock(&lock);
	is_open = yes;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

void
gate_await(unsigned n)
{
	pthread_mutex_lock(&lock);
	while (standing != n)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}
