/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mmdb -- writes small databases in the MaxMind DB format 2.0, and damaged ones.
 *
 *	struct mmdb *m = mmdb_new(6, "Test-Country");
 *	uint32_t at = mmdb_country(m, "DE");
 *	mmdb_net(m, "192.0.2.0/24", at);
 *	struct view file = mmdb_bytes(m);
 *
 * Values go one after the other into the data section; a map is followed by its keys and values.
 */
#ifndef TESTS_LIB_MMDB_H
#define TESTS_LIB_MMDB_H

#include "util/view.h"

struct mmdb;

struct mmdb *mmdb_new(unsigned ip_version, const char *type); /* gives */
void mmdb_free(struct mmdb *m);
void mmdb_built(struct mmdb *m, uint64_t when); /* build_epoch; at first 1790000000 */
/* The bytes of the value that the metadata begins with, instead of an empty map: for damage. Keeps. */
void mmdb_description(struct mmdb *m, struct view bytes);

/* Each gives the offset of what it wrote. */
uint32_t mmdb_map(struct mmdb *m, unsigned n_pairs);
uint32_t mmdb_text(struct mmdb *m, const char *text);
uint32_t mmdb_number(struct mmdb *m, uint32_t n);
uint32_t mmdb_pointer(struct mmdb *m, uint32_t to);
uint32_t mmdb_country(struct mmdb *m, const char *code); /* {country: {iso_code: code}} */
uint32_t mmdb_asn(struct mmdb *m, uint32_t n);           /* {autonomous_system_number: n} */

/* A network leads to the record at that offset. */
void mmdb_net(struct mmdb *m, const char *net, uint32_t offset);
/* Node n's left (0) or right (1) record, as it is written: for damage. */
void mmdb_node(struct mmdb *m, unsigned n, unsigned side, uint32_t record);

/* The file; lives until mmdb_free. */
struct view mmdb_bytes(struct mmdb *m);
/* The same written to a new file under /tmp. Gives the path: unlink, free. */
char *mmdb_file(struct mmdb *m);
/* Any bytes, in a new file. */
char *mmdb_file_of(struct view bytes);

#endif
