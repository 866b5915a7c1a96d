/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/mirror.h"
#include "tests/lib/unit.h"
#include "util/clock.h"

static const struct {
	struct listener_address address;
	const char *text;
} cases[] = {
	{{LISTENER_UNIX, "/run/postern/milter.sock", {0}, 0}, "unix:/run/postern/milter.sock"},
	{{LISTENER_INET, "", {4, {127, 0, 0, 1}}, 8899}, "inet:8899@127.0.0.1"},
	{{LISTENER_INET6, "", {6, {[15] = 1}}, 25}, "inet6:25@::1"},
	{{LISTENER_INET6, "", {6, {[15] = 1}}, 26}, "inet6:26@::1"},
};
enum { CASES = sizeof(cases) / sizeof(*cases) };

static void
formats_and_compares(void)
{
	char text[LISTENER_TEXT_MAX];

	for (size_t i = 0; i < CASES; i++) {
		listener_format(&cases[i].address, text);
		UNIT_CASE(strcmp(text, cases[i].text) == 0, cases[i].text);
		for (size_t k = 0; k < CASES; k++)
			UNIT_CASE(listener_eq(&cases[i].address, &cases[k].address) == (i == k),
				cases[i].text);
	}
}

/* ---- opening ---- */

static char dir[64];
static struct buf why;

static struct listener_address
at(const char *name)
{
	struct listener_address a = {.family = LISTENER_UNIX};

	snprintf(a.path, sizeof(a.path), "%s/%s", dir, name);
	return a;
}

static int
open_at(const struct listener_address *a)
{
	const struct listener_owner o = {geteuid(), getegid(), 0660};

	buf_reset(&why);
	return listener_open(a, &o, &why);
}

static bool
says(const char *text)
{
	return view_search_nocase(buf_view(&why), view_str(text)) < why.n;
}

static void
opens_unix(void)
{
	struct listener_address a = at("made/s");
	struct stat st;
	int fd = open_at(&a);

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(stat(a.path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0660);
	CU_ASSERT_TRUE(fcntl(fd, F_GETFL) & O_NONBLOCK);
	CU_ASSERT_TRUE(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	snprintf(a.path, sizeof(a.path), "%s/made", dir);
	CU_ASSERT_EQUAL(stat(a.path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0750);
	a = at("made/s");
	CU_ASSERT_EQUAL(open_at(&a), -1);
	CU_ASSERT_TRUE(says("another program is listening on"));
	CU_ASSERT_EQUAL(access(a.path, F_OK), 0); /* still the other one's */
	listener_close(&a, fd);
	CU_ASSERT_EQUAL(access(a.path, F_OK), -1);
}

static void
replaces_dead_sockets_only(void)
{
	struct listener_address a = at("dead");
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", a.path);
	CU_ASSERT_EQUAL(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	close(fd); /* the name stays */
	fd = open_at(&a);
	CU_ASSERT_TRUE(fd >= 0);
	listener_close(&a, fd);
	a = at("file");
	close(open(a.path, O_CREAT | O_WRONLY, 0600));
	CU_ASSERT_EQUAL(open_at(&a), -1);
	CU_ASSERT_TRUE(says("is not a socket"));
	CU_ASSERT_EQUAL(access(a.path, F_OK), 0);
}

static void
wants_a_safe_folder(void)
{
	struct listener_address a = at("open/s");
	char folder[128];

	snprintf(folder, sizeof(folder), "%s/open", dir);
	mkdir(folder, 0700);
	chmod(folder, 01777); /* sticky is not enough: anyone can be there first */
	CU_ASSERT_EQUAL(open_at(&a), -1);
	CU_ASSERT_TRUE(says("not be writable for all"));
	chmod(folder, 0755);
	if (geteuid() == 0) {
		CU_ASSERT_EQUAL(chown(folder, 65534, 65534), 0);
		CU_ASSERT_EQUAL(open_at(&a), -1);
		CU_ASSERT_TRUE(says("must belong to root"));
	}
	a = at("no/such/s");
	CU_ASSERT_EQUAL(open_at(&a), -1);
	CU_ASSERT_TRUE(says("does not exist"));
}

static void
opens_inet(void)
{
	struct listener_address a = {.family = LISTENER_INET, .ip = {4, {127, 0, 0, 1}}};
	struct sockaddr_in sa;
	socklen_t n = sizeof(sa), on_n = sizeof(int);
	int on = 0, fd = open_at(&a); /* port 0: any free one */

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &on_n), 0);
	CU_ASSERT_NOT_EQUAL(on, 0);
	getsockname(fd, (struct sockaddr *)&sa, &n);
	a.port = ntohs(sa.sin_port);
	CU_ASSERT_EQUAL(open_at(&a), -1);
	CU_ASSERT_TRUE(says("another program is listening on inet:"));
	close(fd);
	a = (struct listener_address){
		.family = LISTENER_INET, .ip = {4, {192, 0, 2, 1}}, .port = 8899};
	CU_ASSERT_EQUAL(open_at(&a), -1);
	CU_ASSERT_TRUE(says("does not have that address"));
}

static void
waits_for_the_earlier(void)
{
	const struct listener_owner o = {geteuid(), getegid(), 0660};
	struct listener_address a = at("busy");
	int fd = open_at(&a), second;
	int64_t began = clock_mono_ms();

	buf_reset(&why);
	CU_ASSERT_EQUAL(listener_open_within(&a, &o, 60, &why), -1);
	CU_ASSERT_TRUE(clock_mono_ms() - began >= 60);
	CU_ASSERT_TRUE(says("another program"));
	close(fd);
	buf_reset(&why);
	second = listener_open_within(&a, &o, 5000, &why);
	CU_ASSERT_TRUE(second >= 0);
	CU_ASSERT_EQUAL(why.n, 0);
	listener_close(&a, second);
}

/* As systemd does: descriptors from 3 on, said in the environment. */
static int
inherits(void)
{
	struct listener_address a = at("handed");
	struct listener_inherited set;
	int fd = open_at(&a), taken;
	char pid[16];
	bool ok;

	if (dup2(fd, 3) != 3 || dup2(open("/dev/null", O_RDONLY), 4) != 4)
		return 1;
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "2", 1);
	setenv("LISTEN_FDNAMES", "main:null", 1);
	listener_inherit(&set);
	ok = set.n == 2 && !getenv("LISTEN_FDS");
	buf_reset(&why);
	ok = ok && listener_take(&set, "other", &why) == -1 && why.n == 0;
	taken = listener_take(&set, "main", &why);
	ok = ok && taken == 3 && (fcntl(3, F_GETFD) & FD_CLOEXEC) &&
	     listener_take(&set, "main", &why) == -1;
	ok = ok && why.n == 0 && listener_take(&set, "null", &why) == -1 && why.n > 0;
	listener_inherited_free(&set);
	return ok && fcntl(3, F_GETFD) != -1 && fcntl(4, F_GETFD) == -1 ? 0 : 1;
}

static void
takes_systemds(void)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		close(STDERR_FILENO);
		_exit(inherits());
	}
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT_EQUAL(status, 0);
}

static const struct unit_test tests[] = {
	{"formats and compares addresses", formats_and_compares},
	{"opens unix sockets", opens_unix},
	{"replaces dead sockets and nothing else", replaces_dead_sockets_only},
	{"wants a folder that only root can change", wants_a_safe_folder},
	{"opens inet sockets", opens_inet},
	{"waits for an earlier daemon's workers", waits_for_the_earlier},
	{"takes systemd's sockets by name", takes_systemds},
};

int
main(void)
{
	int r;

	snprintf(dir, sizeof(dir), "/tmp/postern-listener-XXXXXX");
	if (!mkdtemp(dir))
		return 2;
	buf_init(&why, 1000);
	r = unit_main("io/listener", tests, sizeof(tests) / sizeof(*tests));
	buf_done(&why);
	mirror_remove(dir);
	return r;
}
