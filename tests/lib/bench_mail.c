/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/bench_mail.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static _Noreturn void
die(const char *what)
{
	perror(what);
	exit(1);
}

/* False: there is no such file. */
static bool
read_envelope(const char *name, struct bench_mail *m)
{
	FILE *f = fopen(name, "r");

	if (!f)
		return false;
	if (fscanf(f, "%63s %255s %299s %299s %63[^\n]", m->client, m->helo, m->from, m->to, m->kind) < 4)
		die(name);
	fclose(f);
	return true;
}

static void
read_text(const char *name, struct bench_mail *m)
{
	FILE *f = fopen(name, "rb");
	long n;

	if (!f || fseek(f, 0, SEEK_END) != 0 || (n = ftell(f)) < 0)
		die(name);
	rewind(f);
	m->n = (size_t)n;
	m->text = calloc(1, m->n + 1);
	if (!m->text || fread(m->text, 1, m->n, f) != m->n)
		die(name);
	fclose(f);
}

size_t
bench_mail_load(const char *folder, struct bench_mail *mail)
{
	size_t i = 0;

	for (; i < BENCH_MAIL_MAX; i++) {
		char name[4096];

		snprintf(name, sizeof(name), "%s/%zu.env", folder, i);
		if (!read_envelope(name, &mail[i]))
			break;
		snprintf(name, sizeof(name), "%s/%zu.eml", folder, i);
		read_text(name, &mail[i]);
	}
	if (i == 0)
		die(folder);
	return i;
}
