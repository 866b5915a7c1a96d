/* SPDX-License-Identifier: BSD-2-Clause
 *
 * diag -- errors, warnings and notes about what an administrator wrote: file, line, column, caret, remedy.
 *
 * All of one run are collected, then shown sorted by place. Colours never; one mistake, one message.
 */
#ifndef POLICY_DIAG_H
#define POLICY_DIAG_H

#include <stdio.h>

#include "util/arena.h"

struct diag;

/* A place in a file. Column and line count from 1, column in bytes. line 0 = the file as a whole. */
struct place {
	struct view file;
	struct view source; /* the text of that line, for the caret; may be absent */
	uint32_t line, column;
	uint32_t width; /* bytes to underline, at least 1 */
};

struct diag *diag_new(void); /* gives */
void diag_free(struct diag *d);

/* Copies all it is given. hint may be NULL. */
void diag_error(struct diag *d, const struct place *at, const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* code is the stable short name, "spoofable"; NULL = none. Dropped if diag_allow named it for the line. */
void diag_warn(struct diag *d, const struct place *at, const char *code, const char *hint,
	const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* What may well be meant; it is not counted. */
void diag_note(struct diag *d, const struct place *at, const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* `# allow CODE` stood on this line. */
void diag_allow(struct diag *d, struct view file, uint32_t line, struct view code);

size_t diag_errors(const struct diag *d);
size_t diag_warnings(const struct diag *d);
/* Writes all, sorted by file, line and column, as postern-rules(7), DIAGNOSTICS, says. */
void diag_show(const struct diag *d, FILE *out);
/* One JSON array of {file, line, column, end-column, severity, code, message, hint}. */
void diag_json(const struct diag *d, FILE *out);
/* What a file says, as it may go to a terminal: bytes that are not printable ASCII as \xNN. Lives in a. */
struct view diag_escaped(struct arena *a, struct view v);
/* The first error as one line without source, for logs; "" if none. Lives in a. */
struct view diag_first(const struct diag *d, struct arena *a);

#endif
