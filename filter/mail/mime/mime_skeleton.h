/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mime_skeleton -- a message thinned, while it passes, to what its MIME structure needs (RFC 2046).
 *
 * Kept are the Content-* fields of the message, every line that may be a boundary with the header of the
 * part that follows it, the headers of enclosed messages, and the first MIME_CONTENT_KEPT bytes of every
 * content. A parser finds the same parts in it as in the whole message, however large that is.
 *
 * Of the headers after the first, fields other than Content-* get MIME_FOREIGN before their names: GMime
 * would read the addresses of those it knows, at a cost of their square and in calls as deep as their groups.
 *
 * Which lines may be boundaries is told by the headers so far: a line that begins as some value of
 * `boundary` does. Where that cannot be told (RFC 2231 values, comments) every line that begins with "--"
 * is kept. Ceilings: MIME_SKELETON_MAX for all, MIME_HEADER_MAX for one header, and counts that bound the
 * parser's time; over them the structure is not known. Lines end with LF, with or without CR; chunks may
 * end anywhere.
 */
#ifndef MAIL_MIME_SKELETON_H
#define MAIL_MIME_SKELETON_H

#include "mail/header.h"

#define MIME_FOREIGN "!"

struct mime_skeleton;

struct mime_skeleton *mime_skeleton_new(struct arena *a); /* lives in a */
/* A field of the message, raw, in order. */
void mime_skeleton_header(struct mime_skeleton *s, const struct header_field *h);
void mime_skeleton_body(struct mime_skeleton *s, struct view chunk);
/* The skeleton: a message of its own. Lives in the arena. Absent, with the reason, over a ceiling. */
struct view mime_skeleton_end(struct mime_skeleton *s, const char **why_out);
/* Has a header a NUL? (Here it is a blank then.) */
bool mime_skeleton_nul(const struct mime_skeleton *s);

#endif
