/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/smtp/smtp_kept.h"

#include <stdlib.h>

#include "util/log.h"

void
smtp_kept_set(struct view *kept, struct view v)
{
	char *old = (char *)(uintptr_t)kept->p, *p = v.p ? malloc(v.n + 1) : NULL;

	if (v.p && !p)
		log_die("out of memory (%zu bytes)", v.n);
	if (v.n)
		memcpy(p, v.p, v.n);
	free(old);
	*kept = view_of(p, v.n);
}
