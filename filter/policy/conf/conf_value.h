/* SPDX-License-Identifier: BSD-2-Clause
 *
 * conf_value -- the values of postern.conf: read into the field of a key, and written again.
 */
#ifndef POLICY_CONF_VALUE_H
#define POLICY_CONF_VALUE_H

#include "policy/conf.h"
#include "policy/parser/reader.h"

/* Reads what stands behind the key; mistakes are the reader's. Not of repeatable ones. */
void conf_value_read(struct reader *r, const struct conf_key *k, struct conf *c);
/* Writes it as it could be read again. */
void conf_value_write(const struct conf_key *k, const struct conf *c, FILE *out);

/* A path, bare or in quotes, seen from the folder of the file. Lives in the reader's arena. */
const char *conf_value_path(struct reader *r, const char *what);
/* "{" DOMAIN ... "}", as own-domains has them. */
struct conf_set conf_value_domains(struct reader *r);
/* A user or group name. */
const char *conf_value_user(struct reader *r);
/* "text", with \" and \\ */
void conf_value_quoted(const char *text, FILE *out);

#endif
