/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mime_tree -- the parts of a message (RFC 2045, 2046, 2183, 2231), read by GMime.
 *
 * Enclosed messages are entered. GMime allocates for itself; all of that is given back before
 * mime_tree_read returns. The only state is GMime's own tables, made at the first call; threads may call
 * at once. GMime goes down into parts on the stack, 1,024 deep at most, which takes less than 1 MB; into
 * groups of addresses it goes as deep as they are nested, so a header of unknown origin comes here as a
 * skeleton only. MIME_FOREIGN is taken off the names of fields.
 */
#ifndef MAIL_MIME_TREE_H
#define MAIL_MIME_TREE_H

#include "mail/header.h"

enum { MIME_NAMES = 2, MIME_HEAD = 16 };

struct mime_part {
	struct view type;             /* "text/plain", lower case, as declared or by default */
	struct view name[MIME_NAMES]; /* of the file: filename of Content-Disposition, then name of
				       * Content-Type if it is another; decoded to UTF-8 */
	size_t n_names;
	bool leaf;       /* no multipart: a message that is entered is one */
	bool attachment; /* Content-Disposition says so */
	char head[MIME_HEAD]; /* first bytes of a leaf, decoded */
	size_t n_head;
	const struct header_field *field; /* its header, raw; of the topmost part only Content-* */
	size_t n_fields;
	unsigned depth;  /* parts and messages around it */
};

struct mime_tree {
	const struct mime_part *part; /* in the order of the message */
	size_t n;
	bool broken;     /* readers of mail may see other parts than these: a boundary or an end is
			  * missing, a Content-* field or parameter stands twice, a type that is none, an
			  * encoding nobody knows or a message may not have, a name that is still
			  * encoded, lines in a header that are no fields */
	const char *why; /* over MIME_PARTS_MAX, MIME_DEPTH_MAX or a boundary over MIME_LINE_MAX:
			  * not all parts are there; else NULL */
};

/* Lives in a. */
void mime_tree_read(struct view message, struct arena *a, struct mime_tree *out);

#endif
