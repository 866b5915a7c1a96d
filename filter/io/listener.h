/* SPDX-License-Identifier: BSD-2-Clause
 *
 * listener -- where clients come in: addresses of listening sockets, and opening them.
 *
 * A listener is opened once, by the supervisor, and outlives every worker that serves it:
 * connections wait in its backlog meanwhile. A unix socket stands in a folder that only root can
 * change; its last part is made if it is missing. A dead socket in the way is replaced, anything
 * else is an error.
 */
#ifndef IO_LISTENER_H
#define IO_LISTENER_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include "util/buf.h"
#include "util/cidr.h"

enum { LISTENER_PATH_MAX = 108, LISTENER_TEXT_MAX = 128, LISTENER_INHERITED_MAX = 32 };

enum listener_family { LISTENER_UNIX, LISTENER_INET, LISTENER_INET6 };

struct listener_address {
	enum listener_family family;
	char path[LISTENER_PATH_MAX]; /* LISTENER_UNIX: absolute; else "" */
	struct ip ip;
	uint16_t port;
};

union listener_sockaddr {
	struct sockaddr any;
	struct sockaddr_un un;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/* As postern.conf(5) writes it: unix:/path, inet:PORT@ADDRESS, inet6:PORT@ADDRESS. */
void listener_format(const struct listener_address *a, char out[static LISTENER_TEXT_MAX]);
bool listener_eq(const struct listener_address *a, const struct listener_address *b);

/* For connect(2) and the like; the length. */
socklen_t listener_to_sockaddr(const struct listener_address *a, union listener_sockaddr *out);
/* From accept(2) and the like; IPv4 in IPv6 becomes IPv4. A unix socket's path is not told. False:
 * another family. */
bool listener_from_sockaddr(const union listener_sockaddr *sa, struct listener_address *out);
/* The address at this end of a connected socket. -1 with errno. */
int listener_local(int fd, struct listener_address *out);

/* Of a unix socket; its folder, if it has to be made, is root's with this group and 0750. */
struct listener_owner {
	uid_t uid;
	gid_t gid;
	mode_t mode;
};

/* A listening socket, non-blocking, close-on-exec; accepted connections inherit TCP_NODELAY. -1:
 * why names the path or address and the remedy; errno is EADDRINUSE if another program listens
 * there. */
int listener_open(
	const struct listener_address *a, const struct listener_owner *o, struct buf *why);
/* The same, but while another program listens there, tries again for ms: an earlier daemon's
 * workers let go when they see that it is gone. */
int listener_open_within(
	const struct listener_address *a, const struct listener_owner *o, int ms, struct buf *why);
/* Gives a unix socket that is open this owner and mode; others have none. -1 with errno. */
int listener_own(const struct listener_address *a, const struct listener_owner *o);
/* Closes it and removes a unix socket's name. */
void listener_close(const struct listener_address *a, int fd);

/* Sockets that systemd opened (sd_listen_fds(3)), by FileDescriptorName=. */
struct listener_inherited {
	char *name[LISTENER_INHERITED_MAX];
	int fd[LISTENER_INHERITED_MAX];
	size_t n;
};
/* Once, at the start. gives (listener_inherited_free). */
void listener_inherit(struct listener_inherited *out);
/* Takes the socket of that name out: its descriptor, or -1 with why empty (there is none) or set
 * (it is not a listening stream socket). */
int listener_take(struct listener_inherited *set, const char *name, struct buf *why);
/* Closes, and warns of, those that nobody took. */
void listener_inherited_free(struct listener_inherited *set);

#endif
