/* SPDX-License-Identifier: BSD-2-Clause
 *
 * conf_keys -- the table of all settings: name, type, range, default, help, field.
 */
#ifndef POLICY_CONF_KEYS_H
#define POLICY_CONF_KEYS_H

#include "policy/conf.h"

/* Words of the settings of a TLS version, in the order of enum tls_version (io/tls.h). */
#define CONF_KEYS_TLS "TLSv1.0 TLSv1.1 TLSv1.2 TLSv1.3"

const struct conf_key *conf_keys(size_t *n_out);

#endif
