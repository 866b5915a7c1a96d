/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/run_dir.h"

#include <stdio.h>

#include "policy/conf.h"

/* Where the daemon is when its settings cannot say it. */
#define RUN_DIR "/run/postern"

void
run_dir_socket(const char *config, const char *name, char out[static RUN_DIR_ROOM])
{
	struct diag *d = diag_new();
	struct conf *c = conf_load_most(NULL, config, "localhost", d);
	const char *run_dir = c ? c->run_dir : RUN_DIR;

	if (!c)
		diag_show(d, stderr);
	if (diag_errors(d))
		fprintf(stderr, "postern: the settings %s, so the daemon is looked for in %s\n",
			c ? "have mistakes ('postern check' shows them)" : "cannot be read", run_dir);
	snprintf(out, RUN_DIR_ROOM, "%s/%s", run_dir, name);
	conf_free(c);
	diag_free(d);
}
