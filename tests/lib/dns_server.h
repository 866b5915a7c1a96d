/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dns_server -- a name server that misbehaves on request, on a free port of 127.0.0.1 (UDP and
 * TCP).
 *
 * It runs in a thread of the test and answers from a zone text (svc/dns_zone.h: $FAIL works too).
 */
#ifndef TESTS_LIB_DNS_SERVER_H
#define TESTS_LIB_DNS_SERVER_H

#include <stdint.h>

enum dns_server_mode {
	DNS_SERVER_ANSWER,
	DNS_SERVER_SILENT,
	DNS_SERVER_SERVFAIL,
	DNS_SERVER_HIJACK,   /* every A that does not exist is 198.51.100.99 */
	DNS_SERVER_TRUNCATE, /* UDP answers have TC and no records; TCP works */
	DNS_SERVER_GARBAGE   /* the answer is cut in the middle */
};

struct dns_server;

/* Ends the process if it cannot. gives. */
struct dns_server *dns_server_start(const char *zone);
void dns_server_stop(struct dns_server *s);

uint16_t dns_server_port(const struct dns_server *s);
const char *dns_server_name(const struct dns_server *s); /* "127.0.0.1@PORT" */
void dns_server_set(struct dns_server *s, enum dns_server_mode mode, int delay_ms);
unsigned dns_server_queries(struct dns_server *s); /* received */
unsigned dns_server_tcp(struct dns_server *s);     /* of these over TCP */

#endif
