/* SPDX-License-Identifier: BSD-2-Clause
 *
 * geo_files -- opens the databases of geo-country-file and geo-asn-file, as postern.conf(5) says.
 */
#ifndef CMD_GEO_FILES_H
#define CMD_GEO_FILES_H

#include "engine/settings.h"
#include "policy/conf.h"

/* Each database is read through src like any file of the settings, then opened where its copy is (the live
 * file, if src is NULL: a tool's, for a moment). What is wrong goes to d. Gives s->geo_country and
 * s->geo_asn (geo_close); NULL where there is none. */
void geo_files_open(const struct source_tree *src, const struct conf *c, struct settings *s, struct diag *d);

/* Notes the databases that are older than half a year at time now: networks move. */
void geo_files_note_age(const struct conf *c, const struct settings *s, uint64_t now, struct diag *d);

#endif
