/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/dmarc/dmarc_post.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "cmd/commands.h"
#include "cmd/dmarc/dmarc_day.h"
#include "cmd/dmarc/dmarc_sent.h"
#include "cmd/dmarc/dmarc_target.h"
#include "io/feed.h"
#include "io/replace.h"
#include "mail/dmarc/dmarc_mail.h"
#include "mail/dmarc/dmarc_row_read.h"
#include "mail/dmarc/dmarc_xml.h"
#include "mail/gzip.h"
#include "util/clock.h"

enum { DAY_SECONDS = 86400 };

/* One domain on its way. */
struct parcel {
	const struct dmarc_post *post;
	const struct dmarc_day_domain *domain;
	struct arena *arena;
	char date[DMARC_SENT_DAY];
	struct dmarc_mail mail;
	struct buf packed; /* the report, when it is made */
	bool made;
	struct buf told;   /* where it went */
	int status;
};

/* Where an address gets nothing. What stands in a record of strangers is shown without control bytes. */
static void
say(void *ctx, struct view destination, const char *why)
{
	const struct parcel *p = ctx;
	char shown[100];
	size_t n = 0;

	for (; n < destination.n && n < sizeof(shown) - 1; n++)
		shown[n] = destination.p[n] > ' ' && destination.p[n] < 0x7f ? destination.p[n] : '?';
	fprintf(stderr, "%s %.*s: %.*s gets no report: %s\n", p->date, VIEW_ARG(p->domain->name), (int)n,
		shown, why);
}

/* ---- the report ---- */

static void
write_rows(struct parcel *p, struct buf *xml)
{
	struct arena *scratch = arena_new();

	for (size_t i = 0; i < p->domain->n_rows; i++) {
		struct dmarc_row row;

		if (dmarc_row_read(p->domain->row[i]->line, scratch, &row))
			dmarc_xml_row(&row, p->domain->row[i]->count, xml);
		arena_reset(scratch);
	}
	arena_free(scratch);
}

/* False: it is too long. */
static bool
make(struct parcel *p)
{
	const struct conf *c = p->post->conf;
	const struct dmarc_day_domain *d = p->domain;
	struct dmarc_report r = {.org = view_str(c->dmarc_report_org),
		.email = view_str(c->dmarc_report_from),
		.contact = view_str(c->dmarc_report_contact), .generator = VIEW("Postern " COMMANDS_VERSION),
		.id = p->mail.id, .begin = p->mail.begin, .end = p->mail.end, .domain = d->name,
		.record = d->record};
	struct buf xml;

	if (d->left_out)
		r.error = arena_printf(p->arena, "%llu of %llu messages are in no record: there were too many"
			" different ones", (unsigned long long)d->left_out, (unsigned long long)d->messages);
	buf_init(&xml, DMARC_XML_BYTES);
	dmarc_xml_begin(&r, &xml);
	write_rows(p, &xml);
	dmarc_xml_end(&xml);
	if (!xml.over)
		gzip_write(buf_view(&xml), &p->packed);
	p->packed.over |= xml.over;
	buf_done(&xml);
	p->made = true;
	return !p->packed.over;
}

/* ---- the ways out ---- */

/* The message of the nth destination, in a file that has the same name if it is made again. */
static int
put(struct parcel *p, struct view text, size_t nth)
{
	const struct replace_owner owner = {(uid_t)-1, (gid_t)-1, 0640};
	struct buf name;
	int status;

	buf_init(&name, 1000);
	dmarc_mail_file_name(&p->mail, &name);
	status = replace_file(arena_printf(p->arena, "%s/%.*s.%zu.eml", p->post->folder,
		VIEW_ARG(buf_view(&name)), nth).p, text, &owner);
	if (status != 0)
		fprintf(stderr, "postern dmarc-report: %s: %s\n", p->post->folder, strerror(errno));
	buf_done(&name);
	return status == 0 ? EX_OK : EX_CANTCREAT;
}

/* Its envelope sender is the author, so that SPF aligns and bounces reach somebody. */
static int
send(struct parcel *p, struct view text)
{
	const char *argv[] = {p->post->sendmail, "-t", "-oi", "-f", p->post->conf->dmarc_report_from, NULL};
	int status;

	if (feed_command(argv, text, &status) != 0) {
		fprintf(stderr, "postern dmarc-report: %s: %s\n", argv[0], strerror(errno));
		return EX_TEMPFAIL;
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "postern dmarc-report: %s failed, status %d\n", argv[0],
			WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
		return EX_TEMPFAIL;
	}
	if (dmarc_sent_add(p->post->sent, p->domain->name, p->mail.to) != 0) {
		fprintf(stderr, "postern dmarc-report: %s: it will be sent again: %s\n",
			p->post->conf->dmarc_history, strerror(errno));
		return EX_TEMPFAIL;
	}
	return EX_OK;
}

static int
hand_over(struct parcel *p, const struct dmarc_rua *to, size_t nth)
{
	struct buf text;
	int status = EX_OK;

	p->mail.to = to->address;
	buf_init(&text, 2 * (size_t)DMARC_XML_BYTES);
	dmarc_mail_write(&p->mail, buf_view(&p->packed), &text);
	if (to->max_bytes && text.n > to->max_bytes) {
		say(p, to->address, "it is longer than that destination wants");
	} else {
		if (p->post->send)
			status = send(p, buf_view(&text));
		else if (p->post->folder)
			status = put(p, buf_view(&text), nth);
		if (status == EX_OK)
			buf_printf(&p->told, "%s%.*s", p->told.n ? ", " : "", VIEW_ARG(to->address));
	}
	buf_done(&text);
	return status;
}

static void
deliver(struct parcel *p, const struct dmarc_targets *all)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct dmarc_rua *to = &all->item[i];
		int status;

		if (p->post->sent && dmarc_sent_has(p->post->sent, p->domain->name, to->address))
			continue;
		if (!p->made && !make(p)) {
			say(p, to->address, "the report is too long");
			return;
		}
		status = hand_over(p, to, i + 1);
		p->status = status == EX_OK ? p->status : status;
	}
}

static void
tell(const struct parcel *p)
{
	const struct dmarc_day_domain *d = p->domain;
	const char *how = p->post->send ? "sent to" : p->post->folder ? "written for" : "would go to";

	printf("%s %.*s: %llu message%s in %zu row%s: ", p->date, VIEW_ARG(d->name),
		(unsigned long long)d->messages, d->messages == 1 ? "" : "s", d->n_rows,
		d->n_rows == 1 ? "" : "s");
	if (p->told.n)
		printf("%s %.*s\n", how, VIEW_ARG(buf_view(&p->told)));
	else
		printf("%s\n", "nothing to send");
}

static int
one_domain(const struct dmarc_post *post, const struct dmarc_day_domain *d)
{
	struct parcel p = {.post = post, .domain = d, .arena = arena_new()};
	struct view host = view_str(post->conf->hostname);
	struct dmarc_targets targets;

	dmarc_sent_day(post->begin, p.date);
	p.mail = (struct dmarc_mail){.from = view_str(post->conf->dmarc_report_from), .submitter = host,
		.domain = d->name, .begin = post->begin, .end = post->begin + DAY_SECONDS - 1,
		.id = arena_printf(p.arena, "%s.%.*s@%.*s", p.date, VIEW_ARG(d->name), VIEW_ARG(host)),
		.now = clock_wall()};
	buf_init(&p.packed, DMARC_XML_BYTES);
	buf_init(&p.told, DMARC_TARGETS * (LOCAL_PART_MAX + DOMAIN_MAX + 10));
	dmarc_target_find(post->dns, d->name, d->record.rua, p.arena, say, &p, &targets);
	if (targets.put_off)
		p.status = EX_TEMPFAIL;
	if (d->n_rows)
		deliver(&p, &targets);
	tell(&p);
	buf_done(&p.packed);
	buf_done(&p.told);
	arena_free(p.arena);
	return p.status;
}

static void
path_of(const struct dmarc_post *p, char out[static PATH_MAX])
{
	char date[DMARC_SENT_DAY];

	dmarc_sent_day(p->begin, date);
	snprintf(out, PATH_MAX, "%s/%s.jsonl", p->conf->dmarc_history, date);
}

bool
dmarc_post_has_day(const struct dmarc_post *p)
{
	char path[PATH_MAX];

	path_of(p, path);
	return access(path, F_OK) == 0;
}

int
dmarc_post_day(const struct dmarc_post *p)
{
	char date[DMARC_SENT_DAY], path[PATH_MAX];
	struct dmarc_day *day;
	struct dmarc_day_domain *const *domain;
	struct dmarc_day_sum sum;
	int status = EX_OK;
	size_t n;

	dmarc_sent_day(p->begin, date);
	path_of(p, path);
	day = dmarc_day_read(path, p->only);
	if (!day) {
		fprintf(stderr, "%s: %s: %s\n", date, path,
			errno == ENOENT ? "nothing was kept of this day" : strerror(errno));
		return errno == ENOENT ? EX_NOINPUT : EX_TEMPFAIL;
	}
	domain = dmarc_day_domains(day, &n);
	for (size_t i = 0; i < n; i++) {
		int got = one_domain(p, domain[i]);

		status = got == EX_OK ? status : got;
	}
	sum = dmarc_day_sum(day);
	if (sum.damaged)
		fprintf(stderr, "%s: %llu of %llu lines are damaged and not counted\n", date,
			(unsigned long long)sum.damaged, (unsigned long long)sum.lines);
	if (sum.left_out)
		fprintf(stderr, "%s: %llu messages are in no report: there were too many domains\n", date,
			(unsigned long long)sum.left_out);
	dmarc_day_free(day);
	return status;
}
