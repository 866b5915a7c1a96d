/* SPDX-License-Identifier: BSD-2-Clause
 *
 * privileges -- how a process of Postern stops being root, on one screen.
 *
 * The supervisor looks the service user up once, while it can still read every directory service,
 * and passes the numbers on; each child drops before it runs anything of its own.
 */
#ifndef IO_PRIVILEGES_H
#define IO_PRIVILEGES_H

#include <stdbool.h>
#include <sys/types.h>

enum { PRIVILEGES_GROUPS = 32 };

struct privileges {
	uid_t uid;
	gid_t gid;
	gid_t group[PRIVILEGES_GROUPS]; /* supplementary ones, gid included */
	size_t n_groups;
	/* Keeps CAP_NET_RAW, if there is one: for connections from addresses that are not this host's
	 * (io/dial.h). It is the least of the two that the kernel wants for it (Linux 3.2). */
	bool any_source;
};

/* The service user's numbers. -1 with errno: ENOENT no such user; EPERM it is root; E2BIG it has
 * more than PRIVILEGES_GROUPS groups. */
int privileges_find(const char *user, struct privileges *out);
/* A user's number, root's too; -1 with errno, ENOENT if there is none. */
int privileges_user(const char *name, uid_t *out);
/* A group's number; -1 with errno, ENOENT if there is none. */
int privileges_group(const char *name, gid_t *out);
/* The ids this process has: for a daemon that was not started as root. */
void privileges_own(struct privileges *out);

/* This process may use any source address. */
bool privileges_any_source(void);

/* Drops for ever: umask, core limit, groups, ids, no_new_privs; then proves that nothing can be
 * taken back. A process that is not root keeps its ids, and says so in the log. -1 with errno: the
 * process must end. */
int privileges_drop(const struct privileges *p);

#endif
