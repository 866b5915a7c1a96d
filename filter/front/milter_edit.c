/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/milter_edit.h"

#include <stdio.h>
#include <stdlib.h>

#include "util/arena.h"
#include "util/log.h"

/* Sendmail takes the text as a format: its percent signs are written twice, as libmilter's manual asks. */
static char *
line_of(struct arena *a, struct view v)
{
	char *out = arena_alloc(a, v.n * 2 + 1), *o = out;

	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '%')
			*o++ = '%';
		*o++ = v.p[i];
	}
	return out;
}

void
milter_edit_reply(SMFICTX *ctx, const struct smtp_reply *r)
{
	struct arena *a = arena_new();
	struct view rest = r->text, one;
	char *line[SMTP_REPLY_LINES] = {NULL}, code[16], *enhanced = arena_cstr(a, r->enhanced);
	size_t n = 0;
	int ok;

	snprintf(code, sizeof(code), "%03d", r->code);
	while (n < SMTP_REPLY_LINES && view_split(&rest, '\n', &one))
		line[n++] = line_of(a, one);
	if (n == 1)
		ok = smfi_setreply(ctx, code, enhanced, line[0]);
	else
		ok = smfi_setmlreply(ctx, code, enhanced, line[0], line[1], line[2], line[3], line[4],
			line[5], line[6], line[7], NULL);
	if (ok != MI_SUCCESS)
		log_warn("reply-refused", "libmilter refused reply %s %s", code, enhanced);
	arena_free(a);
}

static bool
granted(const struct milter_edit_terms *t, unsigned long action, const char *what)
{
	if (t->actions & action)
		return true;
	log_seldom(LOG_LEVEL_WARN, "mta-refuses", "the MTA does not let milters %s: that is left out", what);
	return false;
}

static int
one_header(SMFICTX *ctx, struct arena *a, const struct edit_header *h, bool lead_space)
{
	char *name = arena_cstr(a, h->name), *value;

	if (h->kind == EDIT_DELETE)
		return smfi_chgheader(ctx, name, (int)h->nth, NULL);
	/* Where values come with their leading blank, ours need one too; else the MTA writes it. */
	value = arena_cstr(a, arena_printf(a, "%s%.*s", lead_space ? " " : "", VIEW_ARG(h->value)));
	return smfi_insheader(ctx, 0, name, value);
}

int
milter_edit_apply(SMFICTX *ctx, const struct edits *e, const struct milter_edit_terms *t)
{
	struct arena *a = arena_new();
	int failed = 0;

	for (size_t i = 0; i < e->n_headers; i++) {
		const struct edit_header *h = &e->header[i];
		bool ok = h->kind == EDIT_DELETE ? granted(t, SMFIF_CHGHDRS, "change header fields")
						 : granted(t, SMFIF_ADDHDRS, "add header fields");

		failed |= ok && one_header(ctx, a, h, t->lead_space) != MI_SUCCESS;
	}
	for (size_t i = 0; i < e->n_drop && granted(t, SMFIF_DELRCPT, "remove recipients"); i++)
		failed |= smfi_delrcpt(ctx, arena_cstr(a, e->drop_rcpt[i])) != MI_SUCCESS;
	arena_free(a);
	return failed ? -1 : 0;
}

int
milter_edit_quarantine(SMFICTX *ctx, struct view reason, const struct milter_edit_terms *t)
{
	struct arena *a = arena_new();
	int ok = MI_SUCCESS;

	if (granted(t, SMFIF_QUARANTINE, "hold messages"))
		ok = smfi_quarantine(ctx, arena_cstr(a, reason));
	arena_free(a);
	return ok == MI_SUCCESS ? 0 : -1;
}
