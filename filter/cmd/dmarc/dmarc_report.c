/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/dmarc/dmarc_report.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

#include "cmd/assembly.h"
#include "cmd/dmarc/dmarc_post.h"
#include "cmd/dmarc/dmarc_sent.h"
#include "mail/domain.h"
#include "util/clock.h"
#include "util/log.h"

enum { DAY = 86400 };

struct options {
	const char *conf, *day, *domain, *out, *sendmail;
	bool send, dry_run;
};

static const char usage[] =
	"usage: postern dmarc-report [-c FILE] [--day YYYY-MM-DD] [--domain DOMAIN]\n"
	"                            {--sendmail[=PATH] | --out FOLDER | --dry-run}\n"
	"\n"
	"Writes the DMARC aggregate reports (RFC 9990) of a past day, a message for each destination, from\n"
	"what dmarc-history has kept. Settings are those of -c FILE (default " ASSEMBLY_CONF ").\n"
	"\n"
	"  --day DATE       the day (UTC); default: yesterday, and with --sendmail what is left of the\n"
	"                   two days before\n"
	"  --domain DOMAIN  the report of this policy domain only\n"
	"  --sendmail=PATH  give each message to PATH -t (default: the setting sendmail-path), and\n"
	"                   remember it: nothing is sent twice\n"
	"  --out FOLDER     write each message to a file there\n"
	"  --dry-run        only say what would go where\n"
	"\n"
	"Exit: 0 done, 64 wrong usage, 66 nothing was kept of that day, 73 a message could not be written,\n"
	"75 something is left for the next run, 78 the settings do not check or one is missing.\n";

static int
wrong(const char *what, const char *value)
{
	fprintf(stderr, "postern dmarc-report: %s%s%s\n\n%s", what, value ? ": " : "", value ? value : "",
		usage);
	return EX_USAGE;
}

static int
take_option(struct options *o, int key)
{
	switch (key) {
	case 'c': o->conf = optarg; return EX_OK;
	case 'd': o->day = optarg; return EX_OK;
	case 'D': o->domain = optarg; return EX_OK;
	case 'o': o->out = optarg; return EX_OK;
	case 'n': o->dry_run = true; return EX_OK;
	case 's':
		o->send = true;
		o->sendmail = optarg;
		return EX_OK;
	default: return EX_USAGE;
	}
}

/* -1: go on; else what to exit with. */
static int
take_options(struct options *o, int argc, char **argv)
{
	static const struct option options[] = {{"day", required_argument, NULL, 'd'},
		{"domain", required_argument, NULL, 'D'}, {"out", required_argument, NULL, 'o'},
		{"sendmail", optional_argument, NULL, 's'}, {"dry-run", no_argument, NULL, 'n'},
		{"help", no_argument, NULL, 'H'}, {NULL, 0, NULL, 0}};
	int key;

	*o = (struct options){.conf = ASSEMBLY_CONF};
	opterr = 0;
	while ((key = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		if (key == 'H') {
			fputs(usage, stdout);
			return EX_OK;
		}
		if (take_option(o, key) != EX_OK)
			return wrong("unknown option or missing value", argv[optind - 1]);
	}
	if (optind < argc)
		return wrong("what is this", argv[optind]);
	if (o->send + (o->out != NULL) + o->dry_run != 1)
		return wrong("one of --sendmail, --out and --dry-run is needed", NULL);
	return -1;
}

/* ---- what it needs ---- */

static bool
is_set(const struct options *o, const char *value, const char *name, const char *example)
{
	if (!value)
		fprintf(stderr, "postern dmarc-report: %s: %s is not set; write, for example\n    %s %s\n",
			o->conf, name, name, example);
	return value != NULL;
}

static bool
has_settings(const struct options *o, const struct conf *c)
{
	bool ok = is_set(o, c->dmarc_history, "dmarc-history", "\"/var/lib/postern/dmarc\"");

	ok &= is_set(o, c->dmarc_report_org, "dmarc-report-org", "\"Example Ltd\"");
	return is_set(o, c->dmarc_report_from, "dmarc-report-from", "dmarc-reports@example.org") && ok;
}

/* ---- the days ---- */

/* What a --sendmail run finds done is passed over, unless this day was asked for. */
static int
one_day(const struct options *o, struct dmarc_post *p, int64_t day)
{
	const char *folder = p->conf->dmarc_history;
	int status;

	p->begin = day;
	p->sent = NULL;
	if (o->send && dmarc_post_has_day(p)) {
		p->sent = dmarc_sent_open(folder, day);
		if (!p->sent) {
			fprintf(stderr, "postern dmarc-report: %s: %s\n", folder,
				errno == EWOULDBLOCK ? "another run is at work" : strerror(errno));
			return EX_TEMPFAIL;
		}
		if (!o->day && dmarc_sent_is_done(p->sent)) {
			dmarc_sent_close(p->sent);
			return EX_OK;
		}
	}
	status = dmarc_post_day(p);
	if (status == EX_OK && p->sent && !o->domain && dmarc_sent_done(p->sent) != 0)
		status = EX_TEMPFAIL;
	dmarc_sent_close(p->sent);
	return status == EX_NOINPUT && !o->day ? EX_OK : status;
}

static int
days(const struct options *o, struct dmarc_post *p, int64_t from)
{
	int64_t now = clock_wall(), yesterday = now - now % DAY - DAY;
	int status = EX_OK;

	if (o->day)
		return one_day(o, p, from);
	for (int back = o->send ? DMARC_RETRY_DAYS - 1 : 0; back >= 0; back--) {
		int got = EX_OK;

		p->begin = yesterday - (int64_t)back * DAY;
		if (back == 0 || dmarc_post_has_day(p))
			got = one_day(o, p, p->begin);
		status = got == EX_OK ? status : got;
	}
	if (o->send)
		dmarc_sent_clean(p->conf->dmarc_history, now);
	return status;
}

/* ---- wiring ---- */

static int
run(const struct options *o, int64_t from)
{
	const struct assembly_reading what = {.conf = o->conf};
	struct assembly a;
	struct dmarc_post post;
	int status = EX_CONFIG;
	char why[500];

	if (!assembly_settings(&a, &what)) {
		diag_show(a.diag, stderr);
	} else if (has_settings(o, a.conf)) {
		if (!assembly_dns_live(&a, why, sizeof(why))) {
			fprintf(stderr, "postern dmarc-report: %s\n", why);
		} else {
			post = (struct dmarc_post){.conf = a.conf, .dns = a.dns, .folder = o->out,
				.sendmail = o->sendmail ? o->sendmail : a.conf->sendmail_path,
				.send = o->send, .only = domain_normal(view_str(o->domain), a.arena)};
			status = days(o, &post, from);
		}
	}
	assembly_done(&a);
	return status;
}

int
dmarc_report_main(int argc, char **argv)
{
	struct options o;
	int64_t day = 0;
	int status = take_options(&o, argc, argv);

	if (status >= 0)
		return status;
	if (o.day && !dmarc_sent_day_parse(o.day, &day))
		return wrong("--day wants a date such as 2026-01-31", o.day);
	if (o.day && !o.dry_run && day + DAY > clock_wall())
		return wrong("this day is not over (UTC)", o.day);
	log_open(LOG_TO_STDERR, "dmarc-report", LOG_LEVEL_ERROR, false);
	return run(&o, day);
}
