/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dkim/dkim_key.h"

#include "mail/mime/base64.h"

enum { ED25519_BYTES = 32, EXPONENT_BITS = 32 };

/* Is word an item of a colon-separated list? Without case, as ABNF literals are. */
static bool
list_has(struct view list, const char *word)
{
	struct view item;

	while (view_split(&list, ':', &item))
		if (view_is(view_trim(item), word))
			return true;
	return false;
}

/* ---- RSA keys in DER (RFC 8017 appendix A.1.1, RFC 5280 section 4.1) ----
 *
 * Read here: OpenSSL 3 takes half a millisecond for it, ten times what the rest of a look at a key
 * takes. The reader's error is sticky. */

enum { DER_INTEGER = 0x02, DER_BITS = 0x03, DER_SEQUENCE = 0x30 };

struct der {
	struct view rest;
	bool bad;
};

static struct view
der_fail(struct der *d)
{
	d->bad = true;
	return view_of("", 0);
}

/* The length that stands behind the tag, in the shortest form; SIZE_MAX if it is none. *at_out is
 * behind it. */
static size_t
der_length(struct view v, size_t *at_out)
{
	const unsigned char *p = (const unsigned char *)v.p;

	*at_out = 2;
	if (v.n >= 2 && p[1] < 0x80)
		return p[1];
	*at_out = 3;
	if (v.n >= 3 && p[1] == 0x81 && p[2] >= 0x80)
		return p[2];
	*at_out = 4;
	if (v.n >= 4 && p[1] == 0x82 && p[2] > 0)
		return (size_t)p[2] << 8 | p[3];
	return SIZE_MAX;
}

/* The content of the next element, which must have this tag. */
static struct view
der_take(struct der *d, char tag)
{
	size_t at, n = d->bad ? SIZE_MAX : der_length(d->rest, &at);
	struct view content;

	if (n == SIZE_MAX || d->rest.p[0] != tag || n > d->rest.n - at)
		return der_fail(d);
	content = view_of(d->rest.p + at, n);
	d->rest = view_skip(d->rest, at + n);
	return content;
}

/* A positive INTEGER: its bits, and whether it is odd. */
static unsigned
der_bits(struct der *d, bool *odd_out)
{
	struct view v = der_take(d, DER_INTEGER);
	const unsigned char *p = (const unsigned char *)v.p;
	unsigned bits = 0;

	if (v.n == 0 || p[0] >= 0x80 || (p[0] == 0 && (v.n == 1 || p[1] < 0x80))) {
		d->bad = true;
		return 0;
	}
	*odd_out = p[v.n - 1] & 1;
	for (unsigned top = p[0] ? p[0] : p[1]; top; top >>= 1)
		bits++;
	return bits + 8 * (unsigned)(v.n - (p[0] ? 1 : 2));
}

/* AlgorithmIdentifier of rsaEncryption, and what stands before the key in a BIT STRING. */
static const char rsa_algorithm[] = {0x06, 0x09, 0x2a, (char)0x86, 0x48, (char)0x86, (char)0xf7,
	0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};

/* RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }
 * Returns the exponent's bits, 0 if it is even; *bits_out are the modulus's. */
static unsigned
der_rsa(struct der *d, unsigned *bits_out)
{
	struct der key = {.rest = der_take(d, DER_SEQUENCE)};
	bool odd_modulus = false, odd = false;
	unsigned bits = der_bits(&key, &odd_modulus), exponent = der_bits(&key, &odd);

	d->bad = d->bad || key.bad || key.rest.n > 0 || d->rest.n > 0 || !odd_modulus;
	*bits_out = bits;
	return odd ? exponent : 0;
}

/* SubjectPublicKeyInfo ::= SEQUENCE { AlgorithmIdentifier, BIT STRING } around the key */
static struct view
der_unwrap(struct view bytes, bool *bad_out)
{
	struct der outer = {.rest = bytes}, info = {.rest = der_take(&outer, DER_SEQUENCE)};
	struct view algorithm = der_take(&info, DER_SEQUENCE), key = der_take(&info, DER_BITS);

	*bad_out = outer.bad || info.bad || outer.rest.n > 0 || info.rest.n > 0 || key.n == 0 ||
		   key.p[0] != 0 ||
		   !view_eq(algorithm, view_of(rsa_algorithm, sizeof(rsa_algorithm)));
	return *bad_out ? bytes : view_skip(key, 1);
}

struct view
dkim_key_rsa(struct view info)
{
	bool bad;
	struct view key = der_unwrap(info, &bad);

	return bad ? (struct view){NULL, 0} : key;
}

/* Puts tag and length before n bytes that end at p + *at; grows towards the front. */
static void
der_put(char *p, size_t *at, char tag, size_t n)
{
	if (n >= 0x100) {
		p[--*at] = (char)n;
		p[--*at] = (char)(n >> 8);
		p[--*at] = (char)0x82;
	} else {
		p[--*at] = (char)n;
		if (n >= 0x80)
			p[--*at] = (char)0x81;
	}
	p[--*at] = tag;
}

static struct view
der_wrap(struct view key, struct arena *a)
{
	size_t size = key.n + 64, at = size - key.n;
	char *p = arena_alloc(a, size);

	memcpy(p + at, key.p, key.n);
	p[--at] = 0; /* no unused bits */
	der_put(p, &at, DER_BITS, size - at);
	at -= sizeof(rsa_algorithm);
	memcpy(p + at, rsa_algorithm, sizeof(rsa_algorithm));
	der_put(p, &at, DER_SEQUENCE, sizeof(rsa_algorithm));
	der_put(p, &at, DER_SEQUENCE, size - at);
	return view_of(p + at, size - at);
}

/* RFC 6376 section 3.6.1 says RSAPublicKey, the world says SubjectPublicKeyInfo: both are read. */
static enum dkim_key_status
read_rsa(struct view bytes, struct arena *a, struct dkim_key *out, const char **why_out)
{
	bool bare;
	struct der d = {.rest = der_unwrap(bytes, &bare)};
	unsigned exponent = der_rsa(&d, &out->bits);

	*why_out = "p= is no RSA key";
	if (d.bad)
		return DKIM_KEY_BAD;
	*why_out = "RSA key under 1024 bits";
	if (out->bits < DKIM_RSA_BITS_MIN)
		return DKIM_KEY_WEAK;
	*why_out = "RSA key over 4096 bits";
	if (out->bits > DKIM_RSA_BITS_MAX)
		return DKIM_KEY_BAD;
	*why_out = "RSA key with a strange exponent";
	if (exponent < 2 || exponent > EXPONENT_BITS)
		return DKIM_KEY_BAD;
	*why_out = NULL;
	out->der = bare ? der_wrap(bytes, a) : bytes;
	return DKIM_KEY_OK;
}

/* The tags that say what the key is for; NULL if it is for us.
 *
 *	key-v-tag = %x76 [FWS] "=" [FWS] %x44.4B.49.4D.31		"v=DKIM1", first if present
 *	key-h-tag = ... key-h-tag-alg *( [FWS] ":" [FWS] key-h-tag-alg )
 *	key-s-tag = ... key-s-tag-type *( [FWS] ":" [FWS] key-s-tag-type ) */
static const char *
purpose(const struct taglist *l)
{
	struct view v = taglist_get(l, "v"), h = taglist_get(l, "h"), s = taglist_get(l, "s");

	if (v.p && !view_eq_str(l->tag[0].name, "v"))
		return "v= is not the first tag";
	if (v.p && !view_eq_str(v, "DKIM1"))
		return "unknown key version";
	if (h.p && !list_has(h, "sha256"))
		return "key is not for sha256";
	if (s.p && !list_has(s, "*") && !list_has(s, "email"))
		return "key is not for mail";
	return NULL;
}

/* Wildcards make SPF and site tokens appear at key names: no key was meant. */
static bool
foreign(struct view record)
{
	struct tag t;

	while (taglist_next(&record, &t))
		if (view_is(t.name, "p") || view_eq_str(t.value, "DKIM1"))
			return false;
	return true;
}

enum dkim_key_status
dkim_key_read(struct view record, struct arena *a, struct dkim_key *out, const char **why_out)
{
	struct taglist l;
	struct view k, p, t, bytes;

	*out = (struct dkim_key){.type = DKIM_KEY_RSA};
	*why_out = "no key record";
	if (foreign(record))
		return DKIM_KEY_FOREIGN;
	if (!taglist_read(record, &l, why_out) || (*why_out = purpose(&l)))
		return DKIM_KEY_BAD;
	k = taglist_get(&l, "k");
	p = taglist_compact(taglist_get(&l, "p"), a);
	t = taglist_get(&l, "t");
	*why_out = "key without p=";
	if (!p.p)
		return DKIM_KEY_BAD;
	*why_out = "key was revoked";
	if (p.n == 0)
		return DKIM_KEY_REVOKED;
	out->testing = t.p && list_has(t, "y");
	out->strict = t.p && list_has(t, "s");
	*why_out = "p= is no base64";
	bytes = base64_decode(p, a);
	if (!bytes.p)
		return DKIM_KEY_BAD;
	if (!k.p || view_is(k, "rsa"))
		return read_rsa(bytes, a, out, why_out);
	*why_out = "unknown key type";
	if (!view_is(k, "ed25519"))
		return DKIM_KEY_BAD;
	out->type = DKIM_KEY_ED25519;
	out->bits = 8 * ED25519_BYTES;
	out->der = bytes;
	*why_out = bytes.n == ED25519_BYTES ? NULL : "Ed25519 key is not 32 bytes long";
	return bytes.n == ED25519_BYTES ? DKIM_KEY_OK : DKIM_KEY_BAD;
}
