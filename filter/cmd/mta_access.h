/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mta_access -- could the MTA's user connect to a unix socket? Tried as that user, not guessed.
 *
 * What is not there yet is judged by what the daemon will make at its start: the socket, the folder that
 * it is in (io/listener.h), and run-dir.
 */
#ifndef CMD_MTA_ACCESS_H
#define CMD_MTA_ACCESS_H

enum mta_access {
	MTA_ACCESS_YES,
	MTA_ACCESS_LATER,    /* yes, once the daemon has made the folder */
	MTA_ACCESS_FOLDER,   /* a folder above the socket cannot be entered */
	MTA_ACCESS_ABOVE,    /* the folder above the socket's folder is missing, and nobody makes it */
	MTA_ACCESS_SOCKET,   /* owner, group and mode of the socket or of its new folder keep the user out */
	MTA_ACCESS_NO_USER,  /* there is no such user */
	MTA_ACCESS_NO_OWNER, /* there is no such socket-owner, socket-group or service user */
	MTA_ACCESS_UNTESTED, /* only root, or that user, can tell */
};

struct mta_socket {
	const char *path;
	const char *owner, *group; /* NULL = the service user, its group */
	const char *service_user;
	const char *run_dir; /* made at the start, for all to enter */
	unsigned mode;
};

enum mta_access mta_access(const char *user, const struct mta_socket *s);

#endif
