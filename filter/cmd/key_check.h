/* SPDX-License-Identifier: BSD-2-Clause
 *
 * key_check -- `postern dkim-key --check`: does the DNS publish the keys of the table?
 */
#ifndef CMD_KEY_CHECK_H
#define CMD_KEY_CHECK_H

#include "mail/dkim/dkim_sign.h"

/* What is wrong with the TXT records at a key's name; absent: they publish this key. Lives in a. */
struct view key_check_records(const struct dkim_sign_key *k, const struct view *txt, size_t n,
	bool *testing_out, struct arena *a);

/* Prints a line for each key of the table of these settings, or those of one domain (absent = all).
 * Returns what to exit with. */
int key_check_run(const char *conf, struct view domain);

#endif
