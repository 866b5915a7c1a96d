/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/dns/dns_name.h"

#include "svc/dns.h"

static const char *const type_names[] = {
	[DNS_A] = "A",
	[DNS_NS] = "NS",
	[DNS_PTR] = "PTR",
	[DNS_MX] = "MX",
	[DNS_TXT] = "TXT",
	[DNS_AAAA] = "AAAA",
};

const char *
dns_type_name(enum dns_type t)
{
	return type_names[t];
}

bool
dns_name_ok(struct view name)
{
	struct view label;

	if (!name.p || name.n == 0)
		return false;
	if (name.p[name.n - 1] == '.')
		name.n--;
	if (name.n == 0)
		return true; /* "." */
	if (name.n > DOMAIN_MAX || name.p[name.n - 1] == '.')
		return false;
	while (view_split(&name, '.', &label))
		if (label.n == 0 || label.n > LABEL_MAX)
			return false;
	return true;
}

/* At most four bytes for one of the name: DNS_NAME_TEXT is enough for any name of the legal length.
 */
static size_t
put_byte(char *out, char c)
{
	unsigned char u = (unsigned char)view_lower(c);

	if (u == '.' || u == '\\') {
		out[0] = '\\';
		out[1] = (char)u;
		return 2;
	}
	if (u > ' ' && u < 0x7f) {
		out[0] = (char)u;
		return 1;
	}
	out[0] = '\\';
	out[1] = (char)('0' + u / 100);
	out[2] = (char)('0' + u / 10 % 10);
	out[3] = (char)('0' + u % 10);
	return 4;
}

bool
dns_name_text(struct view name, char out[static DNS_NAME_TEXT], size_t *n_out)
{
	size_t n = 0;

	if (!dns_name_ok(name))
		return false;
	if (name.p[name.n - 1] == '.')
		name.n--;
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '.')
			out[n++] = '.';
		else
			n += put_byte(out + n, name.p[i]);
	}
	out[n] = '\0';
	*n_out = n;
	return true;
}

bool
dns_name_from_wire(struct view wire, char out[static DNS_NAME_TEXT], size_t *n_out)
{
	size_t at = 0, n = 0;

	if (wire.n == 0 || wire.n > DOMAIN_MAX + 2)
		return false;
	while (wire.p[at] != 0) {
		size_t label = (unsigned char)wire.p[at++];

		if (label > LABEL_MAX || label >= wire.n - at)
			return false;
		if (n)
			out[n++] = '.';
		for (size_t end = at + label; at < end; at++)
			n += put_byte(out + n, wire.p[at]);
	}
	if (at + 1 != wire.n)
		return false;
	out[n] = '\0';
	*n_out = n;
	return true;
}

struct view
dns_name_parent(struct view text)
{
	if (text.n == 0)
		return view_of(NULL, 0);
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\\')
			i++;
		else if (text.p[i] == '.')
			return view_skip(text, i + 1);
	}
	return view_skip(text, text.n);
}
