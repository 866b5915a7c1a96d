/* SPDX-License-Identifier: BSD-2-Clause
 *
 * site_check -- settings that are well written, and yet would not do here what was meant.
 *
 * What `postern check` says beyond the mistakes that keep a daemon from taking the settings: networks
 * that hold half the internet, ports that are open to all, users that do not exist, folders that the
 * service user cannot write to.
 */
#ifndef CMD_SITE_CHECK_H
#define CMD_SITE_CHECK_H

#include <sys/stat.h>

#include "io/privileges.h"
#include "policy/conf.h"
#include "policy/program.h"

/* Of the files alone: the same on every machine. p may be NULL, when rules have errors. */
void site_check_settings(const struct conf *c, const struct program *p, struct diag *d);
/* Of this machine: its users, files and folders, and its name. */
void site_check_system(const struct conf *c, struct diag *d);

/* Do the permission bits (4 read, 2 write, 1 enter) of a file let that user do all of `bits`? */
bool site_check_may(const struct stat *st, const struct privileges *user, unsigned bits);

#endif
