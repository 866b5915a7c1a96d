/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tls_files -- the keys and certificates that postern.conf names, read by root for its workers.
 *
 * A worker cannot read a private key's file; it is forked from a process that holds the bytes. Nothing of
 * them is looked into here: that is for a process without privileges.
 */
#ifndef CMD_TLS_FILES_H
#define CMD_TLS_FILES_H

#include "policy/conf.h"
#include "util/buf.h"

struct tls_files {
	struct view *pem; /* one a file of tls-chain-files */
	size_t n;
	struct view ca;   /* tls-ca-file; absent = the system's */
};

/* NULL with errno: why names the setting and its file, and says what is wrong; *at_out is the setting's
 * place. gives */
struct tls_files *tls_files_read(const struct conf *c, struct place *at_out, struct buf *why);
/* Forgets keys and certificates: a worker that has read them keeps no second copy. */
void tls_files_wipe(struct tls_files *f);
void tls_files_free(struct tls_files *f); /* wipes them; NULL is legal */

#endif
