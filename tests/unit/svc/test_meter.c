/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/meter.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/unit.h"
#include "util/clock.h"

static uint64_t
late(const struct meter *m, unsigned seconds, int64_t now)
{
	struct meter_sum s;

	meter_read_at(m, seconds, now, &s);
	return s.n[METER_ACCEPTED];
}

static void
windows(void)
{
	struct meter *m = meter_new();

	meter_count_at(m, METER_ACCEPTED, 1, 0);
	meter_count_at(m, METER_ACCEPTED, 2, 3000);
	meter_count_at(m, METER_ACCEPTED, 4, 3550);
	meter_count_at(m, METER_ACCEPTED, 8, 3599);
	CU_ASSERT_EQUAL(late(m, 60, 3599), 12);
	CU_ASSERT_EQUAL(late(m, 60, 3629), 8);
	CU_ASSERT_EQUAL(late(m, 600, 3599), 14);
	CU_ASSERT_EQUAL(late(m, 3600, 3599), 15);
	CU_ASSERT_EQUAL(late(m, 3600, 3611), 14);
	CU_ASSERT_EQUAL(late(m, 3600, 100000), 0);
	CU_ASSERT_EQUAL(late(m, 0, 100000), 15);
	/* the place of an hour ago is taken anew */
	meter_count_at(m, METER_ACCEPTED, 16, 3610);
	CU_ASSERT_EQUAL(late(m, 3600, 3611), 30);
	CU_ASSERT_EQUAL(late(m, 0, 3611), 31);
	meter_free(m);
}

static int64_t began; /* of this hour: the slot of another hour is taken from it by meter_took, which has the real clock */

static void *
count_much(void *arg)
{
	for (int i = 0; i < 100000; i++)
		meter_count_at(arg, METER_ACCEPTED, 1, began);
	return NULL;
}

/* A process counts with its threads, and dies; the other reads. */
static void
shared(void)
{
	struct meter *m = meter_new();
	struct meter_sum s;
	pid_t pid;

	began = clock_mono_ms() / 1000;
	meter_count_at(m, METER_ACCEPTED, 1, began); /* the step has begun */
	pid = fork();
	if (pid == 0) {
		pthread_t t[4];

		for (int i = 0; i < 4; i++)
			pthread_create(&t[i], NULL, count_much, m);
		for (int i = 0; i < 4; i++)
			pthread_join(t[i], NULL);
		meter_took(m, METER_STORE, 300);
		_exit(0);
	}
	CU_ASSERT_EQUAL(waitpid(pid, NULL, 0), pid);
	CU_ASSERT_EQUAL(late(m, 60, began), 400001);
	CU_ASSERT_EQUAL(late(m, 0, began), 400001);
	meter_read(m, 0, &s);
	CU_ASSERT_EQUAL(s.took[METER_STORE].count, 1);
	CU_ASSERT_EQUAL(histogram_within(&s.took[METER_STORE], 99), 384);
	meter_read(m, 60, &s);
	CU_ASSERT_EQUAL(s.took[METER_STORE].count, 1);
	CU_ASSERT_EQUAL(s.took[METER_DNS].count, 0);
	meter_free(m);
}

static void
none(void)
{
	struct meter_sum s;

	meter_count(NULL, METER_ACCEPTED, 1);
	meter_took(NULL, METER_DNS, 1);
	meter_read(NULL, 60, &s);
	CU_ASSERT_EQUAL(s.n[METER_ACCEPTED], 0);
	CU_ASSERT_STRING_EQUAL(meter_event_name(METER_STORE_FAILED), "store-failed");
}

static const struct unit_test tests[] = {
	{"the last minute, ten, an hour, all", windows},
	{"processes and threads count together", shared},
	{"no meter", none},
};

int
main(void)
{
	return unit_main("svc/meter", tests, sizeof(tests) / sizeof(*tests));
}
