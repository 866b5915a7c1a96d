/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/store/store_wire.h"

/* A window of STORE_STEPS_MAX - 1 steps touches one step more. */
static bool
is_window(const struct store_request *r)
{
	return r->step > 0 && r->window >= r->step && r->window / r->step < STORE_STEPS_MAX - 1;
}

bool
store_wire_fits(const struct store_request *r)
{
	if (r->op < STORE_GET || r->op > STORE_SCAN || r->type == 0 || r->now < 0 || r->expires < 0)
		return false;
	if (r->key.n > STORE_KEY_MAX || r->value.n > STORE_VALUE_MAX)
		return false;
	if (r->amount < 0 || r->amount > STORE_COUNT_MAX)
		return false;
	return (r->key.n > 0 || r->op == STORE_SCAN) && (r->op != STORE_TALLY || is_window(r));
}

/* ---- writing ---- */

static char *
put_number(char *p, uint64_t n, size_t bytes)
{
	while (bytes--)
		*p++ = (char)(n >> (8 * bytes));
	return p;
}

static char *
put_bytes(char *p, struct view v)
{
	p = put_number(p, v.n, 2);
	if (v.n)
		memcpy(p, v.p, v.n);
	return p + v.n;
}

/* The length goes in front when it is known. */
static size_t
finish(char *start, char *end)
{
	size_t n = (size_t)(end - start);

	put_number(start, n - STORE_WIRE_LENGTH, STORE_WIRE_LENGTH);
	return n;
}

size_t
store_wire_write_request(const struct store_request *r, char out[static STORE_WIRE_REQUEST_MAX])
{
	char *p = out + STORE_WIRE_LENGTH;

	p = put_number(p, (uint64_t)r->op, 1);
	p = put_number(p, r->type, 1);
	p = put_number(p, r->version, 1);
	p = put_number(p, (uint64_t)r->now, 8);
	p = put_number(p, (uint64_t)r->expires, 8);
	p = put_number(p, (uint64_t)r->amount, 8);
	p = put_number(p, r->step, 4);
	p = put_number(p, r->window, 4);
	p = put_bytes(p, r->key);
	p = put_bytes(p, r->value);
	return finish(out, p);
}

size_t
store_wire_write_reply(const struct store_result *r, char out[static STORE_WIRE_REPLY_MAX])
{
	char *p = out + STORE_WIRE_LENGTH;

	p = put_number(p, (uint64_t)r->status, 1);
	p = put_number(p, r->value.p != NULL, 1);
	p = put_bytes(p, view_head(r->value, STORE_PAGE_MAX));
	return finish(out, p);
}

/* ---- reading: after the first error nothing more is read; tested once, at the end ---- */

struct reader {
	struct view rest;
	bool bad;
};

static struct view
take(struct reader *r, size_t n)
{
	struct view v = view_head(r->rest, n);

	if (r->bad || n > r->rest.n) {
		r->bad = true;
		return VIEW("");
	}
	r->rest = view_skip(r->rest, n);
	return v;
}

static uint64_t
take_number(struct reader *r, size_t bytes)
{
	struct view v = take(r, bytes);
	uint64_t n = 0;

	for (size_t i = 0; i < v.n; i++)
		n = n << 8 | (uint8_t)v.p[i];
	return n;
}

static struct view
take_bytes(struct reader *r)
{
	return take(r, take_number(r, 2));
}

/* The inside of the frame at the front of in, if it is all there and no longer than max. */
static enum store_wire_status
frame(struct view in, size_t max, struct reader *r, size_t *used_out)
{
	struct reader length = {in, false};
	uint64_t n = take_number(&length, STORE_WIRE_LENGTH);

	if (length.bad)
		return STORE_WIRE_MORE;
	if (n > max - STORE_WIRE_LENGTH)
		return STORE_WIRE_BAD;
	if (n > length.rest.n)
		return STORE_WIRE_MORE;
	*r = (struct reader){view_head(length.rest, n), false};
	*used_out = STORE_WIRE_LENGTH + n;
	return STORE_WIRE_OK;
}

enum store_wire_status
store_wire_read_request(struct view in, struct store_request *out, size_t *used_out)
{
	struct reader r;
	struct store_request q;
	size_t used;
	enum store_wire_status s = frame(in, STORE_WIRE_REQUEST_MAX, &r, &used);

	if (s != STORE_WIRE_OK)
		return s;
	q.op = (enum store_op)take_number(&r, 1);
	q.type = (uint8_t)take_number(&r, 1);
	q.version = (uint8_t)take_number(&r, 1);
	q.now = (int64_t)take_number(&r, 8);
	q.expires = (int64_t)take_number(&r, 8);
	q.amount = (int64_t)take_number(&r, 8);
	q.step = (uint32_t)take_number(&r, 4);
	q.window = (uint32_t)take_number(&r, 4);
	q.key = take_bytes(&r);
	q.value = take_bytes(&r);
	if (r.bad || r.rest.n || !store_wire_fits(&q))
		return STORE_WIRE_BAD;
	*out = q;
	*used_out = used;
	return STORE_WIRE_OK;
}

enum store_wire_status
store_wire_read_reply(struct view in, struct store_result *out, size_t *used_out)
{
	struct reader r;
	struct view value;
	uint64_t status, present;
	size_t used;
	enum store_wire_status s = frame(in, STORE_WIRE_REPLY_MAX, &r, &used);

	if (s != STORE_WIRE_OK)
		return s;
	status = take_number(&r, 1);
	present = take_number(&r, 1);
	value = take_bytes(&r);
	if (r.bad || r.rest.n || status > STORE_TEMPFAIL || present > 1 || (value.n && !present))
		return STORE_WIRE_BAD;
	out->status = (enum store_status)status;
	out->value = present ? value : view_of(NULL, 0);
	*used_out = used;
	return STORE_WIRE_OK;
}
