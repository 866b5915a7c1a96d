/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/status/status_counts.h"

#include <stdio.h>

#include "svc/meter.h"

static void
put(struct json *j, const char *of, const char *what, uint64_t n)
{
	char name[40];

	snprintf(name, sizeof(name), "%s-%s", of, what);
	json_key(j, name);
	json_number(j, (long long)n);
}

static void
put_times(struct json *j, const char *of, const struct histogram_sum *s)
{
	put(j, of, "mean-us", histogram_mean(s));
	put(j, of, "p95-us", histogram_within(s, 95));
	put(j, of, "p99-us", histogram_within(s, 99));
}

static void
put_window(struct json *j, const struct meter *m, const char *name, unsigned seconds)
{
	struct meter_sum sum;

	meter_read(m, seconds, &sum);
	json_key(j, name);
	json_open(j, '{');
	for (int e = 0; e < METER_EVENTS; e++) {
		json_key(j, meter_event_name((enum meter_event)e));
		json_number(j, (long long)sum.n[e]);
	}
	put_times(j, "dns", &sum.took[METER_DNS]);
	put_times(j, "store", &sum.took[METER_STORE]);
	json_close(j, '}');
}

void
status_counts(void *ctx, struct json *j)
{
	const struct meter *m = ctx;

	json_key(j, "counts");
	json_open(j, '{');
	put_window(j, m, "minute", 60);
	put_window(j, m, "ten-minutes", 600);
	put_window(j, m, "hour", 3600);
	put_window(j, m, "total", 0);
	json_close(j, '}');
}
