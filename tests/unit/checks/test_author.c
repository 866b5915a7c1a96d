/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/author.h"

#include "tests/unit/checks/fake_check.c"
#include "tests/unit/checks/fake_message.c"

enum row { ADDRESS, DOMAIN, NAME, NAME_DOMAIN, NAME_ALIGNED, REPLY_ADDRESS, REPLY_DOMAIN, REPLY_ALIGNED, MAIL_ALIGNED };

static void
run(const struct check_call *setup, const char *from, const char *reply_to, const char *const *want, size_t first,
	size_t n)
{
	struct header_field h[2];
	struct check_call *c = fake_new(&author_check, STAGE_HEADER, NULL, 0);

	if (setup) {
		c->envelope = setup->envelope;
		c->has_envelope = setup->has_envelope;
	}
	fake_message.field = h;
	fake_message.n = 0;
	if (from)
		h[fake_message.n++] = (struct header_field){VIEW("From"), view_str(from)};
	if (reply_to)
		h[fake_message.n++] = (struct header_field){VIEW("reply-to"), view_str(reply_to)};
	fake_run(c);
	for (size_t i = 0; i < n; i++)
		UNIT_CASE(fake_is(c, first + i, want[i]), from ? from : "none");
	fake_done(c);
}

static const struct {
	const char *value; /* NULL = no From */
	const char *want[3];
} from_cases[] = {
	{" Joe <j@Example.org>", {"j@example.org", "example.org", "Joe"}},
	{" j@example.org", {"j@example.org", "example.org", "-"}},
	{" a@example.org, b@example.com", {"a@example.org", "example.org", "-"}},
	{" a@[192.0.2.1]", {"a@[192.0.2.1]", "-", "-"}},
	{" nobody:;", {"-", "-", "-"}},
	{NULL, {"-", "-", "-"}},
	{" =?utf-8?q?J=C3=B6?= =?utf-8?q?rg?= M. <j@example.org>", {"j@example.org", "example.org", "J\xc3\xb6rg M."}},
	{" \"=?iso-8859-1?q?J=F6?=\" <j@example.org>", {"j@example.org", "example.org", "J\xc3\xb6"}},
	{" \"J\xf6\" <j@example.org>", {"j@example.org", "example.org", "J\xc3\xb6"}},
	{" =?utf-8?q?a=00=0Ab?= <j@example.org>", {"j@example.org", "example.org", "a  b"}},
};

static void
author(void)
{
	for (size_t i = 0; i < sizeof(from_cases) / sizeof(*from_cases); i++)
		run(NULL, from_cases[i].value, NULL, from_cases[i].want, ADDRESS, 3);
}

static const struct {
	const char *value;
	const char *want[2];
} name_cases[] = {
	{" \"PayPal.com Service\" <x@evil.example.net>", {"paypal.com", "no"}},
	{" \"support@mail.paypal.com\" <x@evil.example.net>", {"mail.paypal.com", "no"}},
	{" \"support@mail.paypal.com\" <x@paypal.com>", {"mail.paypal.com", "yes"}},
	{" =?utf-8?b?cGF5cGFsLmNvbQ==?= <x@evil.example.net>", {"paypal.com", "no"}},
	{" PayPal <x@evil.example.net>", {"-", "-"}},
	{" paypal.com <x@[192.0.2.1]>", {"paypal.com", "-"}},
	{" x@evil.example.net", {"-", "-"}},
};

static void
names(void)
{
	for (size_t i = 0; i < sizeof(name_cases) / sizeof(*name_cases); i++)
		run(NULL, name_cases[i].value, NULL, name_cases[i].want, NAME_DOMAIN, 2);
}

static const struct {
	const char *from, *reply_to;
	const char *want[3];
} reply_cases[] = {
	{" a@example.org", " B <b@Mail.example.org>, c@example.com", {"b@mail.example.org", "mail.example.org", "yes"}},
	{" a@example.org", " b@example.com", {"b@example.com", "example.com", "no"}},
	{" a@example.org", " b@[192.0.2.1]", {"b@[192.0.2.1]", "-", "-"}},
	{" a@example.org", " nonsense", {"-", "-", "-"}},
	{" a@example.org", NULL, {"-", "-", "-"}},
	{NULL, " b@example.com", {"b@example.com", "example.com", "-"}},
};

static void
replies(void)
{
	for (size_t i = 0; i < sizeof(reply_cases) / sizeof(*reply_cases); i++)
		run(NULL, reply_cases[i].from, reply_cases[i].reply_to, reply_cases[i].want, REPLY_ADDRESS, 3);
}

static void
envelope(void)
{
	struct check_call bounce = {.has_envelope = true, .envelope = {.null_sender = true}};
	struct check_call sender = {.has_envelope = true,
		.envelope = {.has_from = true, .from = {.domain = VIEW("bounce.example.org")}}};
	const char *const yes = "yes", *const no = "no", *const missing = "-";

	run(&sender, " a@example.org", NULL, &yes, MAIL_ALIGNED, 1);
	run(&sender, " a@example.com", NULL, &no, MAIL_ALIGNED, 1);
	run(&sender, NULL, NULL, &missing, MAIL_ALIGNED, 1);
	run(&bounce, " a@example.org", NULL, &missing, MAIL_ALIGNED, 1);
	run(NULL, " a@example.org", NULL, &missing, MAIL_ALIGNED, 1);
}

static const struct unit_test tests[] = {
	{"reads the author", author},
	{"a domain in the display name", names},
	{"where answers go", replies},
	{"author against envelope", envelope},
};

int
main(void)
{
	return unit_main("checks/author", tests, sizeof(tests) / sizeof(*tests));
}
