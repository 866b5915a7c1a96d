/* SPDX-License-Identifier: BSD-2-Clause
 *
 * null_milter -- libmilter with every callback and nothing done: what a milter costs before it works.
 *
 *	null_milter unix:/path
 */
#include <libmilter/mfapi.h>
#include <stdio.h>

static sfsistat
on_connect(SMFICTX *ctx, char *host, _SOCK_ADDR *sa)
{
	(void)ctx, (void)host, (void)sa;
	return SMFIS_CONTINUE;
}
static sfsistat
on_text(SMFICTX *ctx, char *text)
{
	(void)ctx, (void)text;
	return SMFIS_CONTINUE;
}
static sfsistat
on_args(SMFICTX *ctx, char **argv)
{
	(void)ctx, (void)argv;
	return SMFIS_CONTINUE;
}
static sfsistat
on_header(SMFICTX *ctx, char *name, char *value)
{
	(void)ctx, (void)name, (void)value;
	return SMFIS_CONTINUE;
}
static sfsistat
on_body(SMFICTX *ctx, unsigned char *p, size_t n)
{
	(void)ctx, (void)p, (void)n;
	return SMFIS_CONTINUE;
}
static sfsistat
on_event(SMFICTX *ctx)
{
	(void)ctx;
	return SMFIS_CONTINUE;
}

int
main(int argc, char **argv)
{
	static char name[] = "null";
	struct smfiDesc desc = {.xxfi_name = name, .xxfi_version = SMFI_VERSION,
		.xxfi_connect = on_connect, .xxfi_helo = on_text, .xxfi_envfrom = on_args,
		.xxfi_envrcpt = on_args, .xxfi_header = on_header, .xxfi_eoh = on_event,
		.xxfi_body = on_body, .xxfi_eom = on_event, .xxfi_abort = on_event,
		.xxfi_close = on_event, .xxfi_data = on_event};

	if (argc != 2 || smfi_setconn(argv[1]) != MI_SUCCESS || smfi_register(desc) != MI_SUCCESS)
		return 2;
	return smfi_main() == MI_SUCCESS ? 0 : 1;
}
