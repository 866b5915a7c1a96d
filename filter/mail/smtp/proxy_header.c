/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp/proxy_header.h"

#include "util/limits.h"

enum {
	V1_MAX = 107,     /* bytes with CRLF: the specification counts them out */
	V2_FIXED = 16,    /* signature, command, family, length */
	V2_INET = 12,     /* two addresses and ports */
	V2_INET6 = 36,
	V2_UNIX = 216
};

static const char signature[] = "\r\n\r\n\0\r\nQUIT\n";
enum { SIGNATURE = sizeof(signature) - 1 };

/* v begins as text does, as far as it goes. */
static bool
begins(struct view v, const char *text, size_t n)
{
	return memcmp(v.p, text, v.n < n ? v.n : n) == 0;
}

/* ---- version 1 ---- */

/* One word up to a blank, or to the end of the line for the last one. */
static bool
read_ip(struct view *rest, uint8_t family, bool six, struct ip *out)
{
	struct view w;

	/* An IPv4-mapped address is IPv4 to us, and IPv6 to the one who wrote it. */
	return view_split(rest, ' ', &w) && (view_find(w, ':') < w.n) == six && ip_parse(w, out) &&
		(six || out->family == family);
}

/* No leading zeros. */
static bool
read_port(struct view *rest, uint16_t *out)
{
	struct view w;
	uint64_t n;

	if (!view_split(rest, ' ', &w) || (w.n > 1 && w.p[0] == '0') || !view_number(w, UINT16_MAX, &n))
		return false;
	*out = (uint16_t)n;
	return true;
}

/* "PROXY" SP ("TCP4" / "TCP6") SP source SP destination SP port SP port CRLF,
 * or "PROXY UNKNOWN" [anything] CRLF */
static bool
read_line(struct view line, struct proxy_header *h)
{
	struct view word;
	bool six;

	if (!view_split(&line, ' ', &word) || !view_eq_str(word, "PROXY") || !view_split(&line, ' ', &word))
		return false;
	if (view_eq_str(word, "UNKNOWN"))
		return true;
	six = view_eq_str(word, "TCP6");
	if (!six && !view_eq_str(word, "TCP4"))
		return false;
	return read_ip(&line, 4, six, &h->source) && read_ip(&line, 4, six, &h->destination) &&
		read_port(&line, &h->source_port) && read_port(&line, &h->destination_port) && !line.p;
}

static enum proxy_header_status
read_v1(struct view input, size_t *used_out, struct proxy_header *out)
{
	struct view line = view_head(input, V1_MAX);
	size_t end = view_find(line, '\n');
	struct proxy_header h = {.version = 1};

	if (end == line.n)
		return line.n < V1_MAX ? PROXY_HEADER_MORE : PROXY_HEADER_BAD;
	if (end == 0 || line.p[end - 1] != '\r' || !read_line(view_head(line, end - 1), &h))
		return PROXY_HEADER_BAD;
	*used_out = end + 1;
	*out = h;
	return PROXY_HEADER_OK;
}

/* ---- version 2 ---- */

static unsigned
byte(struct view v, size_t at)
{
	return (uint8_t)v.p[at];
}

static unsigned
two_bytes(struct view v, size_t at)
{
	return byte(v, at) << 8 | byte(v, at + 1);
}

/* CRC32C (RFC 9260 appendix A), reflected. The four bytes at `zero` count as 0. */
static uint32_t
crc32c(struct view v, size_t zero)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < v.n; i++) {
		crc ^= i - zero < 4 ? 0 : byte(v, i);
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

/* Takes one TLV from the front of *rest: false at its end, and if it is cut. */
static bool
take_tlv(struct view *rest, unsigned *type_out, struct view *value_out)
{
	size_t n;

	if (rest->n < 3 || rest->n - 3 < (n = two_bytes(*rest, 1)))
		return false;
	*type_out = byte(*rest, 0);
	*value_out = view_of(rest->p + 3, n);
	*rest = view_skip(*rest, 3 + n);
	return true;
}

/* struct pp2_tlv_ssl { uint8_t client; uint32_t verify; struct pp2_tlv sub_tlv[0]; } */
static bool
read_ssl(struct view v, struct proxy_header *h)
{
	struct view value;
	unsigned type;

	if (v.n < 5)
		return false;
	h->tls = byte(v, 0) & 1;
	h->tls_cert = byte(v, 0) & 6;
	h->tls_verified = h->tls_cert && two_bytes(v, 1) == 0 && two_bytes(v, 3) == 0;
	v = view_skip(v, 5);
	while (take_tlv(&v, &type, &value)) {
		if (type == 0x21)
			h->tls_version = value;
		else if (type == 0x22)
			h->tls_name = value;
		else if (type == 0x23)
			h->tls_cipher = value;
	}
	return v.n == 0;
}

/* The TLVs of a whole header. Those that are not known are stepped over. */
static bool
read_tlvs(struct view header, size_t at, struct proxy_header *h)
{
	struct view rest = view_skip(header, at), value;
	unsigned type;

	while (take_tlv(&rest, &type, &value)) {
		if (type == 0x02)
			h->authority = value;
		else if (type == 0x05)
			h->unique_id = value;
		else if (type == 0x20 && !read_ssl(value, h))
			return false;
		else if (type == 0x03 && (value.n != 4 || crc32c(header, (size_t)(value.p - header.p)) !=
			(two_bytes(value, 0) << 16 | two_bytes(value, 2))))
			return false;
	}
	return rest.n == 0;
}

/* An IPv6 address that is mapped becomes an IPv4 one, as everywhere. */
static struct ip
binary_ip(const char *p, uint8_t family)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct ip ip = {.family = family};

	if (family == 6 && memcmp(p, mapped, sizeof(mapped)) == 0) {
		ip.family = 4;
		p += sizeof(mapped);
	}
	memcpy(ip.b, p, ip.family == 4 ? 4 : 16);
	return ip;
}

static void
read_addresses(struct view v, uint8_t family, struct proxy_header *h)
{
	size_t n = family == 4 ? 4 : 16;

	h->source = binary_ip(v.p, family);
	h->destination = binary_ip(v.p + n, family);
	h->source_port = (uint16_t)two_bytes(v, 2 * n);
	h->destination_port = (uint16_t)two_bytes(v, 2 * n + 2);
}

/* A whole header. Byte 12: version and command, byte 13: family and transport. LOCAL: the rest means nothing.
 * A datagram is no SMTP. */
static bool
read_binary(struct view v, struct proxy_header *h)
{
	unsigned command = byte(v, 12), family = byte(v, 13) >> 4, transport = byte(v, 13) & 15;
	size_t addresses;

	h->local = command == 0x20;
	if (h->local)
		return true;
	if (command != 0x21 || family > 3 || transport > 1)
		return false;
	addresses = family == 1 ? V2_INET : family == 2 ? V2_INET6 : family == 3 ? V2_UNIX : 0;
	if (v.n - V2_FIXED < addresses)
		return false;
	if (transport == 0 || family == 0)
		return true; /* UNSPEC: what is there is to be ignored */
	if (family != 3)
		read_addresses(view_skip(v, V2_FIXED), family == 1 ? 4 : 6, h);
	return read_tlvs(v, V2_FIXED + addresses, h);
}

static enum proxy_header_status
read_v2(struct view input, size_t *used_out, struct proxy_header *out)
{
	struct proxy_header h = {.version = 2};
	size_t n;

	if (input.n > SIGNATURE && byte(input, 12) != 0x20 && byte(input, 12) != 0x21)
		return PROXY_HEADER_BAD;
	if (input.n < V2_FIXED)
		return PROXY_HEADER_MORE;
	n = V2_FIXED + two_bytes(input, 14);
	if (n > PROXY_HEADER_MAX)
		return PROXY_HEADER_BAD;
	if (input.n < n)
		return PROXY_HEADER_MORE;
	if (!read_binary(view_head(input, n), &h))
		return PROXY_HEADER_BAD;
	*used_out = n;
	*out = h;
	return PROXY_HEADER_OK;
}

enum proxy_header_status
proxy_header_read(struct view input, size_t *used_out, struct proxy_header *out)
{
	if (input.n == 0)
		return PROXY_HEADER_MORE;
	if (begins(input, signature, SIGNATURE))
		return read_v2(input, used_out, out);
	if (begins(input, "PROXY ", 6))
		return read_v1(input, used_out, out);
	return PROXY_HEADER_BAD;
}

bool
proxy_header_begins(struct view input)
{
	return (input.n >= SIGNATURE && begins(input, signature, SIGNATURE)) ||
		(input.n >= 6 && begins(input, "PROXY ", 6));
}

/* ---- writing ---- */

static bool
has_addresses(const struct proxy_header *h)
{
	return !h->local && h->source.family && h->source.family == h->destination.family;
}

void
proxy_header_write_v1(const struct proxy_header *h, struct buf *out)
{
	char source[IP_TEXT_MAX], destination[IP_TEXT_MAX];

	if (!has_addresses(h)) {
		buf_str(out, "PROXY UNKNOWN\r\n");
		return;
	}
	ip_format(&h->source, source);
	ip_format(&h->destination, destination);
	buf_printf(out, "PROXY TCP%c %s %s %u %u\r\n", h->source.family == 4 ? '4' : '6', source, destination,
		h->source_port, h->destination_port);
}

static void
put_two(unsigned n, struct buf *out)
{
	buf_byte(out, (char)(n >> 8));
	buf_byte(out, (char)(n & 255));
}

void
proxy_header_write_v2(const struct proxy_header *h, struct buf *out)
{
	bool told = has_addresses(h), four = h->source.family == 4;
	size_t n = four ? 4 : 16;

	buf_add(out, view_of(signature, SIGNATURE));
	buf_byte(out, h->local ? 0x20 : 0x21);
	buf_byte(out, told ? (four ? 0x11 : 0x21) : 0);
	put_two(told ? (four ? V2_INET : V2_INET6) : 0, out);
	if (!told)
		return;
	buf_add(out, view_of(h->source.b, n));
	buf_add(out, view_of(h->destination.b, n));
	put_two(h->source_port, out);
	put_two(h->destination_port, out);
}
