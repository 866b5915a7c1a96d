/* SPDX-License-Identifier: BSD-2-Clause
 *
 * evidence_file -- where the records of evidence go: one append-only write a record.
 *
 * Several workers may write to one file; it is 0640. When it was moved away (logrotate) or deleted, the
 * next record begins a new one. One made for a folder writes a file for each day (UTC), of up to
 * DMARC_DAY_FILE_MAX, and makes the folder, if only that is missing. A record that cannot be written is
 * counted, and warned of once a minute; mail flows.
 */
#ifndef CMD_EVIDENCE_FILE_H
#define CMD_EVIDENCE_FILE_H

#include "util/view.h"

struct evidence_file;

/* Keeps path. Opens at the first record. gives. */
struct evidence_file *evidence_file_new(const char *path);
/* Files FOLDER/YYYY-MM-DD.jsonl. Keeps folder. gives. */
struct evidence_file *evidence_file_new_daily(const char *folder);
/* An engine_sink; ctx is the evidence_file. Thread-safe. */
void evidence_file_write(void *ctx, struct view json);
uint64_t evidence_file_lost(struct evidence_file *f); /* records that could not be written */

#endif
