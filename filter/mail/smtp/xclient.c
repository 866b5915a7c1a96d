/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp/xclient.h"

#include <stdio.h>

#include "mail/domain.h"
#include "mail/smtp/xtext.h"
#include "util/json.h"
#include "util/limits.h"

static const char *const names[XCLIENT_ATTRIBUTES] = {
	[XCLIENT_NAME] = "NAME",
	[XCLIENT_REVERSE_NAME] = "REVERSE_NAME",
	[XCLIENT_ADDR] = "ADDR",
	[XCLIENT_PORT] = "PORT",
	[XCLIENT_PROTO] = "PROTO",
	[XCLIENT_HELO] = "HELO",
	[XCLIENT_LOGIN] = "LOGIN",
	[XCLIENT_DESTADDR] = "DESTADDR",
	[XCLIENT_DESTPORT] = "DESTPORT",
	[XCLIENT_IDENT] = "IDENT",
	[XCLIENT_SOURCE] = "SOURCE",
};

static const char unavailable[] = "[UNAVAILABLE]", tempunavail[] = "[TEMPUNAVAIL]";

const char *
xclient_attribute_name(enum xclient_attribute a)
{
	return names[a];
}

/* The next word of *rest; absent if there is none. */
static struct view
word(struct view *rest)
{
	struct view v = view_trim(*rest), w = view_head(v, view_find(v, ' '));

	*rest = view_skip(v, w.n);
	return w.n ? w : (struct view){NULL, 0};
}

/* XCLIENT_ATTRIBUTES if there is no such attribute. */
static int
find(struct view name)
{
	int i = 0;

	while (i < XCLIENT_ATTRIBUTES && !view_is(name, names[i]))
		i++;
	return i;
}

unsigned
xclient_announced(struct view rest)
{
	unsigned set = 0;

	for (struct view w = word(&rest); w.p; w = word(&rest)) {
		int i = find(w);

		set |= i < XCLIENT_ATTRIBUTES ? 1U << i : 0;
	}
	return set;
}

/* ---- values ---- */

/* Printable ASCII without blanks; a LOGIN may have any character, for the backend named it. */
static bool
clean(int attribute, struct view v)
{
	for (size_t i = 0; i < v.n; i++) {
		unsigned char c = (unsigned char)v.p[i];

		if (c < ' ' || c == 127 || ((c == ' ' || c > 127) && attribute != XCLIENT_LOGIN))
			return false;
	}
	return v.n > 0 && v.n <= XCLIENT_VALUE_MAX && json_utf8(v);
}

/* IPv4, or IPv6 behind "IPV6:", which older senders leave out. */
static bool
read_addr(struct view v, struct ip *out)
{
	return ip_parse(view_starts_nocase(v, "IPV6:") ? view_skip(v, 5) : v, out);
}

static bool
read_port(struct view v, uint16_t *out)
{
	uint64_t n;

	if (!view_number(v, UINT16_MAX, &n))
		return false;
	*out = (uint16_t)n;
	return true;
}

static bool
read_value(struct xclient *x, int attribute, struct view v, struct arena *a)
{
	switch (attribute) {
	case XCLIENT_NAME:
	case XCLIENT_REVERSE_NAME:
		return domain_normal(v, a).p != NULL;
	case XCLIENT_ADDR:
		return read_addr(v, &x->addr);
	case XCLIENT_DESTADDR:
		return read_addr(v, &x->destaddr);
	case XCLIENT_PORT:
		return read_port(v, &x->port);
	case XCLIENT_DESTPORT:
		return read_port(v, &x->destport);
	case XCLIENT_PROTO:
		return view_is(v, "SMTP") || view_is(v, "ESMTP");
	default:
		return true;
	}
}

static bool
read_one(struct xclient *x, struct view w, struct arena *a)
{
	size_t equals = view_find(w, '=');
	int attribute = find(view_head(w, equals));
	unsigned bit = 1U << attribute;
	struct view v = xtext_decode(view_skip(w, equals + 1), a);

	if (!(bit & XCLIENT_TAKEN) || (x->given & bit) || equals == w.n || !v.p)
		return false;
	x->given |= bit;
	if (view_is(v, unavailable))
		return true;
	if (view_is(v, tempunavail)) {
		x->tempunavail |= bit;
		return attribute == XCLIENT_NAME || attribute == XCLIENT_REVERSE_NAME;
	}
	x->value[attribute] = v;
	return clean(attribute, v) && read_value(x, attribute, v, a);
}

/* xclient-command = XCLIENT 1*( SP attribute-name"="attribute-value ) */
bool
xclient_read(struct view argument, struct arena *a, struct xclient *out)
{
	struct xclient x = {0};
	struct view rest = arena_copy(a, argument);

	for (struct view w = word(&rest); w.p; w = word(&rest))
		if (!read_one(&x, w, a))
			return false;
	if (!x.given)
		return false;
	*out = x;
	return true;
}

/* ---- writing ---- */

/* As Postfix judges names (valid_hostname): of a name that it would not take, it refuses the whole command. A
 * PTR record may hold anything. */
static bool
is_host(struct view v)
{
	size_t label = 0;
	bool letters = false;

	if (v.n > DOMAIN_MAX)
		return false;
	for (size_t i = 0; i < v.n; i++) {
		char c = v.p[i];
		bool digit = c >= '0' && c <= '9', edge = label == 0 || i + 1 == v.n || v.p[i + 1] == '.';

		if (c == '.' ? label == 0 || i + 1 == v.n : ++label > LABEL_MAX)
			return false;
		if (c == '.')
			label = 0;
		else if (!digit && c != '_' && !(c == '-' && !edge) && !((c | 32) >= 'a' && (c | 32) <= 'z'))
			return false;
		letters |= !digit && c != '.';
	}
	return letters;
}

/* Commands with as many attributes each as there is room for. */
struct writer {
	const char *command;
	struct buf *out;
	size_t line; /* bytes of the open command; 0: none is open */
	size_t commands;
};

static void
write_attribute(struct writer *w, const char *name, const char *value, size_t n)
{
	size_t need = 1 + strlen(name) + 1 + n;

	if (w->line && w->line + need + 2 > SMTP_COMMAND_MAX) {
		buf_str(w->out, "\r\n");
		w->line = 0;
	}
	if (!w->line) {
		buf_str(w->out, w->command);
		w->line = strlen(w->command);
		w->commands++;
	}
	buf_printf(w->out, " %s=%.*s", name, (int)n, value);
	w->line += need;
}

/* 0 if it may not be sent. */
static size_t
addr_text(const struct ip *ip, char out[static IP_TEXT_MAX + 5])
{
	char text[IP_TEXT_MAX];

	if (!ip->family)
		return 0;
	ip_format(ip, text);
	return (size_t)snprintf(out, IP_TEXT_MAX + 5, "%s%s", ip->family == 6 ? "IPV6:" : "", text);
}

enum { VALUE_ROOM = SMTP_COMMAND_MAX - 32 }; /* for "XFORWARD REVERSE_NAME=" and CRLF */

/* The value as it is sent; 0 if there is none that may be. */
static size_t
value_text(const struct xclient *x, int attribute, char out[static VALUE_ROOM])
{
	struct buf b;
	size_t n = 0;

	switch (attribute) {
	case XCLIENT_ADDR:
		return addr_text(&x->addr, out);
	case XCLIENT_DESTADDR:
		return addr_text(&x->destaddr, out);
	case XCLIENT_PORT:
		return x->port ? (size_t)snprintf(out, VALUE_ROOM, "%u", x->port) : 0;
	case XCLIENT_DESTPORT:
		return x->destport ? (size_t)snprintf(out, VALUE_ROOM, "%u", x->destport) : 0;
	case XCLIENT_NAME:
	case XCLIENT_REVERSE_NAME:
		if (!is_host(x->value[attribute]))
			return 0;
		break;
	default:
		break;
	}
	if (!clean(attribute, x->value[attribute]))
		return 0;
	buf_init(&b, VALUE_ROOM);
	xtext_encode(x->value[attribute], &b);
	if (!b.over) {
		memcpy(out, buf_view(&b).p, b.n);
		n = b.n;
	}
	buf_done(&b);
	return n;
}

static size_t
write_all(const char *command, const struct xclient *x, unsigned set, bool temporary, struct buf *out)
{
	struct writer w = {.command = command, .out = out};
	char text[VALUE_ROOM];

	for (int i = 0; i < XCLIENT_ATTRIBUTES; i++) {
		size_t n;

		if (!(x->given & set & 1U << i))
			continue;
		n = value_text(x, i, text);
		if (n)
			write_attribute(&w, names[i], text, n);
		else if (temporary && (x->tempunavail & 1U << i))
			write_attribute(&w, names[i], tempunavail, sizeof(tempunavail) - 1);
		else
			write_attribute(&w, names[i], unavailable, sizeof(unavailable) - 1);
	}
	if (w.line)
		buf_str(out, "\r\n");
	return w.commands;
}

size_t
xclient_write(const struct xclient *x, unsigned announced, struct buf *out)
{
	return write_all("XCLIENT", x, announced & XCLIENT_TAKEN, true, out);
}

size_t
xclient_write_forward(const struct xclient *x, unsigned announced, struct buf *out)
{
	const unsigned set = 1U << XCLIENT_NAME | 1U << XCLIENT_ADDR | 1U << XCLIENT_PORT |
		1U << XCLIENT_PROTO | 1U << XCLIENT_HELO | 1U << XCLIENT_IDENT | 1U << XCLIENT_SOURCE;

	return write_all("XFORWARD", x, announced & set, false, out);
}
