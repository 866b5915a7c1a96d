/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/sockets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/listener.h"
#include "util/limits.h"
#include "util/log.h"

struct sockets {
	struct privileges user;
	struct listener_inherited inherited;
	struct one {
		struct listener_address address;
		int fd;
		bool open, kept, asked; /* kept: by what serves; asked: by the candidate */
		bool foreign;           /* systemd's: its name stays when it is closed */
	} one[2 * SERVICES_MAX];
};

struct sockets *
sockets_new(const struct privileges *user)
{
	struct sockets *s = calloc(1, sizeof(*s));

	if (!s)
		log_die("out of memory");
	s->user = *user;
	listener_inherit(&s->inherited);
	return s;
}

static void
shut(struct one *o)
{
	if (o->foreign)
		close(o->fd);
	else
		listener_close(&o->address, o->fd);
	*o = (struct one){0};
}

void
sockets_free(struct sockets *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < 2 * SERVICES_MAX; i++)
		if (s->one[i].open)
			shut(&s->one[i]);
	listener_inherited_free(&s->inherited);
	free(s);
}

static bool
address_of(const struct conf_listener *l, struct listener_address *out, struct buf *why)
{
	static const enum listener_family families[] = {[CONF_UNIX] = LISTENER_UNIX,
		[CONF_INET] = LISTENER_INET,
		[CONF_INET6] = LISTENER_INET6};

	*out = (struct listener_address){
		.family = families[l->family], .ip = l->ip, .port = l->port};
	if (l->family != CONF_UNIX)
		return true;
	if ((size_t)snprintf(out->path, sizeof(out->path), "%s", l->path) < sizeof(out->path))
		return true;
	buf_printf(why, "the path of a unix socket has at most %zu bytes", sizeof(out->path) - 1);
	return false;
}

static bool
owner_of(const struct sockets *s, const struct conf_listener *l, struct listener_owner *out,
	struct buf *why)
{
	*out = (struct listener_owner){s->user.uid, s->user.gid, l->mode};
	if (geteuid() != 0 || l->family != CONF_UNIX)
		return true;
	if (l->owner && privileges_user(l->owner, &out->uid) != 0) {
		buf_printf(why, "there is no user '%s' for socket-owner", l->owner);
		return false;
	}
	if (l->group && privileges_group(l->group, &out->gid) != 0) {
		buf_printf(why, "there is no group '%s' for socket-group", l->group);
		return false;
	}
	return true;
}

static struct one *
find(struct sockets *s, const struct listener_address *a)
{
	for (size_t i = 0; i < 2 * SERVICES_MAX; i++)
		if (s->one[i].open && listener_eq(&s->one[i].address, a))
			return &s->one[i];
	return NULL;
}

/* A new entry: systemd's socket of that name, or our own. */
static int
add(struct sockets *s, const struct conf_listener *l, const struct listener_address *a,
	const struct listener_owner *owner, int ms, struct buf *why)
{
	struct one *o = s->one;
	size_t n = why->n;
	int fd;

	while (o < s->one + 2 * SERVICES_MAX && o->open)
		o++;
	if (o == s->one + 2 * SERVICES_MAX) {
		buf_printf(why, "at most %d listeners are possible", SERVICES_MAX);
		return -1;
	}
	fd = listener_take(&s->inherited, l->name, why);
	if (why->n > n)
		return -1;
	*o = (struct one){.address = *a, .foreign = fd >= 0, .asked = true};
	o->fd = fd >= 0 ? fd : listener_open_within(a, owner, ms, why);
	o->open = o->fd >= 0;
	return o->fd;
}

int
sockets_get(struct sockets *s, const struct conf_listener *l, int ms, struct buf *why)
{
	struct listener_address a;
	struct listener_owner owner;
	struct one *o;

	if (!address_of(l, &a, why) || !owner_of(s, l, &owner, why))
		return -1;
	o = find(s, &a);
	if (!o)
		return add(s, l, &a, &owner, ms, why);
	if (!o->foreign && listener_own(&a, &owner) != 0)
		log_warn("listener", "%s keeps its owner: %s", l->address, strerror(errno));
	o->asked = true;
	return o->fd;
}

void
sockets_settle(struct sockets *s, bool accepted)
{
	for (size_t i = 0; i < 2 * SERVICES_MAX; i++) {
		struct one *o = &s->one[i];

		if (!o->open)
			continue;
		if (accepted)
			o->kept = o->asked;
		o->asked = false;
		if (!o->kept && !o->foreign) /* systemd hands its sockets over only once */
			shut(o);
	}
}
