/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp/sasl_name.h"

#include <openssl/evp.h>

#include "util/json.h"

static const struct {
	enum sasl_mech mech;
	const char *name;
} mechs[] = {
	{SASL_PLAIN, "PLAIN"},
	{SASL_LOGIN, "LOGIN"},
	{SASL_CRAM_MD5, "CRAM-MD5"},
	{SASL_SCRAM_SHA_1, "SCRAM-SHA-1"},
	{SASL_SCRAM_SHA_256, "SCRAM-SHA-256"},
	{SASL_XOAUTH2, "XOAUTH2"},
	{SASL_OAUTHBEARER, "OAUTHBEARER"},
};

enum { MECHS = sizeof(mechs) / sizeof(*mechs), DECODED_MAX = AUTH_LINE_MAX / 4 * 3 };

enum sasl_mech
sasl_name_mech(struct view name)
{
	for (size_t i = 0; i < MECHS; i++)
		if (view_is(name, mechs[i].name))
			return mechs[i].mech;
	return SASL_NONE;
}

const char *
sasl_name_mech_name(enum sasl_mech m)
{
	for (size_t i = 0; i < MECHS; i++)
		if (mechs[i].mech == m)
			return mechs[i].name;
	return "NONE";
}

void
sasl_name_init(struct sasl_name *s, enum sasl_mech mech)
{
	*s = (struct sasl_name){.mech = mech};
}

struct view
sasl_name_get(const struct sasl_name *s)
{
	return s->n ? view_of(s->name, s->n) : (struct view){NULL, 0};
}

static void
keep(struct sasl_name *s, struct view name)
{
	if (name.n > sizeof(s->name) || !json_utf8(name))
		return;
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] < ' ' || name.p[i] == 127)
			return;
	if (name.n)
		memcpy(s->name, name.p, name.n);
	s->n = name.n;
}

/* message = [authzid] UTF8NUL authcid UTF8NUL passwd, with no other NUL (RFC 4616 section 2) */
static void
plain(struct sasl_name *s, struct view text)
{
	struct view authzid, authcid, password;

	if (view_split(&text, '\0', &authzid) && view_split(&text, '\0', &authcid) &&
		view_split(&text, '\0', &password) && !text.p)
		keep(s, authcid);
}

/* user name " " digest (RFC 2195 section 2): a name may have blanks, a digest has not */
static void
cram_md5(struct sasl_name *s, struct view text)
{
	size_t blank = view_rfind(text, ' ');

	if (blank < text.n && text.n - blank - 1 == 32)
		keep(s, view_head(text, blank));
}

/* saslname = 1*(value-safe-char / "=2C" / "=3D") (RFC 5802 section 7, RFC 5801 section 4) */
static void
keep_saslname(struct sasl_name *s, struct view v)
{
	char name[SASL_NAME_MAX];
	size_t n = 0;

	for (; v.n && n < sizeof(name); v = view_skip(v, 1)) {
		if (v.p[0] == '=' && !view_starts_nocase(v, "=2C") && !view_starts_nocase(v, "=3D"))
			return;
		if (v.p[0] == '=') {
			name[n++] = v.p[2] == 'D' || v.p[2] == 'd' ? '=' : ',';
			v = view_skip(v, 2);
		} else {
			name[n++] = v.p[0];
		}
	}
	if (v.n == 0)
		keep(s, view_of(name, n));
}

/* gs2-header = [ "F," ] gs2-cbind-flag "," [ "a=" saslname ] ",", with a flag that binds to no channel.
 * What is behind it is left in *text. */
static bool
gs2_header(struct view *text, struct view *authzid_out)
{
	struct view flag;

	return view_split(text, ',', &flag) && (view_eq_str(flag, "n") || view_eq_str(flag, "y")) &&
		view_split(text, ',', authzid_out) && text->p &&
		(authzid_out->n == 0 || view_starts_nocase(*authzid_out, "a="));
}

/* client-first-message      = gs2-header client-first-message-bare
 * client-first-message-bare = [reserved-mext ","] username "," nonce ["," extensions]
 * username                  = "n=" saslname
 * A mandatory extension that is not known ends the exchange. */
static void
scram(struct sasl_name *s, struct view text)
{
	struct view authzid, user, nonce;

	if (gs2_header(&text, &authzid) && view_split(&text, ',', &user) && view_split(&text, ',', &nonce) &&
		view_starts_nocase(user, "n=") && view_starts_nocase(nonce, "r="))
		keep_saslname(s, view_skip(user, 2));
}

/* kvpairs = gs2-header kvsep *( key "=" value kvsep ) kvsep, kvsep = %x01 (RFC 7628 section 3.1) */
static void
oauthbearer(struct sasl_name *s, struct view text)
{
	struct view authzid;

	if (gs2_header(&text, &authzid) && text.n && text.p[0] == 1)
		keep_saslname(s, view_skip(authzid, 2));
}

/* "user=" name %x01 "auth=Bearer " token %x01 %x01 */
static void
xoauth2(struct sasl_name *s, struct view text)
{
	struct view user;

	if (view_split(&text, 1, &user) && view_starts_nocase(user, "user=") &&
		view_starts_nocase(text, "auth="))
		keep(s, view_skip(user, 5));
}

/* What the client said, decoded; in every mechanism its first words have the name. */
static void
first_words(struct sasl_name *s, struct view text)
{
	switch (s->mech) {
	case SASL_PLAIN: plain(s, text); break;
	case SASL_LOGIN: keep(s, text); break;
	case SASL_CRAM_MD5: cram_md5(s, text); break;
	case SASL_SCRAM_SHA_1:
	case SASL_SCRAM_SHA_256: scram(s, text); break;
	case SASL_XOAUTH2: xoauth2(s, text); break;
	case SASL_OAUTHBEARER: oauthbearer(s, text); break;
	case SASL_NONE:
	case SASL_ALL: break;
	}
}

static bool
is_base64(struct view v)
{
	size_t n = v.n;

	for (int pad = 0; pad < 2 && n && v.p[n - 1] == '='; pad++)
		n--;
	for (size_t i = 0; i < n; i++)
		if (!view_is_alpha(v.p[i]) && !view_is_digit(v.p[i]) && v.p[i] != '+' && v.p[i] != '/')
			return false;
	return v.n % 4 == 0 && v.n <= AUTH_LINE_MAX;
}

enum sasl_line
sasl_name_answer(struct sasl_name *s, struct view line)
{
	char decoded[DECODED_MAX + 1];
	int n = 0;

	if (view_eq_str(line, "*"))
		return SASL_LINE_CANCEL;
	if (!is_base64(line))
		return SASL_LINE_BAD;
	if (s->lines++ > 0)
		return SASL_LINE_OK;
	if (line.n)
		n = EVP_DecodeBlock((unsigned char *)decoded, (const unsigned char *)line.p, (int)line.n);
	if (n > 0) {
		n -= (line.p[line.n - 1] == '=') + (line.p[line.n - 2] == '=');
		first_words(s, view_of(decoded, (size_t)n));
	}
	explicit_bzero(decoded, sizeof(decoded));
	return SASL_LINE_OK;
}

enum sasl_line
sasl_name_initial(struct sasl_name *s, struct view text)
{
	if (view_eq_str(text, "="))
		return sasl_name_answer(s, view_of("", 0));
	if (text.n == 0 || view_eq_str(text, "*"))
		return SASL_LINE_BAD;
	return sasl_name_answer(s, text);
}
