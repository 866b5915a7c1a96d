/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/svc/store_process.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "svc/store_server.h"

void
process_socket(struct process *p)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	memcpy(a.sun_path, p->socket, strlen(p->socket));
	p->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(p->listener, (struct sockaddr *)&a, sizeof(a)) != 0 || listen(p->listener, 64) != 0)
		abort();
}

void
process_folder(struct process *p)
{
	memset(p, 0, sizeof(*p));
	memcpy(p->folder, "/tmp/postern-store-XXXXXX", 26);
	if (!mkdtemp(p->folder))
		abort();
	snprintf(p->socket, sizeof(p->socket), "%s/socket", p->folder);
	snprintf(p->file, sizeof(p->file), "%s/state.db", p->folder);
	process_socket(p);
}

void
process_remove(struct process *p)
{
	char pattern[80];
	glob_t g = {0};

	close(p->listener);
	snprintf(pattern, sizeof(pattern), "%s/*", p->folder);
	if (glob(pattern, 0, NULL, &g) == 0)
		for (size_t i = 0; i < g.gl_pathc; i++)
			unlink(g.gl_pathv[i]);
	globfree(&g);
	rmdir(p->folder);
}

static void
process_run(struct process *p, bool as_nobody, const struct store_redis_options *redis)
{
	int control[2];

	if (pipe(control) != 0)
		abort();
	p->pid = fork();
	if (p->pid == 0) {
		close(control[1]);
		if (as_nobody && (setgid(65534) != 0 || setuid(65534) != 0))
			_exit(2);
		_exit(store_server_run(p->listener, control[0], p->file, redis, NULL) == 0 ? 0 : 1);
	}
	close(control[0]);
	p->control = control[1];
}

void
process_start(struct process *p, bool as_nobody)
{
	process_run(p, as_nobody, NULL);
}

void
process_start_redis(struct process *p, const struct store_redis_options *redis)
{
	process_run(p, false, redis);
}

int
process_reap(struct process *p)
{
	int status = -1;

	if (waitpid(p->pid, &status, 0) != p->pid)
		return -1;
	close(p->control);
	return status;
}

bool
process_stop(struct process *p)
{
	return write(p->control, "drain\n", 6) == 6 && process_reap(p) == 0;
}
