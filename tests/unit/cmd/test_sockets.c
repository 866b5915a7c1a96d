/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/sockets.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/mirror.h"
#include "tests/lib/unit.h"

static char dir[64];
static struct buf why;

static struct conf_listener
named(const char *name, char path[static 96])
{
	snprintf(path, 96, "%s/%s", dir, name);
	return (struct conf_listener){
		.name = name, .address = path, .family = CONF_UNIX, .path = path, .mode = 0660};
}

static bool
answers(const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), r;

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	r = connect(fd, (struct sockaddr *)&sa, sizeof(sa));
	close(fd);
	return r == 0;
}

static struct sockets *
fresh(void)
{
	struct privileges own;

	privileges_own(&own);
	buf_reset(&why);
	return sockets_new(&own);
}

static void
keeps_over_reloads(void)
{
	struct sockets *s = fresh();
	char pa[96], pb[96], pc[96];
	struct conf_listener a = named("a", pa), b = named("b", pb), c = named("c", pc);
	int fd = sockets_get(s, &a, 0, &why);

	CU_ASSERT_TRUE(fd >= 0 && sockets_get(s, &b, 0, &why) >= 0);
	sockets_settle(s, true);
	CU_ASSERT_EQUAL(sockets_get(s, &a, 0, &why), fd); /* the same one, with its backlog */
	CU_ASSERT_TRUE(sockets_get(s, &c, 0, &why) >= 0);
	sockets_settle(s, false); /* refused: what served serves on */
	CU_ASSERT_TRUE(answers(pa) && answers(pb));
	CU_ASSERT_EQUAL(access(pc, F_OK), -1);
	CU_ASSERT_EQUAL(sockets_get(s, &a, 0, &why), fd);
	CU_ASSERT_TRUE(sockets_get(s, &c, 0, &why) >= 0);
	sockets_settle(s, true);
	CU_ASSERT_TRUE(answers(pa) && answers(pc));
	CU_ASSERT_EQUAL(access(pb, F_OK), -1);
	CU_ASSERT_EQUAL(why.n, 0);
	sockets_free(s);
	CU_ASSERT_EQUAL(access(pa, F_OK), -1);
	CU_ASSERT_EQUAL(access(pc, F_OK), -1);
}

static void
says_what_is_missing(void)
{
	struct sockets *s = fresh();
	char path[96], long_path[200];
	struct conf_listener l = named("x", path);

	if (geteuid() == 0) {
		l.group = "no-such-group";
		CU_ASSERT_EQUAL(sockets_get(s, &l, 0, &why), -1);
		UNIT_VIEW(buf_view(&why), "there is no group 'no-such-group' for socket-group");
		buf_reset(&why);
		l.group = NULL;
		l.owner = "no-such-user";
		CU_ASSERT_EQUAL(sockets_get(s, &l, 0, &why), -1);
		UNIT_VIEW(buf_view(&why), "there is no user 'no-such-user' for socket-owner");
		buf_reset(&why);
		l.owner = NULL;
	}
	memset(long_path, 'x', sizeof(long_path) - 1);
	long_path[0] = '/';
	long_path[sizeof(long_path) - 1] = 0;
	l.path = long_path;
	CU_ASSERT_EQUAL(sockets_get(s, &l, 0, &why), -1);
	UNIT_VIEW(buf_view(&why), "the path of a unix socket has at most 107 bytes");
	sockets_free(s);
}

static const struct unit_test tests[] = {
	{"keeps sockets over reloads", keeps_over_reloads},
	{"says what is missing", says_what_is_missing},
};

int
main(void)
{
	int r;

	snprintf(dir, sizeof(dir), "/tmp/postern-sockets-XXXXXX");
	if (!mkdtemp(dir))
		return 2;
	buf_init(&why, 10000);
	r = unit_main("cmd/sockets", tests, sizeof(tests) / sizeof(*tests));
	buf_done(&why);
	mirror_remove(dir);
	return r;
}
