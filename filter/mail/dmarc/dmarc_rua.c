/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dmarc/dmarc_rua.h"

#include "mail/domain.h"
#include "util/limits.h"

/* atext of RFC 5322 section 3.2.3. */
static bool
is_atext(char c)
{
	return view_is_alpha(c) || view_is_digit(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

/* dot-atom-text = 1*atext *("." 1*atext); one that begins with "-" could be taken for an option. */
static bool
is_dot_atom(struct view v)
{
	if (v.n == 0 || v.n > LOCAL_PART_MAX || v.p[0] == '-' || v.p[0] == '.' || v.p[v.n - 1] == '.')
		return false;
	for (size_t i = 0; i < v.n; i++)
		if (!is_atext(v.p[i]) && (v.p[i] != '.' || v.p[i - 1] == '.'))
			return false;
	return true;
}

struct view
dmarc_rua_address(struct view text, struct arena *a, struct view *domain_out)
{
	struct view none = {NULL, 0}, local = view_head(text, view_rfind(text, '@')), domain;

	if (local.n == text.n || !is_dot_atom(local))
		return none;
	domain = domain_normal(view_skip(text, local.n + 1), a);
	if (!domain.p || !domain_syntax_ok(domain) || domain_labels(domain) < 2)
		return none;
	*domain_out = domain;
	return arena_printf(a, "%.*s@%.*s", VIEW_ARG(local), VIEW_ARG(domain));
}

static int
hex(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, view_lower(c)) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* pct-encoded of RFC 3986; absent if a "%" has no two digits behind it. */
static struct view
decoded(struct view v, struct arena *a)
{
	char *out = arena_alloc(a, v.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] != '%') {
			out[n++] = v.p[i];
			continue;
		}
		if (i + 2 >= v.n || hex(v.p[i + 1]) < 0 || hex(v.p[i + 2]) < 0)
			return view_of(NULL, 0);
		out[n++] = (char)(hex(v.p[i + 1]) * 16 + hex(v.p[i + 2]));
		i += 2;
	}
	return view_of(out, n);
}

/* [ "!" 1*DIGIT [ "k" / "m" / "g" / "t" ] ]: powers of 1024. */
static bool
read_size(struct view v, uint64_t *out)
{
	static const char units[] = "kmgt";
	const char *unit = v.n && v.p[v.n - 1] ? strchr(units, view_lower(v.p[v.n - 1])) : NULL;
	unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
	uint64_t n;

	if (!view_number(view_head(v, v.n - (unit != NULL)), UINT64_MAX >> shift, &n) || n == 0)
		return false;
	*out = n << shift;
	return true;
}

enum dmarc_rua_end
dmarc_rua_next(struct view *list, struct arena *a, struct dmarc_rua *out)
{
	struct view uri, address;
	size_t bang;

	do {
		if (!view_split(list, ',', &uri))
			return DMARC_RUA_END;
		uri = view_trim(uri);
	} while (uri.n == 0);
	*out = (struct dmarc_rua){.address = uri};
	bang = view_find(uri, '!');
	if (bang < uri.n && !read_size(view_skip(uri, bang + 1), &out->max_bytes))
		return DMARC_RUA_BAD;
	if (!view_starts_nocase(uri, "mailto:"))
		return DMARC_RUA_BAD;
	address = view_skip(view_head(uri, bang), sizeof("mailto:") - 1);
	if (view_find(address, '?') < address.n) /* of a local part it must be %3F */
		return DMARC_RUA_BAD;
	address = decoded(address, a);
	address = dmarc_rua_address(address, a, &out->domain);
	if (!address.p)
		return DMARC_RUA_BAD;
	out->address = address;
	return DMARC_RUA_OK;
}
