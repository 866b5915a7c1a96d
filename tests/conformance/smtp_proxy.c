/* SPDX-License-Identifier: BSD-2-Clause
 *
 * smtp_proxy -- the vectors of suites/smtp-proxy-smuggling: PROXY headers of Postfix and aiosmtpd through
 * mail/smtp/proxy_header, end-of-data sequences through mail/smtp/smtp_data, in and out. Skipped where the suite is absent.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "mail/smtp/proxy_header.h"
#include "mail/smtp/smtp_data.h"
#include "tests/lib/unit.h"
#include "util/arena.h"
#include "util/buf.h"

struct totals {
	unsigned cases, good;
};

static int
show(const char *group, const struct totals *t, unsigned least)
{
	bool ok = t->good == t->cases && t->cases >= least;

	printf("%s smtp_proxy: %s: %u of %u\n", ok ? "ok" : "FAILED", group, t->good, t->cases);
	return !ok;
}

static void
judge(struct totals *t, bool ok, const char *id, const char *note)
{
	t->cases++;
	t->good += ok;
	if (!ok)
		printf("  %s: %s\n", id, note);
}

static int
nibble(char c)
{
	return view_is_digit(c) ? c - '0' : view_lower(c) - 'a' + 10;
}

static struct view
unhex(const char *hex, struct arena *a)
{
	size_t n = strlen(hex) / 2;
	char *p = arena_alloc(a, n + 1);

	for (size_t i = 0; i < n; i++)
		p[i] = (char)(nibble(hex[2 * i]) * 16 + nibble(hex[2 * i + 1]));
	return view_of(p, n);
}

static const char *
text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

/* ---- PROXY headers ---- */

/* Postfix reads "01.02.03.04", which the specification does not have ("no leading zeros"), and a line end of LF
 * alone, to which its cases of version 1 keep: they get the CR that belongs there. */
static bool
is_valid(const json_t *v)
{
	return json_is_true(json_object_get(json_object_get(v, "expect"), "valid")) &&
		strcmp(text(v, "id"), "postfix-v1-09") != 0;
}

static struct view
bytes_of(const json_t *v, struct arena *a)
{
	struct view in = unhex(text(v, "hex"), a);

	if (strncmp(text(v, "id"), "postfix-v1-", 11) == 0 && view_starts_nocase(in, "PROXY"))
		in = arena_printf(a, "%.*s\r\n", (int)in.n - 1, in.p);
	return in;
}

static bool
same_ip(const struct ip *got, const char *want)
{
	struct ip ip;

	return !*want ? got->family == 0 : ip_parse(view_str(want), &ip) && ip_eq(got, &ip);
}

static bool
tlv_ok(const json_t *tlv, const char *key, struct view got)
{
	return !json_object_get(tlv, key) || view_eq_str(got, text(tlv, key));
}

/* NULL, or what differs. */
static const char *
differs(const json_t *want, const struct proxy_header *h)
{
	const json_t *tlv = json_object_get(want, "tlv");

	if (!same_ip(&h->source, text(want, "src")) || !same_ip(&h->destination, text(want, "dst")))
		return "other addresses";
	if (h->source_port != json_integer_value(json_object_get(want, "sport")) ||
		h->destination_port != json_integer_value(json_object_get(want, "dport")))
		return "other ports";
	if (h->local != json_is_true(json_object_get(want, "local")))
		return "LOCAL";
	if (json_object_get(want, "version") && h->version != json_integer_value(json_object_get(want, "version")))
		return "version";
	if (!tlv_ok(tlv, "AUTHORITY", h->authority) || !tlv_ok(tlv, "UNIQUE_ID", h->unique_id) ||
		!tlv_ok(tlv, "SSL_VERSION", h->tls_version) || !tlv_ok(tlv, "SSL_CIPHER", h->tls_cipher))
		return "TLVs";
	return NULL;
}

/* A case that is cut is no error yet: more could come. It must never be taken. */
static void
vector(const json_t *v, struct arena *a, struct totals *t)
{
	const json_t *want = json_object_get(v, "expect");
	struct view in = bytes_of(v, a);
	struct proxy_header h = {0};
	size_t used = 0, behind = (size_t)json_integer_value(json_object_get(want, "following_bytes"));
	bool cut = strstr(text(v, "id"), "cut") != NULL || in.n == 0;
	enum proxy_header_status s = proxy_header_read(in, &used, &h);
	const char *why;

	if (!is_valid(v)) {
		judge(t, s == (cut ? PROXY_HEADER_MORE : PROXY_HEADER_BAD), text(v, "id"), "taken");
		return;
	}
	if (s != PROXY_HEADER_OK || in.n - used != behind) {
		judge(t, false, text(v, "id"), "not taken, or not all of it");
		return;
	}
	why = differs(want, &h);
	judge(t, !why, text(v, "id"), why);
}

/* ---- end-of-data sequences ---- */

static void
run(void (*init)(struct smtp_data *d), struct view in, size_t piece, struct buf *out, struct view *rest)
{
	struct smtp_data d;
	char o[64];

	buf_reset(out);
	init(&d);
	while (in.n && !d.ended) {
		struct view now = view_head(in, piece), before = now;

		while (now.n && !d.ended)
			buf_add(out, view_of(o, smtp_data_run(&d, &now, o, sizeof(o))));
		in = view_skip(in, before.n - now.n);
	}
	if (init == smtp_data_init_write)
		buf_add(out, view_of(o, smtp_data_finish(&d, o)));
	*rest = d.ended ? in : (struct view){NULL, 0};
}

static struct view
joined(struct view sequence, const char *end, struct arena *a)
{
	struct buf b;
	struct view v;

	buf_init(&b, 1000);
	buf_str(&b, "Subject: a\r\n\r\ntext");
	buf_add(&b, sequence);
	buf_str(&b, "mail FROM:<smuggled@evil.example>\r\nrcpt TO:<a@own.example>\r\ndata\r\nFrom: b\r\n\r\nx\r\n");
	buf_str(&b, end);
	v = arena_copy(a, buf_view(&b));
	buf_done(&b);
	return v;
}

/* In: one message, which has what should have been commands. Out: one end, and the sequence nowhere before it. */
static void
sequence(const json_t *s, bool in, struct arena *a, struct totals *t)
{
	struct view bytes = unhex(text(s, "hex"), a), rest;
	struct buf b;
	bool ok = true;

	buf_init(&b, 4000);
	for (size_t piece = 1; piece < 200; piece++) {
		if (in) {
			run(smtp_data_init_read, joined(bytes, ".\r\nQUIT\r\n", a), piece, &b, &rest);
			ok &= view_eq_str(rest, "QUIT\r\n") &&
				view_search_nocase(buf_view(&b), VIEW("smuggled@evil.example")) < b.n;
		} else {
			run(smtp_data_init_write, joined(bytes, "", a), piece, &b, &rest);
			ok &= view_search_nocase(view_head(buf_view(&b), b.n - 2), bytes) == b.n - 2 &&
				view_search_nocase(buf_view(&b), VIEW("\r\n.\r\n")) == b.n - 5;
		}
	}
	judge(t, ok, text(s, "repr"), in ? "two messages" : "passed on");
	buf_done(&b);
}

int
main(void)
{
	const char *path = unit_suite_file("smtp-proxy-smuggling/proxy-vectors.json");
	json_t *vectors = path ? json_load_file(path, 0, NULL) : NULL;
	json_t *sequences = NULL;
	struct totals headers = {0}, in = {0}, out = {0};
	struct arena *a = arena_new();
	int failed = 0;

	if (path)
		sequences = json_load_file(unit_suite_file("smtp-proxy-smuggling/smuggling-sequences.json"), 0, NULL);
	for (size_t i = 0; i < json_array_size(vectors); i++)
		vector(json_array_get(vectors, i), a, &headers);
	for (size_t i = 0; i < json_array_size(json_object_get(sequences, "inbound")); i++)
		sequence(json_array_get(json_object_get(sequences, "inbound"), i), true, a, &in);
	for (size_t i = 0; i < json_array_size(json_object_get(sequences, "outbound")); i++)
		sequence(json_array_get(json_object_get(sequences, "outbound"), i), false, a, &out);
	if (path) {
		failed |= show("PROXY headers", &headers, 91);
		failed |= show("ends of data, read", &in, 7);
		failed |= show("ends of data, written", &out, 9);
	}
	json_decref(vectors);
	json_decref(sequences);
	arena_free(a);
	return failed;
}
