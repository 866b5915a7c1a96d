/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/received.h"
#include "mail/trace_field.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* HELO name, client's name and recipient are the client's, a line each; the first byte tells of the session.
 * The field is read as it was meant, and has no line that begins anything. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct trace_field t = {.by = VIEW("mx.own.example"), .now = 1795313361};
	struct arena *a = arena_new();
	struct view rest = view_of(data + 1, n - 1), line;
	struct received r;
	struct buf b;

	if (n < 2) {
		arena_free(a);
		return 0;
	}
	t.esmtp = data[0] & 1;
	t.tls = data[0] & 2;
	t.utf8 = data[0] & 4;
	if (data[0] & 8)
		ip_parse(VIEW("192.0.2.1"), &t.ip);
	else if (data[0] & 16)
		ip_parse(VIEW("2001:db8::1"), &t.ip);
	if (view_split(&rest, '\n', &t.helo) && view_split(&rest, '\n', &t.name) && view_split(&rest, '\n', &t.rcpt))
		t.id = t.tls_version = t.tls_cipher = rest;
	buf_init(&b, 8192);
	trace_field_write(&t, &b);
	if (b.over || !received_parse(buf_view(&b), a, &r) || !ip_eq(&r.ip, &t.ip) || !view_eq_str(r.by, "mx.own.example"))
		abort();
	view_split(&rest, '\n', &line);
	for (rest = buf_view(&b), view_split(&rest, '\n', &line); view_split(&rest, '\n', &line);)
		if (line.n < 2 || line.p[0] != '\t' || line.n > 998)
			abort();
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] == '\r' || b.p[i] == '\0' || ((unsigned char)b.p[i] > 127 && !t.utf8))
			abort();
	buf_done(&b);
	arena_free(a);
	return 0;
}
