/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/spool.h"

#include <dirent.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/unit.h"

static char folder[] = "/tmp/postern-spool-XXXXXX";
static struct spool_area *area;

static struct spool *
begin(struct spool_options o)
{
	o.folder = folder;
	area = spool_area_open(&o);
	CU_ASSERT_PTR_NOT_NULL_FATAL(area);
	return spool_new(area, VIEW(""));
}

static void
end(struct spool *s)
{
	spool_free(s);
	CU_ASSERT_EQUAL(spool_area_used(area), 0);
	spool_area_close(area);
}

static const struct spool_options roomy = {
	.memory = 1000, .memory_all = 1000000, .max = 1000000, .max_all = 1000000};

static char bytes_of_pattern[100000];

static struct view
pattern(size_t n)
{
	return view_of(bytes_of_pattern, n);
}

/* All of it, read in pieces of step bytes, is the pattern. */
static bool
holds(struct spool *s, size_t n, size_t step)
{
	char bytes[7000];
	size_t got = 1, at = 0;

	for (; got > 0; at += got)
		if (spool_read(s, at, bytes, step, &got) != SPOOL_OK || (got < step && at + got != n) ||
			at + got > n || memcmp(bytes, pattern(n).p + at, got) != 0)
			return false;
	return at == n && spool_size(s) == n;
}

static size_t
entries(void)
{
	DIR *d = opendir(folder);
	size_t n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void
small_ones_stay_in_memory(void)
{
	struct spool *s = begin(roomy);

	CU_ASSERT_TRUE(holds(s, 0, 10));
	CU_ASSERT_EQUAL(spool_write(s, pattern(400)), SPOOL_OK);
	CU_ASSERT_EQUAL(spool_write(s, VIEW("")), SPOOL_OK);
	CU_ASSERT_EQUAL(spool_write(s, view_skip(pattern(1000), 400)), SPOOL_OK);
	CU_ASSERT_FALSE(spool_is_file(s));
	CU_ASSERT_TRUE(holds(s, 1000, 7));
	CU_ASSERT_TRUE(holds(s, 1000, 5000));
	CU_ASSERT_EQUAL(spool_area_used(area), 1000);
	end(s);
}

static void
large_ones_go_to_a_file(void)
{
	struct spool *s = begin(roomy);

	for (size_t at = 0; at < 90000; at += 900)
		CU_ASSERT_EQUAL(spool_write(s, view_of(pattern(90000).p + at, 900)), SPOOL_OK);
	CU_ASSERT_TRUE(spool_is_file(s));
	CU_ASSERT_EQUAL(entries(), 0); /* it has no name: nothing is left behind, whatever happens */
	CU_ASSERT_TRUE(holds(s, 90000, 6999));
	CU_ASSERT_EQUAL(spool_area_used(area), 90000);
	spool_reset(s);
	CU_ASSERT_EQUAL(spool_area_used(area), 0);
	CU_ASSERT_FALSE(spool_is_file(s));
	CU_ASSERT_TRUE(holds(s, 0, 10));
	CU_ASSERT_EQUAL(spool_write(s, pattern(5)), SPOOL_OK);
	CU_ASSERT_TRUE(holds(s, 5, 10));
	end(s);
}

static void
one_write_may_be_larger_than_memory(void)
{
	struct spool *s = begin(roomy);

	CU_ASSERT_EQUAL(spool_write(s, pattern(1001)), SPOOL_OK);
	CU_ASSERT_TRUE(spool_is_file(s));
	CU_ASSERT_TRUE(holds(s, 1001, 100));
	end(s);
}

static void
memory_of_all_has_a_ceiling(void)
{
	struct spool_options o = roomy;
	struct spool *a, *b;

	o.memory_all = 1500;
	a = begin(o);
	b = spool_new(area, VIEW(""));
	CU_ASSERT_EQUAL(spool_write(a, pattern(900)), SPOOL_OK);
	CU_ASSERT_EQUAL(spool_write(b, pattern(601)), SPOOL_OK);
	CU_ASSERT_FALSE(spool_is_file(a));
	CU_ASSERT_TRUE(spool_is_file(b));
	CU_ASSERT_TRUE(holds(b, 601, 100));
	spool_free(b);
	b = spool_new(area, VIEW(""));
	CU_ASSERT_EQUAL(spool_write(b, pattern(600)), SPOOL_OK);
	CU_ASSERT_FALSE(spool_is_file(b));
	spool_reset(a); /* makes room for others */
	CU_ASSERT_EQUAL(spool_write(b, view_of(pattern(1000).p + 600, 400)), SPOOL_OK);
	CU_ASSERT_FALSE(spool_is_file(b));
	CU_ASSERT_TRUE(holds(b, 1000, 100));
	spool_free(b);
	end(a);
}

/* After a failure nothing is left, and nothing can be added as if nothing had happened. */
static void
is_given_up(struct spool *s, enum spool_result r)
{
	char c;
	size_t n;

	CU_ASSERT_EQUAL(spool_write(s, VIEW("x")), r);
	CU_ASSERT_EQUAL(spool_size(s), 0);
	CU_ASSERT_FALSE(spool_is_file(s));
	CU_ASSERT_EQUAL(spool_read(s, 0, &c, 1, &n), SPOOL_FAILED);
}

static void
has_ceilings(void)
{
	struct spool_options o = roomy;
	struct spool *a, *b;

	o.max = 3000;
	o.max_all = 4000;
	a = begin(o);
	b = spool_new(area, VIEW(""));
	CU_ASSERT_EQUAL(spool_write(a, pattern(3000)), SPOOL_OK);
	CU_ASSERT_EQUAL(spool_write(a, VIEW("x")), SPOOL_TOO_BIG);
	is_given_up(a, SPOOL_TOO_BIG);
	CU_ASSERT_EQUAL(spool_area_used(area), 0);
	spool_reset(a);
	CU_ASSERT_EQUAL(spool_write(a, pattern(3000)), SPOOL_OK);
	CU_ASSERT_EQUAL(spool_write(b, pattern(1000)), SPOOL_OK);
	errno = ENOENT;
	CU_ASSERT_EQUAL(spool_write(b, VIEW("x")), SPOOL_FULL);
	CU_ASSERT_EQUAL(errno, 0);
	is_given_up(b, SPOOL_FULL);
	CU_ASSERT_TRUE(holds(a, 3000, 100)); /* the other one is untouched */
	CU_ASSERT_EQUAL(spool_area_used(area), 3000);
	spool_reset(b);
	CU_ASSERT_EQUAL(spool_write(b, pattern(1000)), SPOOL_OK);
	spool_free(b);
	end(a);
}

static void
an_owner_has_a_share(void)
{
	struct spool_options o = roomy;
	struct spool *a, *b, *other, *nobody;

	o.max_all = 10000;
	o.max_owner = 3000;
	a = begin(o);
	spool_free(a);
	a = spool_new(area, VIEW("kim"));
	b = spool_new(area, VIEW("kim"));
	other = spool_new(area, VIEW("joe"));
	nobody = spool_new(area, VIEW(""));
	CU_ASSERT_EQUAL(spool_write(a, pattern(2000)), SPOOL_OK);
	CU_ASSERT_TRUE(spool_put(b, pattern(900)));
	CU_ASSERT_FALSE(spool_put(b, pattern(101)));
	CU_ASSERT_EQUAL(spool_area_used(area), 2900);
	errno = ENOENT;
	CU_ASSERT_EQUAL(spool_write(b, pattern(101)), SPOOL_FULL);
	CU_ASSERT_EQUAL(errno, 0);
	is_given_up(b, SPOOL_FULL);
	CU_ASSERT_EQUAL(spool_write(other, pattern(3000)), SPOOL_OK);
	CU_ASSERT_EQUAL(spool_write(nobody, pattern(4000)), SPOOL_OK); /* who has no share */
	spool_reset(a);
	spool_reset(b);
	CU_ASSERT_EQUAL(spool_write(b, pattern(3000)), SPOOL_OK); /* what the first had is given back */
	spool_free(b);
	spool_free(other);
	spool_free(nobody);
	end(a);
	o.max_owner = 0; /* switched off */
	spool_free(begin(o));
	a = spool_new(area, VIEW("kim"));
	CU_ASSERT_EQUAL(spool_write(a, pattern(9000)), SPOOL_OK);
	end(a);
}

/* Messages without a byte leave nothing of their owners behind. */
static void
empty_ones_are_nobodys(void)
{
	struct spool_options o = roomy;
	size_t before;

	o.max_owner = 3000;
	spool_free(begin(o));
	before = mallinfo2().uordblks + mallinfo2().hblkhd;
	for (unsigned i = 0; i < 100000; i++) {
		struct spool *s = spool_new(area, view_of(&i, sizeof(i)));

		CU_ASSERT_TRUE_FATAL(spool_put(s, VIEW("")));
		spool_free(s);
	}
	CU_ASSERT(mallinfo2().uordblks + mallinfo2().hblkhd < before + 100000);
	spool_area_close(area);
}

/* ---- the disk ---- */

/* In a process of its own: its status. */
static int
apart(int (*run)(void))
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		_exit(run());
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

enum { NOT_ALLOWED = 77 };

static int
on_a_full_disk(void)
{
	struct spool_options o = roomy;
	struct spool *s;
	int i = 0;

	if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, "") != 0 ||
		mount("none", folder, "tmpfs", 0, "size=64k") != 0)
		return NOT_ALLOWED;
	o.folder = folder;
	area = spool_area_open(&o);
	s = spool_new(area, VIEW(""));
	while (i < 100 && spool_write(s, pattern(5000)) == SPOOL_OK)
		i++;
	if (errno != ENOSPC)
		return 3;
	if (i < 5 || i > 14 || spool_write(s, VIEW("x")) != SPOOL_FULL || spool_area_used(area) != 0)
		return 1;
	spool_reset(s); /* the disk has room again */
	if (spool_write(s, pattern(5000)) != SPOOL_OK || !spool_is_file(s) || !holds(s, 5000, 999))
		return 2;
	return 0;
}

static void
a_full_disk_is_an_answer(void)
{
	int r = apart(on_a_full_disk);

	if (r == NOT_ALLOWED)
		printf("skip: a small disk needs root\n");
	else
		CU_ASSERT_EQUAL(r, 0);
}

static int
with_a_file_limit(void)
{
	const struct rlimit r = {8000, 8000};
	struct spool_options o = roomy;
	struct spool *s;

	o.folder = folder;
	signal(SIGXFSZ, SIG_IGN); /* as in every process of the daemon (io/child.c) */
	setrlimit(RLIMIT_FSIZE, &r);
	area = spool_area_open(&o);
	s = spool_new(area, VIEW(""));
	if (spool_write(s, pattern(7000)) != SPOOL_OK)
		return 1;
	return spool_write(s, pattern(7000)) == SPOOL_FULL ? 0 : 2;
}

static void
a_limit_of_files_is_an_answer(void)
{
	CU_ASSERT_EQUAL(apart(with_a_file_limit), 0);
}

static int
without_descriptors(void)
{
	struct rlimit r = {0, 0};
	struct spool_options o = roomy;
	struct spool *s;

	o.folder = folder;
	area = spool_area_open(&o);
	s = spool_new(area, VIEW(""));
	setrlimit(RLIMIT_NOFILE, &r);
	if (spool_write(s, pattern(900)) != SPOOL_OK) /* memory needs none */
		return 1;
	errno = 0;
	if (spool_write(s, pattern(900)) != SPOOL_FAILED || errno != EMFILE)
		return 2;
	return spool_area_used(area) == 0 ? 0 : 3;
}

static void
no_descriptor_is_an_answer(void)
{
	CU_ASSERT_EQUAL(apart(without_descriptors), 0);
}

static void
wants_a_folder(void)
{
	struct spool_options o = roomy;

	o.folder = "/nonexistent";
	CU_ASSERT_PTR_NULL(spool_area_open(&o));
	CU_ASSERT_EQUAL(errno, ENOENT);
	o.folder = "/proc"; /* nobody can make a file there */
	CU_ASSERT_PTR_NULL(spool_area_open(&o));
}

/* ---- threads ---- */

static void *
write_and_forget(void *arg)
{
	for (int i = 0; i < 300; i++) {
		struct spool *s = spool_new(area, VIEW(""));

		CU_ASSERT_EQUAL(spool_write(s, pattern(700)), SPOOL_OK);
		if (i % 10 == 0)
			CU_ASSERT_EQUAL(spool_write(s, pattern(700)), SPOOL_OK);
		spool_free(s);
	}
	return NULL;
}

static void
threads_share_the_area(void)
{
	struct spool *s = begin(roomy);
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, write_and_forget, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	end(s); /* all has been given back */
}

/* What spool_put does not take, spool_write does; nothing is counted twice. */
static void
puts_only_what_needs_no_file(void)
{
	struct spool *s = begin((struct spool_options){
		.memory = 1000, .memory_all = 1500, .max = 3000, .max_all = 3500}), *other = spool_new(area, VIEW(""));

	CU_ASSERT_TRUE(spool_put(s, pattern(900)));
	CU_ASSERT_FALSE(spool_put(s, view_skip(pattern(1001), 900)));
	CU_ASSERT_FALSE(spool_put(other, pattern(601))); /* the memory of all */
	CU_ASSERT_EQUAL(spool_area_used(area), 900);
	CU_ASSERT_TRUE(spool_put(other, pattern(600)));
	CU_ASSERT_FALSE(spool_is_file(s));
	CU_ASSERT_EQUAL(spool_write(s, view_skip(pattern(1001), 900)), SPOOL_OK);
	CU_ASSERT_TRUE(spool_is_file(s));
	CU_ASSERT_FALSE(spool_put(s, pattern(1)));
	CU_ASSERT_TRUE(holds(s, 1001, 100));
	CU_ASSERT_EQUAL(spool_write(s, pattern(3000)), SPOOL_TOO_BIG);
	CU_ASSERT_FALSE(spool_put(s, pattern(1))); /* the failure stays */
	spool_free(other);
	end(s);
}

static const struct unit_test tests[] = {
	{"small ones stay in memory", small_ones_stay_in_memory},
	{"large ones go to a file without a name", large_ones_go_to_a_file},
	{"one write may be larger than memory", one_write_may_be_larger_than_memory},
	{"the memory of all has a ceiling", memory_of_all_has_a_ceiling},
	{"has ceilings", has_ceilings},
	{"an owner has a share of it", an_owner_has_a_share},
	{"empty messages are nobody's", empty_ones_are_nobodys},
	{"a full disk is an answer", a_full_disk_is_an_answer},
	{"a limit of files is an answer", a_limit_of_files_is_an_answer},
	{"no descriptor is an answer", no_descriptor_is_an_answer},
	{"wants a folder", wants_a_folder},
	{"puts only what needs no file", puts_only_what_needs_no_file},
	{"threads share the area", threads_share_the_area},
};

int
main(void)
{
	int status;

	if (!mkdtemp(folder))
		return 1;
	for (size_t i = 0; i < sizeof(bytes_of_pattern); i++)
		bytes_of_pattern[i] = (char)(i * 7 + i / 251);
	status = unit_main("io/spool", tests, sizeof(tests) / sizeof(*tests));
	rmdir(folder);
	return status;
}
