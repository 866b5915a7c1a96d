/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/dns_server.h"

#include <arpa/inet.h>
#include <ldns/ldns.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "svc/dns/dns_name.h"
#include "svc/dns_zone.h"
#include "util/clock.h"

enum { UDP_MAX = 1232, LATER = 1000 };

struct reply {
	uint8_t p[LDNS_MAX_PACKETLEN];
	size_t n;
	bool silent;
};

struct later {
	int64_t due; /* 0 = free */
	struct sockaddr_in to;
	uint8_t p[UDP_MAX];
	size_t n;
};

struct dns_server {
	struct dns_backend *zone;
	pthread_t thread;
	pthread_mutex_t lock; /* mode, delay and the counts */
	enum dns_server_mode mode;
	int delay_ms;
	unsigned queries, tcp;
	int udp_fd, tcp_fd, end_fd;
	uint16_t port;
	char name[32];
	struct reply reply; /* of the question at hand */
	struct later later[LATER];
};

static void
check(bool ok, const char *what)
{
	if (!ok) {
		perror(what);
		abort();
	}
}

static void
on_done(void *ctx, struct view packet, bool bogus, const char *why)
{
	struct reply *r = ctx;

	if (packet.p) {
		memcpy(r->p, packet.p, packet.n);
		r->n = packet.n;
	}
	r->silent = why && strcmp(why, "timeout") == 0;
}

/* A reply without records: the question with another header. */
static void
echo(struct reply *r, ldns_pkt *query, ldns_pkt_rcode rcode, bool tc)
{
	ldns_pkt *p = ldns_pkt_new();
	uint8_t *wire = NULL;

	ldns_pkt_set_qr(p, true);
	ldns_pkt_set_rd(p, true);
	ldns_pkt_set_ra(p, true);
	ldns_pkt_set_tc(p, tc);
	ldns_pkt_set_rcode(p, rcode);
	ldns_pkt_push_rr(p, LDNS_SECTION_QUESTION,
		ldns_rr_clone(ldns_rr_list_rr(ldns_pkt_question(query), 0)));
	check(ldns_pkt2wire(&wire, p, &r->n) == LDNS_STATUS_OK, "ldns_pkt2wire");
	memcpy(r->p, wire, r->n);
	free(wire);
	ldns_pkt_free(p);
}

static void
hijack(struct reply *r, const ldns_rr *q)
{
	ldns_pkt *p = NULL;
	uint8_t *wire = NULL;
	ldns_rr *a;

	if (LDNS_RCODE_WIRE(r->p) != LDNS_RCODE_NXDOMAIN || ldns_rr_get_type(q) != LDNS_RR_TYPE_A)
		return;
	check(ldns_wire2pkt(&p, r->p, r->n) == LDNS_STATUS_OK, "ldns_wire2pkt");
	check(ldns_rr_new_frm_str(&a, "x. 60 A 198.51.100.99", 60, NULL, NULL) == LDNS_STATUS_OK,
		"rr");
	ldns_rdf_deep_free(ldns_rr_owner(a));
	ldns_rr_set_owner(a, ldns_rdf_clone(ldns_rr_owner(q)));
	ldns_pkt_push_rr(p, LDNS_SECTION_ANSWER, a);
	ldns_pkt_set_rcode(p, LDNS_RCODE_NOERROR);
	check(ldns_pkt2wire(&wire, p, &r->n) == LDNS_STATUS_OK, "ldns_pkt2wire");
	memcpy(r->p, wire, r->n);
	free(wire);
	ldns_pkt_free(p);
}

/* Fills s->reply; returns the delay in ms, or -1 to stay silent. */
static int
make_reply(struct dns_server *s, const uint8_t *query, size_t n, bool tcp)
{
	struct reply *r = &s->reply;
	enum dns_server_mode mode;
	char name[DNS_NAME_TEXT];
	ldns_pkt *p = NULL;
	const ldns_rr *q;
	size_t name_n;
	void *handle;
	int delay;

	if (ldns_wire2pkt(&p, query, n) != LDNS_STATUS_OK)
		return -1;
	pthread_mutex_lock(&s->lock);
	mode = s->mode;
	delay = s->delay_ms;
	s->queries++;
	s->tcp += tcp;
	pthread_mutex_unlock(&s->lock);
	q = ldns_rr_list_rr(ldns_pkt_question(p), 0);
	dns_name_from_wire(
		view_of(ldns_rdf_data(ldns_rr_owner(q)), ldns_rdf_size(ldns_rr_owner(q))), name,
		&name_n);
	r->n = 0;
	s->zone->ask(s->zone, name_n ? name : ".", (enum dns_type)ldns_rr_get_type(q), on_done, r,
		&handle);
	if (r->n == 0 || mode == DNS_SERVER_SERVFAIL)
		echo(r, p, LDNS_RCODE_SERVFAIL, false);
	else if (!tcp && (mode == DNS_SERVER_TRUNCATE || r->n > UDP_MAX))
		echo(r, p, LDNS_RCODE_NOERROR, true);
	if (mode == DNS_SERVER_HIJACK)
		hijack(r, q);
	if (mode == DNS_SERVER_GARBAGE)
		r->n -= 3;
	memcpy(r->p, query, 2); /* the id */
	ldns_pkt_free(p);
	return mode == DNS_SERVER_SILENT || r->silent ? -1 : delay;
}

static void
on_udp(struct dns_server *s)
{
	uint8_t query[UDP_MAX];
	struct later l = {.due = 0};
	socklen_t size = sizeof(l.to);
	ssize_t n = recvfrom(s->udp_fd, query, sizeof(query), 0, (struct sockaddr *)&l.to, &size);
	int delay = n > 0 ? make_reply(s, query, (size_t)n, false) : -1;

	if (delay < 0)
		return;
	l.due = clock_mono_ms() + delay;
	l.n = s->reply.n;
	memcpy(l.p, s->reply.p, l.n);
	for (size_t i = 0; i < LATER; i++)
		if (!s->later[i].due) {
			s->later[i] = l;
			return;
		}
}

static void
on_tcp(struct dns_server *s)
{
	uint8_t query[2 + UDP_MAX], size[2];
	int fd = accept(s->tcp_fd, NULL, NULL);
	struct timeval limit = {1, 0};
	ssize_t n;

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	n = recv(fd, query, 2, MSG_WAITALL);
	if (n == 2)
		n = recv(fd, query + 2, (size_t)(query[0] << 8 | query[1]) % UDP_MAX, MSG_WAITALL);
	if (n > 0 && make_reply(s, query + 2, (size_t)n, true) >= 0) {
		size[0] = (uint8_t)(s->reply.n >> 8);
		size[1] = (uint8_t)s->reply.n;
		send(fd, size, 2, MSG_NOSIGNAL | MSG_MORE);
		send(fd, s->reply.p, s->reply.n, MSG_NOSIGNAL);
	}
	close(fd);
}

/* Sends what is due; returns the time to the next, for poll. */
static int
send_due(struct dns_server *s)
{
	int64_t now = clock_mono_ms(), next = now + 60000;

	for (size_t i = 0; i < LATER; i++) {
		struct later *l = &s->later[i];

		if (l->due && l->due <= now) {
			sendto(s->udp_fd, l->p, l->n, 0, (struct sockaddr *)&l->to, sizeof(l->to));
			l->due = 0;
		}
		if (l->due && l->due < next)
			next = l->due;
	}
	return (int)(next - now);
}

static void *
run(void *arg)
{
	struct dns_server *s = arg;
	struct pollfd fds[] = {
		{s->udp_fd, POLLIN, 0}, {s->tcp_fd, POLLIN, 0}, {s->end_fd, POLLIN, 0}};

	for (;;) {
		check(poll(fds, 3, send_due(s)) >= 0, "poll");
		if (fds[2].revents)
			return NULL;
		if (fds[0].revents)
			on_udp(s);
		if (fds[1].revents)
			on_tcp(s);
	}
}

struct dns_server *
dns_server_start(const char *zone)
{
	struct dns_server *s = calloc(1, sizeof(*s));
	struct sockaddr_in here = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(here);
	char why[200] = "dns_zone_read";

	check(s != NULL, "calloc");
	s->zone = dns_zone_new();
	check(dns_zone_read(s->zone, view_str(zone), "zone", why, sizeof(why)) == 0, why);
	s->tcp_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	check(bind(s->tcp_fd, (struct sockaddr *)&here, sizeof(here)) == 0, "bind");
	check(listen(s->tcp_fd, 20) == 0, "listen");
	getsockname(s->tcp_fd, (struct sockaddr *)&here, &size);
	s->udp_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	check(bind(s->udp_fd, (struct sockaddr *)&here, sizeof(here)) == 0, "bind");
	s->port = ntohs(here.sin_port);
	snprintf(s->name, sizeof(s->name), "127.0.0.1@%d", s->port);
	s->end_fd = eventfd(0, EFD_CLOEXEC);
	pthread_mutex_init(&s->lock, NULL);
	check(pthread_create(&s->thread, NULL, run, s) == 0, "pthread_create");
	return s;
}

void
dns_server_stop(struct dns_server *s)
{
	eventfd_write(s->end_fd, 1);
	pthread_join(s->thread, NULL);
	s->zone->free(s->zone);
	close(s->udp_fd);
	close(s->tcp_fd);
	close(s->end_fd);
	free(s);
}

uint16_t
dns_server_port(const struct dns_server *s)
{
	return s->port;
}

const char *
dns_server_name(const struct dns_server *s)
{
	return s->name;
}

void
dns_server_set(struct dns_server *s, enum dns_server_mode mode, int delay_ms)
{
	pthread_mutex_lock(&s->lock);
	s->mode = mode;
	s->delay_ms = delay_ms;
	pthread_mutex_unlock(&s->lock);
}

unsigned
dns_server_queries(struct dns_server *s)
{
	unsigned n;

	pthread_mutex_lock(&s->lock);
	n = s->queries;
	pthread_mutex_unlock(&s->lock);
	return n;
}

unsigned
dns_server_tcp(struct dns_server *s)
{
	unsigned n;

	pthread_mutex_lock(&s->lock);
	n = s->tcp;
	pthread_mutex_unlock(&s->lock);
	return n;
}
