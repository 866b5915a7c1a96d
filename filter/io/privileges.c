/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/log.h"

int
privileges_find(const char *user, struct privileges *out)
{
	struct privileges p = {0};
	const struct passwd *pw;
	int n = PRIVILEGES_GROUPS;

	errno = 0;
	pw = getpwnam(user);
	if (!pw) {
		errno = errno ? errno : ENOENT;
		return -1;
	}
	if (pw->pw_uid == 0 || pw->pw_gid == 0) {
		errno = EPERM;
		return -1;
	}
	p.uid = pw->pw_uid;
	p.gid = pw->pw_gid;
	if (getgrouplist(user, p.gid, p.group, &n) < 0) {
		errno = E2BIG;
		return -1;
	}
	p.n_groups = (size_t)n;
	*out = p;
	return 0;
}

int
privileges_user(const char *name, uid_t *out)
{
	const struct passwd *pw;

	errno = 0;
	pw = getpwnam(name);
	if (!pw) {
		errno = errno ? errno : ENOENT;
		return -1;
	}
	*out = pw->pw_uid;
	return 0;
}

int
privileges_group(const char *name, gid_t *out)
{
	const struct group *gr;

	errno = 0;
	gr = getgrnam(name);
	if (!gr) {
		errno = errno ? errno : ENOENT;
		return -1;
	}
	*out = gr->gr_gid;
	return 0;
}

void
privileges_own(struct privileges *out)
{
	*out = (struct privileges){.uid = geteuid(), .gid = getegid()};
}

/* ---- capabilities: what root's power is made of ---- */

enum { SETS = 2 }; /* of 32 each */

static int
get_capabilities(struct __user_cap_data_struct data[static SETS])
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};

	return (int)syscall(SYS_capget, &head, data);
}

/* All others go. */
static int
set_capabilities(uint32_t mask)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[SETS] = {{.effective = mask, .permitted = mask}};

	return (int)syscall(SYS_capset, &head, data);
}

static uint32_t
any_source(void)
{
	struct __user_cap_data_struct data[SETS] = {{0}};

	return get_capabilities(data) == 0 ? data[0].permitted & 1u << CAP_NET_RAW : 0;
}

bool
privileges_any_source(void)
{
	return any_source() != 0;
}

/* None but these may be left, whatever securebits said. */
static bool
has_more_capabilities(uint32_t mask)
{
	struct __user_cap_data_struct data[SETS] = {{0}};

	if (get_capabilities(data) != 0)
		return true;
	return ((data[0].effective | data[0].permitted) & ~mask) || data[0].inheritable ||
	       data[1].effective || data[1].permitted || data[1].inheritable;
}

/* True if the ids are p's, all of them, and root's cannot be had again. */
static bool
is_dropped(const struct privileges *p, uint32_t kept)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	if (getresuid(&r, &e, &s) != 0 || r != p->uid || e != p->uid || s != p->uid)
		return false;
	if (getresgid(&rg, &eg, &sg) != 0 || rg != p->gid || eg != p->gid || sg != p->gid)
		return false;
	if (setresuid((uid_t)-1, 0, (uid_t)-1) == 0 || setresgid((gid_t)-1, 0, (gid_t)-1) == 0)
		return false;
	return !has_more_capabilities(kept);
}

int
privileges_drop(const struct privileges *p)
{
	const struct rlimit none = {0, 0}; /* a core would hold mail and keys */
	uint32_t kept;

	umask(0027);
	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	if (geteuid() != 0) {
		log_info("privileges", "not started as root: stays user %u", (unsigned)geteuid());
		return 0;
	}
	errno = EPERM;
	if (p->uid == 0 || p->gid == 0)
		return -1;
	kept = p->any_source ? any_source() : 0;
	if (kept && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0)
		return -1;
	if (setgroups(p->n_groups, p->group) != 0 || setresgid(p->gid, p->gid, p->gid) != 0 ||
		setresuid(p->uid, p->uid, p->uid) != 0)
		return -1;
	if (kept && (set_capabilities(kept) != 0 || prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) != 0))
		return -1;
	errno = EPERM;
	return is_dropped(p, kept) ? 0 : -1;
}
