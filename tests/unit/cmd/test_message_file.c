/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/message_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/unit.h"

#define TEXT "From: joe@a.example\n\nhello\n"
#define NEITHER "neither a file nor a pipe"

static char folder[] = "/tmp/postern-message-XXXXXX";

static const char *
at(const char *name)
{
	static char path[100];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void
put(int fd, const char *text)
{
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	close(fd);
}

static void
make_all(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (!mkdtemp(folder))
		abort();
	put(open(at("file"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), TEXT);
	put(open(at("empty"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), "");
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", at("socket"));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 || mkfifo(at("fifo"), 0600) != 0 ||
		symlink("file", at("link")) != 0)
		abort();
	close(fd);
}

static void
remove_all(void)
{
	static const char *const names[] = {"file", "empty", "socket", "fifo", "link"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unlink(at(names[i]));
	rmdir(folder);
}

/* path: a name in the folder, or absolute. given and found: what is read of it, or why nothing is; NULL: absent
 * without a reason. */
static const struct {
	const char *path, *given, *found;
} rows[] = {
	{"file", TEXT, TEXT},
	{"empty", "", ""},
	{"link", TEXT, TEXT},
	{"nothing", "No such file or directory", "No such file or directory"},
	{"socket", NEITHER, NULL},
	{"", NEITHER, NULL},
	{"/dev/null", NEITHER, NULL},
	{"/dev/zero", NEITHER, NULL},
};

static void
expect(struct view got, const char *why, const char *want, const char *name)
{
	UNIT_CASE(got.p ? view_eq_str(got, want ? want : "?")
		: want && why ? strcmp(why, want) == 0 : !want && !why, name);
}

static void
kinds(void)
{
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *path = rows[i].path[0] == '/' ? rows[i].path : at(rows[i].path), *why = NULL;
		struct view got = message_file_read(path, a, &why);

		expect(got, why, rows[i].given, rows[i].path);
		why = "none was told";
		got = message_file_found(path, a, &why);
		expect(got, got.p ? NULL : why, rows[i].found, rows[i].path);
	}
	arena_free(a);
}

/* Its writer comes before or after the reader, as it happens. */
static void
fifo(void)
{
	struct arena *a = arena_new();
	const char *why = "none was told";

	CU_ASSERT_PTR_NULL(message_file_found(at("fifo"), a, &why).p); /* nobody writes: it does not wait */
	CU_ASSERT_PTR_NULL(why);
	for (int i = 0; i < 20; i++) {
		pid_t writer = fork();
		struct view got;

		if (writer == 0) {
			put(open(at("fifo"), O_WRONLY | O_CLOEXEC), TEXT);
			_exit(0);
		}
		got = message_file_read(at("fifo"), a, &why);
		UNIT_VIEW(got, TEXT);
		waitpid(writer, NULL, 0);
	}
	arena_free(a);
}

/* <(...) is a name of a pipe, whose writer may have gone. */
static void
substituted(void)
{
	struct arena *a = arena_new();
	const char *why = "none was told";
	char name[40];
	int end[2];

	if (pipe(end) != 0)
		abort();
	put(end[1], TEXT);
	snprintf(name, sizeof(name), "/dev/fd/%d", end[0]);
	UNIT_VIEW(message_file_read(name, a, &why), TEXT);
	close(end[0]);
	arena_free(a);
}

static void
standard_input(void)
{
	struct arena *a = arena_new();
	const char *why = "none was told";
	int kept = dup(STDIN_FILENO), end[2];

	if (pipe(end) != 0)
		abort();
	put(end[1], TEXT);
	dup2(end[0], STDIN_FILENO);
	UNIT_VIEW(message_file_read("-", a, &why), TEXT);
	UNIT_VIEW(message_file_read("-", a, &why), ""); /* it is still open, and at its end */
	dup2(kept, STDIN_FILENO);
	close(kept);
	close(end[0]);
	arena_free(a);
}

static const struct unit_test tests[] = {
	{"what a path may name", kinds},
	{"a FIFO", fifo},
	{"a pipe of the shell", substituted},
	{"standard input", standard_input},
};

int
main(void)
{
	int status;

	make_all();
	status = unit_main("cmd/message_file", tests, sizeof(tests) / sizeof(*tests));
	remove_all();
	return status;
}
