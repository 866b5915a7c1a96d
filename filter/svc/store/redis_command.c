/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/store/redis_command.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/log.h"

enum {
	EXPIRES = 8,     /* bytes in front of a value */
	SLACK = 60,      /* seconds that Redis keeps what has expired: clocks differ */
	SCAN_COUNT = 20, /* records of one page, more or less */
	WORDS = 10,
	NUMBER = 24,     /* bytes of one in decimal */
	NAME_ROOM = REDIS_PREFIX_MAX + 8 + STORE_KEY_MAX
};

/* ---- scripts: KEYS[1] is the record ---- */

/* now, expires, seconds to keep, value */
static const char add_script[] =
	"local v = redis.call('GET', KEYS[1])\n"
	"if v and #v >= 8 and struct.unpack('>i8', v) > tonumber(ARGV[1]) then return v end\n"
	"redis.call('SET', KEYS[1], struct.pack('>i8', ARGV[2]) .. ARGV[4], 'EX', ARGV[3])\n"
	"return false\n";

/* now, step, window, amount, seconds to keep: the rule of store_series_add */
static const char tally_script[] =
	"local now, step, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])\n"
	"local begin, newest, kept = now - now % step, tonumber(ARGV[4]), {}\n"
	"local v, i = redis.call('GET', KEYS[1]) or '', 9\n"
	"if #v < 8 or struct.unpack('>i8', v) <= now or #v > 8 + 16 * 64 then v = '' end\n"
	"while i + 15 <= #v do\n"
	"  local start, count = struct.unpack('>i8i8', v, i)\n"
	"  if count < 0 or count > 2^53 then break end\n"
	"  if start >= begin then newest = math.min(newest + count, 2^53)\n"
	"  elseif start > now - window and #kept < 63 then kept[#kept + 1] = string.sub(v, i, i + 15) end\n"
	"  i = i + 16\n"
	"end\n"
	"if newest > 0 then kept[#kept + 1] = struct.pack('>i8i8', begin, newest) end\n"
	"v = struct.pack('>i8', now + window + step) .. table.concat(kept)\n"
	"if tonumber(ARGV[4]) > 0 then redis.call('SET', KEYS[1], v, 'EX', ARGV[5]) end\n"
	"return v\n";

/* now */
static const char remove_script[] =
	"local v = redis.call('GET', KEYS[1])\n"
	"redis.call('DEL', KEYS[1])\n"
	"if v and #v >= 8 and struct.unpack('>i8', v) > tonumber(ARGV[1]) then return 1 end\n"
	"return 0\n";

/* cursor, pattern, how many: the next cursor, then names and values */
static const char scan_script[] =
	"local found = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3])\n"
	"local out = {found[1]}\n"
	"for _, name in ipairs(found[2]) do\n"
	"  local v = redis.call('GET', name)\n"
	"  if v then out[#out + 1] = name; out[#out + 1] = v end\n"
	"end\n"
	"return out\n";

/* ---- writing ---- */

struct words {
	const char *p[WORDS];
	size_t n[WORDS];
	int count;
	char number[WORDS][NUMBER];
};

static void
word(struct words *w, struct view v)
{
	w->p[w->count] = v.n ? v.p : "";
	w->n[w->count++] = v.n;
}

static void
number(struct words *w, int64_t n)
{
	char *text = w->number[w->count];

	snprintf(text, NUMBER, "%lld", (long long)n);
	word(w, view_str(text));
}

static void
script(struct words *w, const char *text, struct view name)
{
	word(w, VIEW("EVAL"));
	word(w, view_str(text));
	word(w, VIEW("1"));
	word(w, name);
}

static struct view
name_of(const struct store_request *r, struct view prefix, char out[static NAME_ROOM])
{
	int n = snprintf(out, NAME_ROOM, "%.*s%u:%u:", VIEW_ARG(view_head(prefix, REDIS_PREFIX_MAX)), r->type,
		r->version);

	memcpy(out + n, r->key.n ? r->key.p : "", r->key.n);
	return view_of(out, (size_t)n + r->key.n);
}

/* Every name that begins so: what means something in a pattern is escaped (redis: KEYS). */
static struct view
pattern_of(struct view name, char out[static 2 * NAME_ROOM + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < name.n; i++) {
		if (strchr("*?[]^-\\", name.p[i]) && name.p[i])
			out[n++] = '\\';
		out[n++] = name.p[i];
	}
	out[n++] = '*';
	return view_of(out, n);
}

/* A cursor is Redis's, a dot, and how many records of its answer went into pages before. */
static size_t
skipped(struct view cursor, struct view *redis_out)
{
	struct view first;
	size_t n = 0;

	if (!view_split(&cursor, '.', &first) || first.n == 0) {
		*redis_out = VIEW("0");
		return 0;
	}
	*redis_out = first;
	for (size_t i = 0; i < cursor.n && view_is_digit(cursor.p[i]) && n < STORE_PAGE_MAX; i++)
		n = 10 * n + (size_t)(cursor.p[i] - '0');
	return n;
}

static void
write_value(struct words *w, const struct store_request *r, char out[static EXPIRES + STORE_VALUE_MAX])
{
	for (size_t i = 0; i < EXPIRES; i++)
		out[i] = (char)((uint64_t)r->expires >> (8 * (EXPIRES - 1 - i)));
	memcpy(out + EXPIRES, r->value.n ? r->value.p : "", r->value.n);
	word(w, view_of(out, EXPIRES + r->value.n));
}

static int64_t
kept_for(int64_t seconds)
{
	return (seconds > 0 ? seconds : 1) + SLACK;
}

static void
add_formatted(const struct words *w, struct buf *out)
{
	char *text = NULL;
	int n = redisFormatCommandArgv(&text, w->count, (const char **)(uintptr_t)w->p, w->n);

	if (n < 0)
		log_die("out of memory");
	buf_add(out, view_of(text, (size_t)n));
	redisFreeCommand(text);
}

void
redis_command_write(const struct store_request *r, struct view prefix, struct buf *out)
{
	char name[NAME_ROOM], pattern[2 * NAME_ROOM + 1], value[EXPIRES + STORE_VALUE_MAX];
	struct view n = name_of(r, prefix, name), cursor;
	struct words w = {.count = 0};

	switch (r->op) {
	case STORE_GET:
		word(&w, VIEW("GET"));
		word(&w, n);
		break;
	case STORE_PUT:
		word(&w, VIEW("SET"));
		word(&w, n);
		write_value(&w, r, value);
		word(&w, VIEW("EX"));
		number(&w, kept_for(r->expires - r->now));
		break;
	case STORE_ADD:
		script(&w, add_script, n);
		number(&w, r->now);
		number(&w, r->expires);
		number(&w, kept_for(r->expires - r->now));
		word(&w, r->value);
		break;
	case STORE_REMOVE:
		script(&w, remove_script, n);
		number(&w, r->now);
		break;
	case STORE_TALLY:
		script(&w, tally_script, n);
		number(&w, r->now);
		number(&w, r->step);
		number(&w, r->window);
		number(&w, r->amount);
		number(&w, kept_for((int64_t)r->window + r->step));
		break;
	case STORE_SCAN:
		skipped(r->value, &cursor);
		word(&w, VIEW("EVAL"));
		word(&w, view_str(scan_script));
		word(&w, VIEW("0"));
		word(&w, cursor);
		word(&w, pattern_of(n, pattern));
		number(&w, SCAN_COUNT);
		break;
	}
	add_formatted(&w, out);
}

/* ---- reading ---- */

static const struct store_result no_answer = {STORE_TEMPFAIL, {NULL, 0}};
static const struct store_result none = {STORE_NONE, {NULL, 0}};

static struct view
text_of(const struct redisReply *r)
{
	return view_of(r->str ? r->str : "", r->len);
}

/* The value of a record, and when it expires. False: it is none of ours. */
static bool
value_of(const struct redisReply *r, int64_t *expires_out, struct view *out)
{
	struct view v = text_of(r);
	uint64_t n = 0;

	if (r->type != REDIS_REPLY_STRING || v.n < EXPIRES || v.n > EXPIRES + STORE_VALUE_MAX)
		return false;
	for (size_t i = 0; i < EXPIRES; i++)
		n = n << 8 | (uint8_t)v.p[i];
	*expires_out = (int64_t)n;
	*out = view_of(v.p + EXPIRES, v.n - EXPIRES);
	return true;
}

/* What a record of another shape says is as if there were none. */
static struct store_result
read_value(const struct redisReply *r, int64_t now, bool absent_if_empty)
{
	struct view value;
	int64_t expires;

	if (r->type == REDIS_REPLY_NIL)
		return none;
	if (r->type != REDIS_REPLY_STRING)
		return no_answer;
	if (!value_of(r, &expires, &value) || expires <= now || (absent_if_empty && value.n == 0))
		return none;
	return (struct store_result){STORE_FOUND, value};
}

static struct store_result
read_integer(const struct redisReply *r)
{
	if (r->type != REDIS_REPLY_INTEGER)
		return no_answer;
	return (struct store_result){r->integer ? STORE_FOUND : STORE_NONE, {NULL, 0}};
}

static struct store_result
read_status(const struct redisReply *r)
{
	if (r->type != REDIS_REPLY_STATUS)
		return no_answer;
	return (struct store_result){STORE_FOUND, {NULL, 0}};
}

/* The record at place i of a scan's answer. False: it does not belong to the list. */
static bool
listed(const struct redisReply *r, size_t i, size_t strip, int64_t now, struct store_page_record *out)
{
	struct view name = text_of(r->element[i]);

	if (r->element[i]->type != REDIS_REPLY_STRING || name.n < strip ||
		!value_of(r->element[i + 1], &out->expires, &out->value))
		return false;
	out->key = view_skip(name, strip);
	return out->expires > now && out->key.n <= STORE_KEY_MAX;
}

static struct store_result
end_page(struct store_page *p, struct view redis, size_t place)
{
	char cursor[STORE_KEY_MAX];
	int n = 0;

	if (!view_eq(redis, VIEW("0")) || place)
		n = snprintf(cursor, sizeof(cursor), "%.*s.%zu", VIEW_ARG(view_head(redis, NUMBER)), place);
	return (struct store_result){STORE_FOUND, store_page_end(p, view_of(cursor, (size_t)n))};
}

/* Names and values behind the next cursor. What does not fit into the page is for the same cursor again. */
static struct store_result
read_page(const struct redisReply *r, const struct store_request *q, struct view prefix, struct store_page *p)
{
	char name[NAME_ROOM];
	struct store_request bare = *q;
	struct store_page_record record;
	struct view cursor;
	size_t skip = skipped(q->value, &cursor), strip;

	bare.key.n = 0;
	strip = name_of(&bare, prefix, name).n;
	if (r->type != REDIS_REPLY_ARRAY || r->elements % 2 == 0 || r->element[0]->type != REDIS_REPLY_STRING)
		return no_answer;
	store_page_init(p);
	for (size_t i = 1; i + 1 < r->elements; i += 2) {
		if (i / 2 < skip || !listed(r, i, strip, q->now, &record))
			continue;
		if (!store_page_add(p, &record))
			return end_page(p, cursor, i / 2);
	}
	return end_page(p, text_of(r->element[0]), 0);
}

struct store_result
redis_command_read(const struct store_request *q, struct view prefix, const struct redisReply *reply,
	struct store_page *p)
{
	switch (q->op) {
	case STORE_GET:
	case STORE_ADD:
		return read_value(reply, q->now, false);
	case STORE_TALLY:
		return read_value(reply, q->now, true);
	case STORE_PUT:
		return read_status(reply);
	case STORE_REMOVE:
		return read_integer(reply);
	case STORE_SCAN:
		return read_page(reply, q, prefix, p);
	}
	return no_answer;
}
