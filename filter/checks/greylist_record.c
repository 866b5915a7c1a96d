/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/greylist_record.h"

/* Numbers in network order: first, used, passed. */
void
greylist_record_write(const struct greylist_record *r, char out[static GREYLIST_RECORD_SIZE])
{
	for (size_t i = 0; i < 8; i++) {
		out[i] = (char)((uint64_t)r->first >> (56 - 8 * i));
		out[8 + i] = (char)((uint64_t)r->used >> (56 - 8 * i));
	}
	out[16] = r->passed;
}

bool
greylist_record_read(struct view v, struct greylist_record *out)
{
	uint64_t first = 0, used = 0;

	if (v.n != GREYLIST_RECORD_SIZE || (uint8_t)v.p[16] > 1)
		return false;
	for (size_t i = 0; i < 8; i++) {
		first = first << 8 | (uint8_t)v.p[i];
		used = used << 8 | (uint8_t)v.p[8 + i];
	}
	if (first > INT64_MAX || used > INT64_MAX)
		return false;
	*out = (struct greylist_record){(int64_t)first, (int64_t)used, v.p[16] == 1};
	return true;
}

const char *
greylist_record_state(enum greylist_state s)
{
	static const char *const names[] = {"new", "early", "passed", "known"};

	return names[s];
}

/* A known sender's record is written again only now and then: its life is long. */
static bool
worth_writing(const struct greylist_record *r, int64_t now, const struct settings *s)
{
	return now < r->used || now - r->used >= s->greylist_life / 32;
}

struct greylist_decision
greylist_record_decide(struct greylist_record *r, int64_t now, const struct settings *s)
{
	int64_t wait = s->greylist_wait < s->greylist_cap ? s->greylist_wait : s->greylist_cap;
	struct greylist_decision d = {.state = GREYLIST_EARLY, .expires = now + s->greylist_window};

	if (now < r->first) { /* the clock was set back: nobody waits for it to catch up */
		r->first = now;
		d.write = true;
	}
	d.age = now - r->first;
	if (r->passed) {
		d.state = GREYLIST_KNOWN;
		d.write |= worth_writing(r, now, s);
	} else if (d.age >= wait) {
		d.state = GREYLIST_PASSED;
		d.write = r->passed = true;
	}
	if (r->passed)
		d.expires = now + s->greylist_life;
	if (d.write)
		r->used = now;
	return d;
}
