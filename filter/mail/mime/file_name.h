/* SPDX-License-Identifier: BSD-2-Clause
 *
 * file_name -- what the name of an attached file says of it, as Windows will see it.
 *
 * Windows drops dots and blanks at the end of a name, and what follows a colon; blanks and letters of other
 * widths are read as those of ASCII; mail programs drop folders in front of it. Control
 * characters, and those that are invisible or turn the direction of writing (U+202E and its like), are
 * taken away before anything is read from a name: "cod.\u202Efdp.exe" is shown as "cod.exe.pdf".
 */
#ifndef MAIL_FILE_NAME_H
#define MAIL_FILE_NAME_H

#include "util/arena.h"

/* The last extension, in lower case (ASCII), without its dot; absent if there is none. Lives in a. */
struct view file_name_extension(struct view name, struct arena *a);
/* A file that Windows runs, named as a document: "invoice.pdf.exe", blanks between them or not. */
bool file_name_double(struct view name, struct arena *a);
/* The media type that the first bytes of a file tell; absent if they tell none. */
struct view file_name_type(struct view head);

#endif
