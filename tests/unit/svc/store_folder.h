/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store_folder -- a folder with a store's file in it, and requests on that.
 */
#ifndef TESTS_UNIT_SVC_STORE_FOLDER_H
#define TESTS_UNIT_SVC_STORE_FOLDER_H

#include "svc/store/store_sqlite.h"

extern char folder_path[128]; /* of the file */

void folder_enter(void);
/* How many files there are whose name begins with folder_path and suffix; removes them if asked to. */
size_t folder_files(const char *suffix, bool also_remove);
void folder_leave(void);
struct store_request request(enum store_op op, const char *key, const char *value);
enum store_status doing(struct store_sqlite *s, enum store_op op, const char *key, const char *value);
const char *numbered(int i);
/* Until all is written and looked at: a full batch is committed at once. */
void settle(struct store_sqlite *s);
/* The same, until the file is left, or in use again. */
void settle_until(struct store_sqlite *s, bool in_memory);
void value_is(struct store_sqlite *s, const char *key, const char *want);

#endif
