/* SPDX-License-Identifier: BSD-2-Clause
 *
 * return_path -- what stays the same of an envelope sender from mail to mail.
 *
 * Senders mark their return paths: for each message (BATV prvs=, and the marks that Barracuda and SparkPost
 * write), for each list or recipient (VERP, RFC 5233 details behind a +), and forwarders rewrite them (SRS0,
 * SRS1). All of ASCII in lower case; bytes of no such form stay as they are. Time is linear.
 */
#ifndef MAIL_RETURN_PATH_H
#define MAIL_RETURN_PATH_H

#include "mail/address.h"

/* local@domain of the mailbox behind the marks: without prvs= and the like, without details, and what
 * SRS rewrote as it was. "<>" for NULL, which is the null sender. Lives in a. */
struct view return_path_mailbox(const struct address *from, struct arena *a);

/* The same of an address at its own domain: what SRS rewrote stays. Anybody can write
 * SRS0=...=bank.example=joe before a domain of his, and SPF speaks for that one. from is not NULL. */
struct view return_path_claimed(const struct address *from, struct arena *a);

/* As return_path_mailbox, with "#" for each run of VERP: of words of the local part that is made of
 * several, those of digits only, of four or more hexadecimal digits with a decimal one, or of eight or more
 * letters and digits, two of them digits. "bounce-4711-a9f3@x" is "bounce-#@x". A local part of one word
 * stays: it may be a name. Lives in a. */
struct view return_path_pattern(const struct address *from, struct arena *a);

#endif
