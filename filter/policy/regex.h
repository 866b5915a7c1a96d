/* SPDX-License-Identifier: BSD-2-Clause
 *
 * regex -- regular expressions over hostile text: PCRE2 with its JIT, under limits.
 *
 * "/pattern/flags", flags imsx as in Perl; only "/" needs a backslash. Patterns and text are UTF-8; what
 * is not valid UTF-8 in a text matches nothing but does not stop the search. An expression is immutable and
 * shared by threads; match data and JIT stack belong to the thread and go with it. A match that would
 * pass REGEX_MATCH_LIMIT, REGEX_DEPTH_LIMIT or REGEX_HEAP_KB is REGEX_LIMIT, never "no", and is counted.
 */
#ifndef POLICY_REGEX_H
#define POLICY_REGEX_H

#include "util/view.h"

struct regex;

struct regex_note {
	size_t at;      /* offset in the source where it went wrong */
	char text[160]; /* what is wrong */
	char hint[80];  /* the remedy, "" = none */
};

/* gives; NULL: note_out says why. */
struct regex *regex_new(struct view source, struct regex_note *note_out);
struct view regex_source(const struct regex *r); /* lives as long as r */
void regex_free(struct regex *r); /* NULL is legal */

enum regex_answer { REGEX_NO, REGEX_YES, REGEX_LIMIT };
enum regex_answer regex_find(const struct regex *r, struct view text); /* anywhere in text */
uint64_t regex_overruns(const struct regex *r); /* how often REGEX_LIMIT was the answer */

size_t regex_bytes(const struct regex *r); /* the memory that it takes */

/* Does the source repeat without bound, or ten times and more, what itself repeats without bound, as (a+)+
 * and (.*a){20} do? Alternatives that overlap, as in (a|a)*, are not seen. */
bool regex_is_slow(struct view source);

#endif
