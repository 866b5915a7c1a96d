/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/memory.h"

#include <stdio.h>

#include "policy/secret.h"
#include "svc/store/redis_command.h"
#include "util/log.h"

enum { REDIS_PORT = 6379 };

static bool
keep(char *out, size_t room, const char *text)
{
	int n = snprintf(out, room, "%s", text ? text : "");

	return n >= 0 && (size_t)n < room;
}

/* ADDRESS or ADDRESS@PORT, as the settings were checked to be. */
static bool
take_server(struct view v, struct listener_address *out)
{
	size_t at = view_find(v, '@');
	uint64_t port = REDIS_PORT;

	if (at < v.n && !view_number(view_skip(v, at + 1), UINT16_MAX, &port))
		return false;
	if (!ip_parse(view_head(v, at), &out->ip))
		return false;
	out->family = out->ip.family == 6 ? LISTENER_INET6 : LISTENER_INET;
	out->port = (uint16_t)port;
	return true;
}

bool
memory_take(struct memory *m, const struct conf *c, struct buf *why)
{
	memset(m, 0, sizeof(*m));
	m->database = (unsigned)c->redis_database;
	m->timeout_ms = (uint32_t)c->redis_timeout;
	for (; m->n < c->redis_servers.n && m->n < MEMORY_SERVERS; m->n++)
		if (!take_server(c->redis_servers.item[m->n], &m->server[m->n]))
			break;
	if (m->n < c->redis_servers.n) {
		buf_printf(why, "redis-servers: at most %d, each ADDRESS or ADDRESS@PORT\n", MEMORY_SERVERS);
		return false;
	}
	if (view_str(c->redis_prefix).n > REDIS_PREFIX_MAX) {
		buf_printf(why, "redis-prefix has at most %d bytes\n", REDIS_PREFIX_MAX);
		return false;
	}
	if (keep(m->sentinel, sizeof(m->sentinel), c->redis_sentinel) &&
		keep(m->user, sizeof(m->user), c->redis_user) &&
		keep(m->prefix, sizeof(m->prefix), c->redis_prefix) &&
		keep(m->secrets, sizeof(m->secrets), c->secrets_file) &&
		(size_t)snprintf(m->file, sizeof(m->file), "%s/store.db", c->state_dir) < sizeof(m->file))
		return true;
	buf_str(why, "state-dir, secrets-file, redis-sentinel or redis-user is too long\n");
	return false;
}

bool
memory_eq(const struct memory *a, const struct memory *b)
{
	return memcmp(a, b, sizeof(*a)) == 0; /* both were all zero */
}

static const char *
given(const char *text)
{
	return *text ? text : NULL;
}

static const char *
password(const struct memory *m, struct arena *a)
{
	struct view text, value;
	const char *why;

	if (!*m->secrets)
		return NULL;
	if (source_read(NULL, m->secrets, SECRETS_MAX, a, &text, &why) != SOURCE_OK) {
		log_warn("redis-password", "%s: %s: Redis is asked without a password", m->secrets, why);
		return NULL;
	}
	value = secret_find(text, VIEW("redis"));
	return value.p ? arena_cstr(a, value) : NULL;
}

bool
memory_redis(const struct memory *m, struct arena *a, struct store_redis_options *out)
{
	if (m->n == 0)
		return false;
	*out = (struct store_redis_options){.prefix = m->prefix, .timeout_ms = m->timeout_ms};
	out->link = (struct redis_link_options){.server = m->server, .n = m->n,
		.sentinel = given(m->sentinel), .user = given(m->user), .password = password(m, a),
		.database = m->database};
	return true;
}
