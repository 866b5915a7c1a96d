/* SPDX-License-Identifier: BSD-2-Clause
 *
 * date -- the date-time of Date and Received fields (RFC 5322 section 3.3).
 *
 * Read with the obsolete forms of 4.3; strict otherwise: a date without zone, with a day that its month
 * does not have or with anything behind it but comments is no date. The name of the day is not compared
 * with the date.
 */
#ifndef MAIL_DATE_H
#define MAIL_DATE_H

#include "util/buf.h"

/* Seconds since 1970. False if value is no date; years are from 1900 to 9999. */
bool date_parse(struct view value, int64_t *out);

/* Appends seconds since 1970 as "Thu, 1 Jan 1970 00:00:00 +0000". */
void date_write(int64_t seconds, struct buf *out);

#endif
