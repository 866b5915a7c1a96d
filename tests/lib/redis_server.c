/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/redis_server.h"

#include <glob.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM "/usr/bin/redis-server"

enum { TRIES = 2000, TRY_US = 5000, ARGS = 24 };

static redisContext *
reach(const struct redis_server *s)
{
	redisContext *c = redisConnectUnix(s->address.path);

	if (c && c->err) {
		redisFree(c);
		return NULL;
	}
	return c;
}

static void
become(const struct redis_server *s, const char *const *more)
{
	const char *argv[ARGS] = {PROGRAM, "--port", "0", "--unixsocket", s->address.path, "--save", "",
		"--appendonly", "no", "--dir", s->folder, "--logfile", s->log};
	size_t n = 13;

	for (; more && *more && n < ARGS - 1; more++)
		argv[n++] = *more;
	execv(PROGRAM, (char **)(uintptr_t)argv);
	_exit(127);
}

void
redis_server_again(struct redis_server *s, const char *const *more)
{
	redisContext *c = NULL;

	unlink(s->address.path);
	s->pid = fork();
	if (s->pid == 0)
		become(s, more);
	for (int i = 0; i < TRIES && !(c = reach(s)); i++)
		usleep(TRY_US);
	if (!c)
		abort();
	redisFree(c);
}

bool
redis_server_start(struct redis_server *s, const char *const *more)
{
	if (access(PROGRAM, X_OK) != 0) {
		printf("skip: svc/store with Redis: no " PROGRAM "\n");
		return false;
	}
	memset(s, 0, sizeof(*s));
	memcpy(s->folder, "/tmp/postern-redis-XXXXXX", 26);
	if (!mkdtemp(s->folder))
		abort();
	s->address.family = LISTENER_UNIX;
	snprintf(s->address.path, sizeof(s->address.path), "%s/socket", s->folder);
	snprintf(s->log, sizeof(s->log), "%s/log", s->folder);
	redis_server_again(s, more);
	return true;
}

void
redis_server_kill(struct redis_server *s, int signal)
{
	if (s->pid > 0) {
		kill(s->pid, signal);
		waitpid(s->pid, NULL, 0);
	}
	s->pid = 0;
}

void
redis_server_remove(struct redis_server *s)
{
	char pattern[80];
	glob_t g = {0};

	redis_server_kill(s, SIGKILL);
	snprintf(pattern, sizeof(pattern), "%s/*", s->folder);
	if (glob(pattern, 0, NULL, &g) == 0)
		for (size_t i = 0; i < g.gl_pathc; i++)
			unlink(g.gl_pathv[i]);
	globfree(&g);
	rmdir(s->folder);
}

const char *
redis_server_ask(const struct redis_server *s, const char *command)
{
	static char out[256];
	redisContext *c = reach(s);
	redisReply *r = c ? redisCommand(c, command) : NULL;

	out[0] = '\0';
	if (r && r->type == REDIS_REPLY_INTEGER)
		snprintf(out, sizeof(out), "%lld", r->integer);
	else if (r && r->str)
		snprintf(out, sizeof(out), "%s", r->str);
	if (r)
		freeReplyObject(r);
	if (c)
		redisFree(c);
	return out;
}
