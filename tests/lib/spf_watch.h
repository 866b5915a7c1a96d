/* SPDX-License-Identifier: BSD-2-Clause
 *
 * spf_watch -- stands between libspf2 and its callers, itself among them, and looks at every string
 * and address it is handed.
 *
 * A test that names a function of this has it linked in. Whatever is not an opaque record, a tag, the
 * placeholder sender or the placeholder client (mail/spf/spf_opaque.h) ends the test with abort(); so does
 * a resolver of libspf2's own.
 */
#ifndef TESTS_LIB_SPF_WATCH_H
#define TESTS_LIB_SPF_WATCH_H

#include <stddef.h>

size_t spf_watch_records(void); /* compiled by libspf2 so far */

/* From now on libspf2 compiles this record whatever it was shown, to see what happens when it asks or
 * says nonsense; NULL = what it was shown. Borrowed. */
void spf_watch_mislead(const char *record);

#endif
