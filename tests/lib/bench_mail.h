/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bench_mail -- the mail that a benchmark sends, from a folder: N.eml (CRLF) and N.env, one line
 * "CLIENT HELO FROM TO", with what kind of message it is behind them or nothing.
 */
#ifndef TESTS_LIB_BENCH_MAIL_H
#define TESTS_LIB_BENCH_MAIL_H

#include <stddef.h>

enum { BENCH_MAIL_MAX = 2000 };

struct bench_mail {
	char client[64], helo[256], from[300], to[300], kind[64];
	char *text; /* with a NUL behind it */
	size_t n;
};

/* Fills mail[BENCH_MAIL_MAX], from 0 to the first number that is not there; how many. Ends the program if
 * there are none, or one is not whole. */
size_t bench_mail_load(const char *folder, struct bench_mail *mail);

#endif
