/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/make_key.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "cmd/assembly.h"
#include "cmd/key_check.h"
#include "io/privileges.h"
#include "mail/dkim/dkim_sign.h"
#include "mail/domain.h"
#include "util/limits.h"
#include "util/log.h"

enum { BITS = 2048, TXT_STRING = 255, PEM_MAX = 16 * 1024 };

struct key_options {
	const char *conf, *selector, *folder, *show;
	bool ed25519, check;
	uint64_t bits;
	struct view domain;
};

static const char usage[] =
	"usage: postern dkim-key [-c FILE] [--type rsa|ed25519] [--bits N] [--selector NAME]\n"
	"                        [--dir FOLDER] DOMAIN\n"
	"       postern dkim-key [--selector NAME] --show KEY-FILE DOMAIN\n"
	"       postern dkim-key [-c FILE] --check [DOMAIN]\n"
	"\n"
	"Makes a private key that signs the mail of DOMAIN, as FOLDER/DOMAIN.SELECTOR.pem, and prints\n"
	"the DNS record that publishes it and the line for the table that dkim-keys names.\n"
	"\n"
	"  -c FILE            the settings, for the user that will read the key (default\n"
	"                     " ASSEMBLY_CONF ")\n"
	"  --type TYPE        rsa (default; verified everywhere) or ed25519 (beside an RSA key)\n"
	"  --bits N           size of an RSA key, 1024 to 4096 (default 2048)\n"
	"  --selector NAME    its name in the DNS (default: the year and month, as in r202601)\n"
	"  --dir FOLDER       where the file goes (default /etc/postern/keys)\n"
	"  --show KEY-FILE    print the record of a key that is there; makes nothing\n"
	"  --check            does the DNS publish the keys of the table, all or those for DOMAIN?\n"
	"\n"
	"Exit: 0 done, 1 the DNS has another key or none, 64 wrong usage, 66 no such key, 73 the file\n"
	"cannot be made, 75 the DNS did not answer, 78 no such user, or settings or table are wrong.\n";

static int
wrong(const char *what, const char *value)
{
	fprintf(stderr, "postern dkim-key: %s%s%s\n\n%s", what, value ? ": " : "", value ? value : "", usage);
	return EX_USAGE;
}

/* ---- the key ---- */

static EVP_PKEY *
generate(const struct key_options *o)
{
	EVP_PKEY *key = o->ed25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
				   : EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)o->bits);

	if (!key)
		log_die("OpenSSL makes no key");
	return key;
}

/* Its PEM, in a. */
static struct view
pem_of(EVP_PKEY *key, struct arena *a)
{
	BIO *out = BIO_new(BIO_s_mem());
	struct view v;
	char *p;
	long n;

	if (!out || PEM_write_bio_PKCS8PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) != 1)
		log_die("OpenSSL writes no key");
	n = BIO_get_mem_data(out, &p);
	v = arena_copy(a, view_of(p, (size_t)n));
	BIO_free(out);
	return v;
}

/* The service user has to pass through it, whatever the umask of who calls. */
static int
make_folder(const char *path)
{
	if (mkdir(path, 0755) == 0)
		return chmod(path, 0755);
	return errno == EEXIST ? 0 : -1;
}

/* A new file, readable by the service user alone. 0, or -1 with errno; an unfinished file is removed. */
static int
write_key(const char *path, struct view pem, const struct privileges *user)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600), error = 0;

	if (fd < 0)
		return -1;
	if (write(fd, pem.p, pem.n) != (ssize_t)pem.n || fsync(fd) != 0 ||
		(geteuid() == 0 && fchown(fd, user->uid, user->gid) != 0))
		error = errno ? errno : EIO;
	if (close(fd) != 0 && !error)
		error = errno;
	if (error)
		unlink(path);
	errno = error;
	return error ? -1 : 0;
}

/* ---- what to do with it ---- */

/* Strings of a TXT record have 255 bytes at most (RFC 1035 section 3.3.14). */
static void
print_record(const struct key_options *o, struct view record)
{
	printf("; for the DNS\n%s._domainkey.%.*s. IN TXT (", o->selector, VIEW_ARG(o->domain));
	for (; record.n; record = view_skip(record, TXT_STRING))
		printf("\n\t\"%.*s\"", VIEW_ARG(view_head(record, TXT_STRING)));
	puts(" )");
}

static struct view
record_of(struct view pem, struct arena *a, const char **why_out)
{
	struct dkim_sign_key *k = dkim_sign_key_read(pem, why_out);
	struct view record = k ? dkim_sign_key_record(k, a) : (struct view){NULL, 0};

	dkim_sign_key_free(k);
	return record;
}

static int
show(const struct key_options *o, struct arena *a)
{
	const char *why;
	struct view pem, record = {NULL, 0};

	if (source_read(NULL, o->show, PEM_MAX, a, &pem, &why) == SOURCE_OK)
		record = record_of(pem, a, &why);
	if (!record.p) {
		fprintf(stderr, "postern dkim-key: %s: %s\n", o->show, why);
		return EX_NOINPUT;
	}
	print_record(o, record);
	return EX_OK;
}

/* The user of the settings, if they can be read; else the default one. */
static int
find_user(const struct key_options *o, struct arena *a, struct privileges *out)
{
	struct diag *d = diag_new();
	struct conf *c = conf_load_most(NULL, o->conf, "localhost", d);
	const char *name = c ? arena_cstr(a, view_str(c->user)) : "postern";
	int status = EX_OK;

	if (geteuid() == 0 && privileges_find(name, out) != 0) {
		fprintf(stderr, "postern dkim-key: there is no user '%s' to own the key\n", name);
		status = EX_CONFIG;
	}
	conf_free(c);
	diag_free(d);
	return status;
}

static int
make(const struct key_options *o, struct arena *a)
{
	const char *path = arena_printf(a, "%s/%.*s.%s.pem%c", o->folder, VIEW_ARG(o->domain), o->selector,
		0).p;
	struct privileges user;
	const char *why;
	EVP_PKEY *key;
	struct view pem;
	int status = find_user(o, a, &user);

	if (status != EX_OK)
		return status;
	if (make_folder(o->folder) != 0) {
		fprintf(stderr, "postern dkim-key: %s: %s\n", o->folder, strerror(errno));
		return EX_CANTCREAT;
	}
	key = generate(o);
	pem = pem_of(key, a);
	EVP_PKEY_free(key);
	if (write_key(path, pem, &user) != 0) {
		fprintf(stderr, "postern dkim-key: %s: %s%s\n", path, strerror(errno), errno == EEXIST
			? "; for a new key take another --selector, for its record --show" : "");
		return EX_CANTCREAT;
	}
	print_record(o, record_of(pem, a, &why));
	printf("# for the key table (dkim-keys in postern.conf), when the record is in the DNS; then try\n"
		"# postern dkim-key --check %.*s\n%.*s %s %s\n", VIEW_ARG(o->domain),
		VIEW_ARG(o->domain), o->selector, path);
	return EX_OK;
}

/* ---- options ---- */

static const struct option long_options[] = {
	{"type", required_argument, NULL, 't'}, {"bits", required_argument, NULL, 'b'},
	{"selector", required_argument, NULL, 's'}, {"dir", required_argument, NULL, 'd'},
	{"show", required_argument, NULL, 'w'}, {"check", no_argument, NULL, 'C'},
	{"help", no_argument, NULL, '?'}, {NULL, 0, NULL, 0},
};

static int
take_option(struct key_options *o, int key, const char *value)
{
	switch (key) {
	case 'c': o->conf = value; return EX_OK;
	case 's': o->selector = value; return EX_OK;
	case 'd': o->folder = value; return EX_OK;
	case 'w': o->show = value; return EX_OK;
	case 'C': o->check = true; return EX_OK;
	case 't':
		o->ed25519 = strcmp(value, "ed25519") == 0;
		return o->ed25519 || strcmp(value, "rsa") == 0 ? EX_OK : wrong("no such type", value);
	case 'b':
		return view_number(view_str(value), DKIM_RSA_BITS_MAX, &o->bits) &&
				o->bits >= DKIM_RSA_BITS_MIN
			? EX_OK : wrong("--bits wants 1024 to 4096", value);
	default: return wrong("unknown option or missing value", NULL);
	}
}

/* A label or several, as a domain name has them. */
static bool
selector_ok(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= LABEL_MAX && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == n;
}

/* "r202601": keys are changed now and then, and the old one stays in the DNS for a while. */
static const char *
default_selector(const struct key_options *o, struct arena *a)
{
	char text[16];
	time_t now = time(NULL);
	struct tm tm;

	if (!gmtime_r(&now, &tm) || strftime(text, sizeof(text), "%Y%m", &tm) == 0)
		return "s1";
	return arena_printf(a, "%c%s%c", o->ed25519 ? 'e' : 'r', text, 0).p;
}

static int
take_options(struct key_options *o, int argc, char **argv, struct arena *a)
{
	int key, status;

	*o = (struct key_options){.conf = ASSEMBLY_CONF, .folder = "/etc/postern/keys", .bits = BITS};
	opterr = 0;
	while ((key = getopt_long(argc, argv, "c:", long_options, NULL)) != -1) {
		if (key == '?' && strcmp(argv[optind - 1], "--help") == 0) {
			fputs(usage, stdout);
			exit(EX_OK);
		}
		status = take_option(o, key, optarg);
		if (status != EX_OK)
			return status;
	}
	if (o->check && optind == argc)
		return EX_OK;
	if (optind + 1 != argc)
		return wrong("one DOMAIN is needed", NULL);
	o->domain = domain_normal(view_str(argv[optind]), a);
	if (!o->domain.p || view_find(o->domain, '/') < o->domain.n)
		return wrong("no domain", argv[optind]);
	if (!o->selector)
		o->selector = default_selector(o, a);
	return selector_ok(o->selector) ? EX_OK
		: wrong("no selector (lower-case letters, digits, - _ .)", o->selector);
}

int
make_key_main(int argc, char **argv)
{
	struct arena *a = arena_new();
	struct key_options o;
	int status = take_options(&o, argc, argv, a);

	log_open(LOG_TO_STDERR, "dkim-key", LOG_LEVEL_ERROR, false);
	if (status == EX_OK)
		status = o.check ? key_check_run(o.conf, o.domain) : o.show ? show(&o, a) : make(&o, a);
	arena_free(a);
	return status;
}
