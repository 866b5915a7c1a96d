/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/spf_watch.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <spf2/spf.h>
#include <spf2/spf_dns_resolv.h>
#include <stdio.h>
#include <stdlib.h>

#include "mail/spf/spf_opaque.h"

static size_t records;
static const char *misleading;

size_t
spf_watch_records(void)
{
	return records;
}

void
spf_watch_mislead(const char *record)
{
	misleading = record;
}

static void
refuse(const char *what, const char *text)
{
	printf("libspf2 was handed %s: %s\n", what, text);
	fflush(stdout);
	abort();
}

/* The function that the library would have called. */
static void *
real(const char *name)
{
	void *f = dlsym(RTLD_NEXT, name);

	if (!f)
		refuse("to a test without", name);
	return f;
}

/* ---- the grammar of spf_opaque.h, read anew ---- */

static bool
number(struct view *v, unsigned most)
{
	unsigned n = 0;
	size_t i = 0;

	while (i < v->n && i < 3 && v->p[i] >= '0' && v->p[i] <= '9')
		n = n * 10 + (unsigned)(v->p[i++] - '0');
	*v = view_skip(*v, i);
	return i > 0 && n <= most;
}

static bool
word(struct view *v, const char *w)
{
	size_t n = strlen(w);

	if (v->n < n || memcmp(v->p, w, n) != 0)
		return false;
	*v = view_skip(*v, n);
	return true;
}

static bool
tag(struct view *v, bool names)
{
	if (!number(v, 10) || !word(v, ".") || !number(v, 10) || !word(v, "."))
		return false;
	return word(v, "t") || (names && number(v, 9) && word(v, ".t"));
}

static bool
term(struct view v)
{
	bool prefixed = v.n > 0 && strchr("+-?~", v.p[0]);

	if (!prefixed)
		return word(&v, "redirect=") && tag(&v, false) && v.n == 0;
	v = view_skip(v, 1);
	if (word(&v, "include:") || word(&v, "exists:"))
		return tag(&v, false) && v.n == 0;
	if ((!word(&v, "a:") && !word(&v, "mx:")) || !tag(&v, false))
		return false;
	return word(&v, "/") && (word(&v, "/") || true) && number(&v, 128) && v.n == 0;
}

static bool
opaque(const char *record)
{
	struct view rest = view_str(record), one;
	unsigned terms = 0;

	if (!view_split(&rest, ' ', &one) || !view_eq_str(one, "v=spf1"))
		return false;
	while (view_split(&rest, ' ', &one)) {
		if (!term(one))
			return false;
		terms++;
	}
	return terms <= SPF_TERMS + 1;
}

/* ---- in the place of libspf2's ---- */

SPF_errcode_t
SPF_record_compile(SPF_server_t *server, SPF_response_t *response, SPF_record_t **out, const char *record)
{
	static SPF_errcode_t (*f)(SPF_server_t *, SPF_response_t *, SPF_record_t **, const char *);

	if (!f)
		*(void **)&f = real("SPF_record_compile");
	records++;
	if (!opaque(record))
		refuse("a record", record);
	return f(server, response, out, misleading ? misleading : record);
}

SPF_errcode_t
SPF_record_compile_macro(SPF_server_t *server, SPF_response_t *response, SPF_macro_t **out, const char *text)
{
	refuse("a macro string", text);
	return SPF_E_INTERNAL_ERROR;
}

SPF_dns_rr_t *
SPF_dns_lookup(SPF_dns_server_t *layer, const char *name, ns_type type, int cache)
{
	static SPF_dns_rr_t *(*f)(SPF_dns_server_t *, const char *, ns_type, int);
	struct view v = view_str(name);

	if (!f)
		*(void **)&f = real("SPF_dns_lookup");
	if (!misleading && strcmp(name, "t") != 0 && (!tag(&v, true) || v.n > 0))
		refuse("a name", name);
	return f(layer, name, type, cache);
}

int
SPF_request_set_env_from(SPF_request_t *request, const char *from)
{
	static int (*f)(SPF_request_t *, const char *);

	if (!f)
		*(void **)&f = real("SPF_request_set_env_from");
	if (strcmp(from, "t@t") != 0)
		refuse("a sender", from);
	return f(request, from);
}

SPF_errcode_t
SPF_request_set_helo_dom(SPF_request_t *request, const char *name)
{
	refuse("a HELO", name);
	return SPF_E_INTERNAL_ERROR;
}

SPF_errcode_t
SPF_request_set_ipv4(SPF_request_t *request, struct in_addr addr)
{
	static SPF_errcode_t (*f)(SPF_request_t *, struct in_addr);

	if (!f)
		*(void **)&f = real("SPF_request_set_ipv4");
	if (addr.s_addr != htonl(0xc0000201))
		refuse("an address", inet_ntoa(addr));
	return f(request, addr);
}

SPF_errcode_t
SPF_request_set_ipv6(SPF_request_t *request, struct in6_addr addr)
{
	static const uint8_t placeholder[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
	static SPF_errcode_t (*f)(SPF_request_t *, struct in6_addr);

	if (!f)
		*(void **)&f = real("SPF_request_set_ipv6");
	if (memcmp(&addr, placeholder, sizeof(placeholder)) != 0)
		refuse("an address", "of IPv6");
	return f(request, addr);
}

SPF_dns_server_t *
SPF_dns_resolv_new(SPF_dns_server_t *below, const char *name, int debug)
{
	refuse("the task", "to ask the DNS");
	return NULL;
}
