/* SPDX-License-Identifier: BSD-2-Clause
 *
 * learning -- verdicts that are well clear of the thresholds feed the reputation of the names that the
 * message came under (engine/standing.h). Inner to the engine.
 *
 * What counts is the score without the rules that hang on a reputation, directly or through other rules: a
 * reputation never feeds itself. Ham scores at most reputation-ham-score, and would be left unmarked whatever
 * unknown rules had said; it is learned at the end only, where all rules have spoken. Spam scores at least
 * reputation-spam-score whatever they had said, and may be refused at RCPT. Nothing is learned from mail that
 * is put off (it comes again), that a rule refused or accepted against its score, that a policy spared, of
 * which a `skip` took scores away, or that goes out. A message teaches once, and only what rules read.
 */
#ifndef ENGINE_LEARNING_H
#define ENGINE_LEARNING_H

#include "engine/judgement.h"

struct learning;

/* By rule: the slots that it reads, then SIZE_MAX, if it hangs on a reputation; else NULL. Lives in a. */
const size_t *const *learning_reputed(const struct program *p, struct arena *a);
/* A rule is undecided for no other reason than that too little is known of a name: no trouble. */
bool learning_explains(struct session *s, size_t rule);

/* NULL: these rules read no reputation, or the settings want none learned. Lives in a. */
struct learning *learning_new(const struct engine *e, struct arena *a);

/* The transaction, or a recipient of it, was decided so. Waits for the store within its time limit; what
 * fails is lost, and the store counts the failure. */
void learning_note(struct session *s, const struct judgement *j);

#endif
