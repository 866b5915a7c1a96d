/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The front-end, engine and rules of a worker, in this process: with DNS, store and backend in memory too,
 * nothing is left behind, however it ends.
 */
#include "cmd/demo.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <libgen.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

#include "cmd/demo_client.h"
#include "cmd/demo_sink.h"
#include "cmd/ladder.h"
#include "cmd/message_file.h"
#include "cmd/tls_files.h"
#include "cmd/workers_smtp.h"
#include "front/smtp/smtp_front.h"
#include "io/privileges.h"
#include "util/clock.h"
#include "util/log.h"

#define DEMO_CONF RULES_DIR "/../examples/demo/postern.conf"

static const char usage[] =
	"usage: postern demo [-c FILE] [--port NUMBER]\n"
	"\n"
	"Shows the proxy at work, without MTA, DNS server or network: starts it on 127.0.0.1 with a\n"
	"backend of its own, sends it sample transactions, and prints each dialogue with the reasons\n"
	"of its verdict. On a terminal it then stays, for your own trials, until Ctrl-C.\n"
	"\n"
	"  -c FILE      the demo's settings; its messages are beside them\n"
	"               (default " DEMO_CONF ")\n"
	"  --port N     listen there; 0 is any free port (default: as in FILE; another one if it is taken)\n"
	"\n"
	"Exit: 0 done, 64 wrong usage, 66 no message, 70 a dialogue broke off,\n"
	"      71 a socket or process could not be had, 78 settings or rules do not check.\n";

struct sample {
	const char *title, *client, *helo, *from, *to, *file;
	bool unjudged; /* no rule decides, so there is no evidence */
};

static const struct sample samples[] = {
	{"Clean mail, signed, from a well-run host",
		"192.0.2.10", "mx.good.example.com", "joe@good.example.com", "kim@example.org",
		"clean.eml", false},
	{"A forged bank: neither SPF nor DKIM speak for it, and its DMARC policy is p=reject",
		"192.0.2.66", "mail.shady.example.net", "billing@bank.example.net", "kim@example.org",
		"bank.eml", false},
	{"A botnet host: listed, dynamic name, HELO that is nobody's",
		"198.51.100.23", "localhost", "promo@shady.example.net", "kim@example.org",
		"promo.eml", false},
	{"A first-time sender without much to show for itself: not now, but in two minutes",
		"203.0.113.5", "host.new.example.com", "ann@new.example.com", "kim@example.org",
		"first.eml", false},
	{"Another first-time sender, while the DNS fails: what is unknown is neither spam nor ham",
		"192.0.2.99", "mx.lame.example.com", "joe@lame.example.com", "kim@example.org",
		"first.eml", false},
	{"Mail for somebody whom the backend does not know: it says so, and the client hears it",
		"192.0.2.10", "mx.good.example.com", "joe@good.example.com", "nobody@example.org",
		"clean.eml", true},
};
enum { SAMPLES = sizeof(samples) / sizeof(*samples), NEWS_MAX = 1024 * 1024, RECORD_SECONDS = 20 };

struct demo {
	const char *conf;
	long port; /* -1: as the settings say */
	struct assembly a;
	struct view message[SAMPLES];
	int front_fd, sink_fd;
	uint16_t at;
	struct demo_sink sink;
	struct smtp_front *front;
	/* what other threads tell: evidence and other lines, each with an LF */
	pthread_mutex_t lock;
	struct buf news;
	int wake;
	unsigned records, taken; /* printed so far */
};

/* ---- news ---- */

static void
tell(struct demo *d, struct view line)
{
	const uint64_t one = 1;

	pthread_mutex_lock(&d->lock);
	buf_add(&d->news, line);
	buf_byte(&d->news, '\n');
	pthread_mutex_unlock(&d->lock);
	if (write(d->wake, &one, sizeof(one)) != sizeof(one))
		log_die("eventfd: %s", strerrordesc_np(errno));
}

static void
on_record(void *ctx, struct view json)
{
	tell(ctx, json);
}

static void
on_taken(void *ctx, const struct demo_sink_mail *m)
{
	char from[200], line[400];

	snprintf(line, sizeof(line),
		"   backend: took %llu bytes from <%s>, client %.*s, for %zu recipient%s",
		(unsigned long long)m->bytes, log_escape(m->from, from, sizeof(from)), VIEW_ARG(m->client),
		m->recipients, m->recipients == 1 ? "" : "s");
	tell(ctx, view_str(line));
}

static void
print_one(struct demo *d, struct view line)
{
	json_t *record = line.n && *line.p == '{' ? json_loadb(line.p, line.n, JSON_ALLOW_NUL, NULL) : NULL;

	if (record) {
		d->records++;
		ladder_print(record, stdout);
	} else if (line.n) {
		d->taken++;
		printf("%.*s\n", VIEW_ARG(line));
	}
	json_decref(record);
}

static void
print_news(struct demo *d)
{
	struct view all, line;
	struct buf news;

	pthread_mutex_lock(&d->lock);
	news = d->news;
	buf_init(&d->news, NEWS_MAX);
	pthread_mutex_unlock(&d->lock);
	all = buf_view(&news);
	while (view_split(&all, '\n', &line))
		print_one(d, line);
	buf_done(&news);
	fflush(stdout);
}

/* True: there is news. False: time is over, or a signal came. */
static bool
await(struct demo *d, int signals, int ms)
{
	struct pollfd fds[] = {{.fd = d->wake, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
	uint64_t n;

	return poll(fds, 2, ms) > 0 && fds[1].revents == 0 && read(d->wake, &n, sizeof(n)) == sizeof(n);
}

/* ---- the show ---- */

static bool
play(struct demo *d, size_t i, int signals)
{
	const struct sample *s = &samples[i];
	const struct demo_client_mail m = {.client = s->client, .helo = s->helo, .from = s->from, .to = s->to,
		.message = d->message[i], .now = clock_wall(), .whole = i == 0};
	unsigned before = d->records;

	printf("\n== %s\n", s->title);
	if (!demo_client_play(&m, d->at, stdout))
		return false;
	if (!s->unjudged)
		putchar('\n');
	print_news(d);
	while (d->records == before && !s->unjudged) {
		if (!await(d, signals, RECORD_SECONDS * 1000))
			return false;
		print_news(d);
	}
	return true;
}

static void
linger(struct demo *d, int signals)
{
	printf("\nThe proxy stays on 127.0.0.1:%u until Ctrl-C, and shows what it makes of your mail. Try\n"
	       "  swaks --server 127.0.0.1:%u --from joe@good.example.com --to kim@example.org\n"
	       "  swaks --server 127.0.0.1:%u --from joe@good.example.com --to kim@elsewhere.example\n"
	       "and, as a client whom the demo's zone file knows,\n"
	       "  swaks --server 127.0.0.1:%u --from ann@new.example.com --to kim@example.org \\\n"
	       "      --helo host.new.example.com --xclient-addr 203.0.113.5\n", d->at, d->at, d->at, d->at);
	fflush(stdout);
	while (await(d, signals, -1)) {
		putchar('\n');
		print_news(d);
	}
	putchar('\n');
}

static int
show(struct demo *d, int signals)
{
	printf("The proxy listens on 127.0.0.1:%u; its backend, DNS and memory are in this program.\n",
		d->at);
	for (size_t i = 0; i < SAMPLES; i++)
		if (!play(d, i, signals)) {
			fprintf(stderr, "postern demo: stopped\n");
			return EX_SOFTWARE;
		}
	printf("\nEach number is a rule's weight, each place its file and line: see rules/.\n");
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		linger(d, signals);
	printf("%u transactions were judged; the backend has %u messages.\n", d->records, d->taken);
	return EX_OK;
}

/* ---- wiring ---- */

static int
fail(int status, const char *what, const char *why)
{
	fprintf(stderr, "postern demo: %s%s%s\n", what, why ? ": " : "", why ? why : "");
	return status;
}

static int
read_messages(struct demo *d)
{
	const char *folder = dirname(arena_cstr(d->a.arena, view_str(d->conf))), *why;

	for (size_t i = 0; i < SAMPLES; i++) {
		const char *path = arena_printf(d->a.arena, "%s/%s", folder, samples[i].file).p;

		d->message[i] = message_file_read(path, d->a.arena, &why);
		if (!d->message[i].p)
			return fail(EX_NOINPUT, path, why);
	}
	return EX_OK;
}

static int
read_settings(struct demo *d)
{
	const struct assembly_reading what = {.conf = d->conf};
	const struct conf *c;

	if (!assembly_read(&d->a, &what)) {
		diag_show(d->a.diag, stderr);
		return EX_CONFIG;
	}
	c = d->a.conf;
	if (c->listeners->protocol != CONF_SMTP || c->listeners->family != CONF_INET || !c->backends)
		return fail(EX_CONFIG, d->conf, "a demo needs an smtp listener, inet:PORT@127.0.0.1, "
			"and a backend");
	return read_messages(d);
}

/* On loopback, where it is asked for, or else anywhere. */
static int
listen_at(uint16_t port, uint16_t *port_out, struct buf *why)
{
	const struct listener_owner nobody = {(uid_t)-1, (gid_t)-1, 0};
	struct listener_address at = {.family = LISTENER_INET, .ip = {.family = 4, .b = {127, 0, 0, 1}},
		.port = port};
	int fd;

	buf_reset(why);
	fd = listener_open(&at, &nobody, why);
	if (fd < 0 && port && errno == EADDRINUSE) {
		printf("Port %u is taken by another program: another one will do.\n", port);
		return listen_at(0, port_out, why);
	}
	if (fd >= 0 && listener_local(fd, &at) == 0)
		*port_out = at.port;
	return fd;
}

static bool
open_sockets(struct demo *d, struct buf *why)
{
	struct conf *c = d->a.conf;

	d->front_fd = listen_at(d->port < 0 ? c->listeners->port : (uint16_t)d->port, &d->at, why);
	d->sink_fd = d->front_fd < 0 ? -1 : listen_at(0, &c->backends->port, why);
	return d->sink_fd >= 0 && fcntl(d->sink_fd, F_SETFL, 0) == 0;
}

/* What speaks with clients is not root. */
static int
drop(const struct demo *d)
{
	struct privileges user;

	if (geteuid() == 0 && (privileges_find(d->a.conf->user, &user) != 0 || privileges_drop(&user) != 0))
		return fail(EX_OSERR, d->a.conf->user, strerrordesc_np(errno));
	return EX_OK;
}

static int
join(struct demo *d, struct buf *why)
{
	static const struct tls_files no_tls;
	const struct worker_start start = {.listener = d->a.conf->listeners->name, .listen_fd = d->front_fd,
		.arg = &no_tls};
	char text[500];

	if (!assembly_dns(&d->a, NULL, 0, text, sizeof(text)))
		return fail(EX_CONFIG, text, NULL);
	d->a.store = store_local();
	d->a.options.sink = on_record;
	d->a.options.sink_ctx = d;
	assembly_engine(&d->a);
	d->sink = (struct demo_sink){d->a.program->own_domains, on_taken, d};
	if (!demo_sink_start(&d->sink, d->sink_fd))
		return fail(EX_OSERR, "no thread", NULL);
	d->front = workers_smtp_open(&d->a, &start, why);
	return d->front ? EX_OK : fail(EX_CONFIG, why->p, NULL);
}

static void *
serve(void *ctx)
{
	smtp_front_serve(((struct demo *)ctx)->front);
	return NULL;
}

static int
run(struct demo *d)
{
	sigset_t ends;
	pthread_t thread;
	struct buf why;
	int signals, status;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGHUP);
	sigprocmask(SIG_BLOCK, &ends, NULL); /* and so in every thread */
	signals = signalfd(-1, &ends, SFD_CLOEXEC);
	d->wake = eventfd(0, EFD_CLOEXEC);
	pthread_mutex_init(&d->lock, NULL);
	buf_init(&d->news, NEWS_MAX);
	buf_init(&why, WORKER_STATUS_MAX);
	status = read_settings(d);
	if (status == EX_OK && !open_sockets(d, &why))
		status = fail(EX_OSERR, why.p, NULL);
	status = status == EX_OK ? drop(d) : status;
	status = status == EX_OK ? join(d, &why) : status;
	if (status == EX_OK && pthread_create(&thread, NULL, serve, d) != 0)
		status = fail(EX_OSERR, "no thread", NULL);
	return status == EX_OK ? show(d, signals) : status;
}

int
demo_main(int argc, char **argv)
{
	static const struct option options[] = {{"port", required_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'H'}, {NULL, 0, NULL, 0}};
	struct demo d = {.conf = DEMO_CONF, .port = -1};
	uint64_t port;
	int key;

	while ((key = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		if (key == 'c') {
			d.conf = optarg;
		} else if (key == 'p' && view_number(view_str(optarg), 65535, &port)) {
			d.port = (long)port;
		} else {
			fputs(usage, key == 'H' ? stdout : stderr);
			return key == 'H' ? EX_OK : EX_USAGE;
		}
	}
	if (optind < argc) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	log_open(LOG_TO_STDERR, "demo", LOG_LEVEL_ERROR, false);
	key = run(&d);
	fflush(stdout);
	_exit(key); /* other threads go with the process */
}
