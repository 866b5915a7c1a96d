/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/settings_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/mirror.h"
#include "tests/lib/unit.h"

static char dir[64], kept[96], path[96];
static struct buf why;

static struct conf *
read_kept(void)
{
	buf_reset(&why);
	return settings_file_read_kept(kept, "/etc/postern/postern.conf", &why);
}

static void
write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		abort();
}

static void
reads_and_keeps(void)
{
	struct buf text;
	struct conf *c;

	buf_init(&text, 10000);
	write_file(path, "hostname mx.example.org\n");
	c = settings_file_read(path, &text, &why);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_STRING_EQUAL(c->hostname, "mx.example.org");
	conf_free(c);
	UNIT_VIEW(buf_view(&text), "hostname mx.example.org\n");
	CU_ASSERT_EQUAL(settings_file_keep(kept, VIEW("hostname old.example.org\n")), 0);
	CU_ASSERT_EQUAL(settings_file_keep(kept, buf_view(&text)), 0);
	buf_done(&text);
	c = read_kept();
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_STRING_EQUAL(c->hostname, "mx.example.org");
	conf_free(c);
}

static void
says_what_is_wrong(void)
{
	struct buf text;

	buf_init(&text, 1000);
	write_file(path, "hostnam x\n");
	buf_reset(&why);
	CU_ASSERT_PTR_NULL(settings_file_read(path, &text, &why));
	CU_ASSERT_TRUE(
		view_search_nocase(buf_view(&why), VIEW("did you mean 'hostname'?")) < why.n);
	CU_ASSERT_EQUAL(text.n, 0);
	unlink(path);
	buf_reset(&why);
	CU_ASSERT_PTR_NULL(settings_file_read(path, NULL, &why));
	CU_ASSERT_TRUE(view_search_nocase(buf_view(&why), VIEW("no such file")) < why.n);
}

/* Whoever can write the copy decides what root does: each of these must be refused. */
static void
trusts_its_own_copy_only(void)
{
	char other[96];

	snprintf(other, sizeof(other), "%s/other", dir);
	unlink(kept);
	CU_ASSERT_PTR_NULL(read_kept());
	CU_ASSERT_TRUE(view_search_nocase(buf_view(&why),
			       VIEW("there is no last good configuration to fall back to")) < why.n);
	write_file(other, "hostname mx.example.org\n");
	CU_ASSERT_EQUAL(symlink(other, kept), 0);
	CU_ASSERT_PTR_NULL(read_kept());
	unlink(kept);
	CU_ASSERT_EQUAL(link(other, kept), 0);
	CU_ASSERT_PTR_NULL(read_kept());
	unlink(other);
	chmod(kept, 0660);
	CU_ASSERT_PTR_NULL(read_kept());
	chmod(kept, 0606);
	CU_ASSERT_PTR_NULL(read_kept());
	if (geteuid() == 0) {
		chmod(kept, 0600);
		CU_ASSERT_EQUAL(chown(kept, 65534, 65534), 0);
		CU_ASSERT_PTR_NULL(read_kept());
	}
	unlink(kept);
	CU_ASSERT_EQUAL(mkfifo(kept, 0600), 0); /* and does not wait */
	CU_ASSERT_PTR_NULL(read_kept());
	unlink(kept);
}

static const struct unit_test tests[] = {
	{"reads and keeps", reads_and_keeps},
	{"says what is wrong", says_what_is_wrong},
	{"trusts its own copy only", trusts_its_own_copy_only},
};

int
main(void)
{
	int r;

	snprintf(dir, sizeof(dir), "/tmp/postern-settings-XXXXXX");
	if (!mkdtemp(dir))
		return 2;
	snprintf(kept, sizeof(kept), "%s/last-good.conf", dir);
	snprintf(path, sizeof(path), "%s/postern.conf", dir);
	buf_init(&why, 10000);
	r = unit_main("cmd/settings_file", tests, sizeof(tests) / sizeof(*tests));
	buf_done(&why);
	mirror_remove(dir);
	return r;
}
