/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/list/list_key.h"

#include <stdio.h>

#include "mail/domain.h"

enum { SHOWN = 60, NET_KEY = 18 };

static void
note_text(struct list_note *note, struct view item, const char *before, const char *after)
{
	item = view_head(item, SHOWN);
	snprintf(note->text, sizeof(note->text), "%s'%.*s'%s", before, VIEW_ARG(item), after);
}

void
list_key_unfit(struct list_note *note, struct view item, const char *kind)
{
	item = view_head(item, SHOWN);
	snprintf(note->text, sizeof(note->text), "'%.*s' does not fit a list of %s", VIEW_ARG(item),
		kind);
}

/* ---- items ---- */

static struct view
net_key(const struct cidr *net, uint8_t out[static NET_KEY])
{
	out[0] = net->net.family;
	out[1] = net->bits;
	memcpy(out + 2, net->net.b, 16);
	return view_of(out, NET_KEY);
}

void
list_key_note_host_bits(struct list_note *note, struct view item, const struct cidr *net)
{
	char text[IP_TEXT_MAX];

	ip_format(&net->net, text);
	item = view_head(item, SHOWN);
	note->warning = true;
	snprintf(note->text, sizeof(note->text), "'%.*s' has host bits set; taken as %s/%u",
		VIEW_ARG(item), text, net->bits);
}

static bool
item_net(struct view item, struct arena *a, struct view *out, struct list_note *note)
{
	uint8_t key[NET_KEY];
	struct cidr net;
	bool host_bits;

	if (!cidr_parse(item, &net, &host_bits)) {
		list_key_unfit(note, item, "nets");
		return false;
	}
	if (host_bits)
		list_key_note_host_bits(note, item, &net);
	*out = arena_copy(a, net_key(&net, key));
	return true;
}

static bool
item_domain(struct view item, struct arena *a, struct view *out, struct list_note *note)
{
	bool below = item.n && item.p[0] == '.';
	size_t at = view_rfind(item, '@');
	struct view name;

	if (at < item.n) {
		struct view domain = view_head(view_skip(item, at + 1), SHOWN);

		note_text(note, item, "", " is an address, this list holds domains");
		snprintf(note->hint, sizeof(note->hint),
			"use '%.*s', or declare the list as addresses", VIEW_ARG(domain));
		return false;
	}
	if (item.n > 2 && item.p[0] == '*' && item.p[1] == '.') {
		struct view rest = view_head(view_skip(item, 1), SHOWN);

		snprintf(note->text, sizeof(note->text),
			"wildcards are not needed in a domain list");
		snprintf(note->hint, sizeof(note->hint),
			"write '%.*s' for the domain and everything below it", VIEW_ARG(rest));
		return false;
	}
	name = domain_normal(view_skip(item, below), a);
	if (!name.p || name.n == 0 || view_find(name, '*') < name.n) {
		list_key_unfit(note, item, "domains");
		return false;
	}
	*out = below ? arena_printf(a, ".%.*s", VIEW_ARG(name)) : name;
	return true;
}

static bool
item_address(struct view item, struct arena *a, struct view *out, struct list_note *note)
{
	size_t at = view_rfind(item, '@');
	struct view domain, local;

	if (at == item.n) {
		item = view_head(item, SHOWN);
		note_text(note, item, "", " is not an address");
		snprintf(note->hint, sizeof(note->hint),
			"write 'user@%.*s' for one sender or '@%.*s' for the whole domain",
			VIEW_ARG(item), VIEW_ARG(item));
		return false;
	}
	if (item.n > 1 && item.p[0] == '*' && at == 1) {
		struct view rest = view_head(view_skip(item, 1), SHOWN);

		snprintf(note->text, sizeof(note->text),
			"wildcards are not needed in an address list");
		snprintf(note->hint, sizeof(note->hint), "write '%.*s' for every user there",
			VIEW_ARG(rest));
		return false;
	}
	domain = domain_normal(view_skip(item, at + 1), a);
	if (!domain.p || domain.n == 0) {
		list_key_unfit(note, item, "addresses");
		return false;
	}
	local = arena_lower(a, view_head(item, at));
	*out = arena_printf(a, "%.*s@%.*s", VIEW_ARG(local), VIEW_ARG(domain));
	return true;
}

static bool
item_country(struct view item, struct arena *a, struct view *out, struct list_note *note)
{
	if (item.n != 2 || !view_is_alpha(item.p[0]) || !view_is_alpha(item.p[1])) {
		list_key_unfit(note, item, "countries");
		snprintf(note->hint, sizeof(note->hint),
			"write two letters (ISO 3166), for example DE");
		return false;
	}
	*out = arena_lower(a, item);
	return true;
}

static bool
read_int(struct view v, int64_t *out)
{
	bool minus = v.n && v.p[0] == '-';
	uint64_t n;

	if (!view_number(view_skip(v, minus), INT64_MAX, &n))
		return false;
	*out = minus ? -(int64_t)n : (int64_t)n;
	return true;
}

bool
list_key_range(struct view item, int64_t *low_out, int64_t *high_out)
{
	size_t dash = 1;
	int64_t low, high;

	if (read_int(item, &low)) {
		*low_out = *high_out = low;
		return true;
	}
	while (dash < item.n && item.p[dash] != '-')
		dash++;
	if (dash >= item.n || !read_int(view_head(item, dash), &low) ||
		!read_int(view_skip(item, dash + 1), &high) || low > high)
		return false;
	*low_out = low;
	*high_out = high;
	return true;
}

static bool
item_number(struct view item, struct arena *a, struct view *out, struct list_note *note)
{
	int64_t low, high;

	if (!list_key_range(item, &low, &high) || low != high) {
		list_key_unfit(note, item, "numbers");
		return false;
	}
	*out = arena_printf(a, "%lld", (long long)low);
	return true;
}

bool
list_key_item(enum list_type t, struct view item, struct arena *a, struct view *key_out,
	struct list_note *note)
{
	if (item.n == 0 || item.n > LIST_ITEM_MAX) {
		list_key_unfit(note, item, list_type_name(t));
		return false;
	}
	switch (t) {
	case LIST_NETS:
		return item_net(item, a, key_out, note);
	case LIST_DOMAINS:
		return item_domain(item, a, key_out, note);
	case LIST_ADDRESSES:
		return item_address(item, a, key_out, note);
	case LIST_COUNTRIES:
		return item_country(item, a, key_out, note);
	case LIST_NUMBERS:
		return item_number(item, a, key_out, note);
	case LIST_WORDS:
		*key_out = arena_lower(a, item);
		return true;
	default:
		list_key_unfit(note, item, list_type_name(t));
		return false;
	}
}

/* ---- values ---- */

void
list_key_start(struct list_key_walk *w, enum list_type t, struct view value)
{
	w->type = t;
	w->next = (struct view){NULL, 0};
	w->bits = -1;
	if (t == LIST_NETS) {
		if (ip_parse(value, &w->ip))
			w->bits = w->ip.family == 4 ? 32 : 128;
		return;
	}
	if (t == LIST_DOMAINS && value.n && value.p[value.n - 1] == '.')
		value.n--;
	if (!value.p || value.n == 0 || value.n > LIST_ITEM_MAX)
		return;
	if ((t == LIST_DOMAINS && value.p[0] == '.') || (t == LIST_ADDRESSES && value.p[0] == '@'))
		return; /* an item's spelling, not a value's */
	w->buf[0] = '.';
	for (size_t i = 0; i < value.n; i++)
		w->buf[1 + i] = (uint8_t)view_lower(value.p[i]);
	w->next = view_of(w->buf + 1, value.n);
}

static bool
next_net(struct list_key_walk *w, struct view *key_out)
{
	struct cidr net = {.net.family = w->ip.family};

	if (w->bits < 0)
		return false;
	net.bits = (uint8_t)w->bits;
	memcpy(net.net.b, w->ip.b, net.bits / 8u);
	if (net.bits % 8)
		net.net.b[net.bits / 8] = w->ip.b[net.bits / 8] & (uint8_t)(0xff00 >> net.bits % 8);
	w->bits--;
	*key_out = net_key(&net, w->buf);
	return true;
}

bool
list_key_next(struct list_key_walk *w, struct view *key_out)
{
	struct view key = w->next;
	size_t cut;

	if (w->type == LIST_NETS)
		return next_net(w, key_out);
	if (!key.p)
		return false;
	w->next = (struct view){NULL, 0};
	if (w->type == LIST_DOMAINS && key.p == (const char *)w->buf + 1) {
		w->next = view_of(w->buf, key.n + 1); /* the name as the parent of itself */
	} else if (w->type == LIST_DOMAINS) {
		cut = 1 + view_find(view_skip(key, 1), '.');
		if (cut < key.n)
			w->next = view_skip(key, cut);
	} else if (w->type == LIST_ADDRESSES && key.p == (const char *)w->buf + 1) {
		cut = view_rfind(key, '@');
		if (cut > 0 && cut < key.n)
			w->next = view_skip(key, cut);
	}
	*key_out = key;
	return true;
}
