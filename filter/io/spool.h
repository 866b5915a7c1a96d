/* SPDX-License-Identifier: BSD-2-Clause
 *
 * spool -- one message's bytes until it is delivered: in memory while it is small, then in an unlinked file.
 *
 * Nothing of it outlives the process: a message that was not delivered was not accepted either. Writing and
 * reading may wait for the disk: only on a thread of the pool. The area is shared by all threads; one spool
 * belongs to one thread at a time.
 */
#ifndef IO_SPOOL_H
#define IO_SPOOL_H

#include "util/view.h"

struct spool_area;
struct spool;

struct spool_options {
	const char *folder;  /* where files are made; they have a name for a moment only */
	uint64_t memory;     /* bytes of one message in memory */
	uint64_t memory_all; /* of all messages; beyond it a message goes to its file at once */
	uint64_t max;        /* bytes of one message */
	uint64_t max_all;    /* of all messages, in memory and files */
	uint64_t max_owner;  /* of all messages of one owner; 0: max_all */
};

enum spool_result {
	SPOOL_OK,
	SPOOL_TOO_BIG, /* over `max`: 552 */
	SPOOL_FULL,    /* over `max_all` or `max_owner` (errno 0), or the disk, a quota or a file's limit is
			* full: 452 */
	SPOOL_FAILED   /* the disk, the folder, descriptors: 451; errno */
};

/* Tries whether a file can be made. gives; NULL with errno. */
struct spool_area *spool_area_open(const struct spool_options *o);
void spool_area_close(struct spool_area *a); /* after its spools; NULL is legal */
uint64_t spool_area_used(const struct spool_area *a); /* bytes of all messages now; any thread */

enum { SPOOL_OWNER_MAX = 16 };
/* owner: whose share it takes, at most SPOOL_OWNER_MAX bytes; empty: nobody's. gives; has neither memory nor
 * file yet. */
struct spool *spool_new(struct spool_area *a, struct view owner);
void spool_free(struct spool *s);              /* NULL is legal */
void spool_reset(struct spool *s);             /* as new */

/* Adds bytes. A failure stays, and what was written before is given up: it is no message any more. */
enum spool_result spool_write(struct spool *s, struct view bytes);
/* Adds them if they need no file now, and never waits. False: nothing was added, spool_write does it. */
bool spool_put(struct spool *s, struct view bytes);
uint64_t spool_size(const struct spool *s); /* bytes written; 0 after a failure */
bool spool_is_file(const struct spool *s);
/* Up to n bytes from offset; *got_out is less than n only at the end. OK or FAILED. */
enum spool_result spool_read(struct spool *s, uint64_t offset, void *out, size_t n, size_t *got_out);

#endif
