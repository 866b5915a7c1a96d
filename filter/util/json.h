/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json -- writes RFC 8259 JSON into a buffer; commas are its business, balance is the caller's.
 *
 * Text that is valid UTF-8 is a string; any other is {"b64": "..."}. Object members: call json_key
 * first, then the value; bytes of a key that are not UTF-8 become U+FFFD.
 */
#ifndef UTIL_JSON_H
#define UTIL_JSON_H

#include "util/buf.h"

struct json {
	struct buf *out; /* borrowed until the caller is done */
	bool comma;      /* the next value needs one */
};

void json_init(struct json *j, struct buf *out);
void json_open(struct json *j, char bracket);  /* '{' or '[' */
void json_close(struct json *j, char bracket); /* '}' or ']' */
void json_key(struct json *j, const char *key);
void json_key_view(struct json *j, struct view key);
void json_text(struct json *j, struct view v); /* absent writes null */
void json_number(struct json *j, long long n);
void json_hundredths(struct json *j, long long n); /* 650 -> 6.50 */
void json_bool(struct json *j, bool yes);
void json_null(struct json *j);

/* True if v is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool json_utf8(struct view v);

#endif
