/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A backup MX or gateway of ours hands on what others sent to it. The Received fields, newest first, are
 * believed as long as the host that wrote them is ours: the first hop that is not is the client. So does a
 * mailbox hand on what our MTA received.
 */
#include "engine/state.h"
#include "mail/received.h"

void
relay_resolve(struct session *s)
{
	struct transaction *t = s->t;
	const struct program *p = s->e->program;
	struct received r;

	t->client.helo = (struct view){NULL, 0}; /* the relay's own greeting tells nothing of the client */
	for (size_t i = 0; i < t->n_headers; i++) {
		if (!view_is(t->headers[i].name, "Received"))
			continue;
		if (!received_parse(t->headers[i].value, s->message, &r) || r.ip.family == 0) {
			/* A hop that cannot be read ends what we can vouch for. In a mailbox such fields
			 * stand above that of our MTA, which names the client: its delivery wrote them. */
			if (s->info.stored)
				continue;
			return;
		}
		if (list_has_ip(p->trusted_relays, &r.ip) || list_has_ip(p->own_nets, &r.ip))
			continue;
		t->client_ip = r.ip;
		t->client.ip = &t->client_ip;
		t->client.helo = r.helo;
		return;
	}
}
