/* SPDX-License-Identifier: BSD-2-Clause
 *
 * attachments -- the files and parts of a message, as its structure tells them: attach.*, mime.broken,
 * part-header("X"). Nothing is unpacked.
 *
 * An attachment is a part with a file name, one that says it is an attachment, or one whose type is
 * neither text nor multipart. Over a ceiling of mail/mime/mime_skeleton.h or mail/mime/mime_tree.h all of it
 * is unknown, and mime.broken is true.
 */
#ifndef CHECKS_ATTACHMENTS_H
#define CHECKS_ATTACHMENTS_H

#include "engine/check.h"

extern const struct check attachments_check;

#endif
