/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mta_access -- could the MTA's user connect to a unix socket? Tried as that user, not guessed.
 */
#ifndef CMD_MTA_ACCESS_H
#define CMD_MTA_ACCESS_H

enum mta_access {
	MTA_ACCESS_YES,
	MTA_ACCESS_FOLDER,   /* a folder above the socket cannot be entered */
	MTA_ACCESS_SOCKET,   /* the socket's owner, group and mode keep the user out */
	MTA_ACCESS_NO_USER,  /* there is no such user */
	MTA_ACCESS_UNTESTED, /* only root, or that user, can tell */
};

struct mta_socket {
	const char *path;
	const char *owner, *group; /* NULL = root's */
	unsigned mode;
};

/* A socket that is not there yet is judged by what it will be. */
enum mta_access mta_access(const char *user, const struct mta_socket *s);

#endif
