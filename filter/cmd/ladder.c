/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/ladder.h"

#include <stdlib.h>
#include <time.h>

#include "util/log.h"

enum { SHOWN_MAX = 600 };

/* A member as safe text; fallback when it is missing, null or no string. */
static const char *
text(const json_t *o, const char *key, const char *fallback, char out[static SHOWN_MAX])
{
	const json_t *v = json_object_get(o, key);

	if (json_is_object(v))
		return "(bytes that are no text)";
	if (!json_is_string(v))
		return fallback;
	return log_escape(view_of(json_string_value(v), json_string_length(v)), out, SHOWN_MAX);
}

/* Scores are hundredths; JSON has them with two decimals. */
static long
hundredths(const json_t *v)
{
	double n = json_number_value(v) * 100;

	return (long)(n < 0 ? n - 0.5 : n + 0.5);
}

static void
points(FILE *out, long n)
{
	char text[32];

	snprintf(text, sizeof(text), "%s%ld.%02ld", n < 0 ? "-" : "", labs(n) / 100, labs(n) % 100);
	fprintf(out, "  %8s", text);
}

static void
head(const json_t *r, FILE *out)
{
	char id[SHOWN_MAX], a[SHOWN_MAX], b[SHOWN_MAX], c[SHOWN_MAX], when[32] = "";
	time_t t = (time_t)json_integer_value(json_object_get(r, "time"));
	const json_t *to = json_object_get(r, "to"), *one;
	struct tm tm;
	size_t i;

	if (gmtime_r(&t, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &tm);
	fprintf(out, "%s  %s", text(r, "id", "?", id), when);
	if (json_is_string(json_object_get(r, "queue")))
		fprintf(out, "  queue %s", text(r, "queue", "", a));
	fprintf(out, "\n  client  %s", text(r, "client", "none (local, or not told by a relay)", a));
	fprintf(out, "  helo %s\n", text(r, "helo", "(none)", b));
	if (!json_is_null(json_object_get(r, "from")))
		fprintf(out, "  from    <%s>\n", text(r, "from", "", c));
	json_array_foreach(to, i, one) {
		char shown[SHOWN_MAX];

		if (json_is_string(one))
			fprintf(out, "  to      <%s>\n", log_escape(view_of(json_string_value(one),
				json_string_length(one)), shown, sizeof(shown)));
	}
}

static bool
is_property(const char *key)
{
	return strchr(key, '.') != NULL;
}

/* "  dkim    fail (body hash did not verify) header.d=example.org header.s=s1" */
static void
authentication(const json_t *r, FILE *out)
{
	const json_t *all = json_object_get(r, "authentication"), *one;
	char name[SHOWN_MAX], shown[SHOWN_MAX];
	size_t i;

	json_array_foreach(all, i, one) {
		const char *key;
		json_t *value;

		fprintf(out, "  %-7s", text(one, "method", "?", shown));
		fprintf(out, " %s", text(one, "result", "?", shown));
		if (json_object_get(one, "reason"))
			fprintf(out, " (%s)", text(one, "reason", "?", shown));
		if (json_object_get(one, "mechanism"))
			fprintf(out, " by %s", text(one, "mechanism", "?", shown));
		json_object_foreach((json_t *)(uintptr_t)one, key, value)
			if (is_property(key))
				fprintf(out, " %s=%s", log_escape(view_str(key), name, sizeof(name)),
					text(one, key, "?", shown));
		fputc('\n', out);
	}
}

/* The keys that signed our own mail, or why none did. */
static void
signatures(const json_t *r, FILE *out)
{
	char shown[SHOWN_MAX];

	if (json_is_string(json_object_get(r, "signed")))
		fprintf(out, "  signed  %s\n", text(r, "signed", "", shown));
	if (json_is_string(json_object_get(r, "unsigned")))
		fprintf(out, "  not signed: %s\n", text(r, "unsigned", "", shown));
}

/* Which alarms of the account were on: the rule that they fire names none. */
static void
alarms(const json_t *r, FILE *out)
{
	const json_t *all = json_object_get(json_object_get(r, "facts"), "auth.alarm"), *one;
	char shown[SHOWN_MAX];
	size_t i;

	json_array_foreach(all, i, one)
		fprintf(out, "%s%s", i ? ", " : "  alarms  ", json_is_string(one)
			? log_escape(view_str(json_string_value(one)), shown, sizeof(shown)) : "?");
	if (json_array_size(all))
		fputc('\n', out);
}

static void
rung(const json_t *rule, FILE *out)
{
	char name[SHOWN_MAX], effect[SHOWN_MAX], file[SHOWN_MAX], info[SHOWN_MAX];

	points(out, hundredths(json_object_get(rule, "score")));
	fprintf(out, "  %s%-22s", json_is_true(json_object_get(rule, "trial")) ? "trial:" : "",
		text(rule, "name", "?", name));
	fprintf(out, " %-10s", text(rule, "effect", "", effect));
	if (json_is_string(json_object_get(rule, "file")))
		fprintf(out, " %s:%lld", text(rule, "file", "", file),
			(long long)json_integer_value(json_object_get(rule, "line")));
	if (json_is_string(json_object_get(rule, "info")))
		fprintf(out, "  (%s)", text(rule, "info", "", info));
	fputc('\n', out);
}

static const char *
unknown_reason(const json_t *r, const char *name, char out[static SHOWN_MAX])
{
	const json_t *fact = json_object_get(json_object_get(r, "facts"), name);

	return json_is_object(fact) ? text(fact, "unknown", NULL, out) : NULL;
}

static void
unknowns(const json_t *r, FILE *out)
{
	const json_t *all = json_object_get(r, "unknown"), *one;
	size_t i;

	if (json_array_size(all) == 0)
		return;
	fputs("  unknown", out);
	json_array_foreach(all, i, one) {
		char name[SHOWN_MAX], why[SHOWN_MAX];
		const char *reason;

		if (!json_is_string(one))
			continue;
		reason = unknown_reason(r, json_string_value(one), why);
		fprintf(out, "%s %s", i ? "," : "",
			log_escape(view_str(json_string_value(one)), name, sizeof(name)));
		if (reason)
			fprintf(out, " (%s)", reason);
	}
	fputc('\n', out);
}

/* " by threshold reject 2.00 (policy strict) FILE:LINE" */
static void
by(const json_t *r, FILE *out)
{
	const json_t *t = json_object_get(r, "threshold");
	char cause[SHOWN_MAX], policy[SHOWN_MAX], file[SHOWN_MAX];
	long at = hundredths(json_object_get(t, "at"));

	if (json_string_length(json_object_get(r, "cause")))
		fprintf(out, " by %s", text(r, "cause", "", cause));
	else if (t)
		fprintf(out, " by threshold %s", text(t, "level", "?", cause));
	if (!t)
		return;
	fprintf(out, " %s%ld.%02ld", at < 0 ? "-" : "", labs(at) / 100, labs(at) % 100);
	if (json_is_string(json_object_get(t, "policy")))
		fprintf(out, " (policy %s)", text(t, "policy", "", policy));
	fprintf(out, " %s:%lld", text(t, "file", "?", file),
		(long long)json_integer_value(json_object_get(t, "line")));
}

static void
fates(const json_t *r, FILE *out)
{
	json_t *all = json_object_get(r, "recipients"), *v;
	const char *to;

	json_object_foreach(all, to, v) {
		char a[SHOWN_MAX], verdict[SHOWN_MAX];

		fprintf(out, "  but     %s for <%s>", text(v, "verdict", "?", verdict),
			log_escape(view_str(to), a, sizeof(a)));
		by(v, out);
		fputc('\n', out);
	}
}

static void
trace(const json_t *r, FILE *out)
{
	const json_t *all = json_object_get(r, "trace"), *rule, *reason;
	size_t i, k;

	json_array_foreach(all, i, rule) {
		char truth[SHOWN_MAX], name[SHOWN_MAX], shown[SHOWN_MAX];

		fprintf(out, "  %-8s %-22s", text(rule, "truth", "?", truth), text(rule, "name", "?", name));
		json_array_foreach(json_object_get(rule, "why"), k, reason)
			fprintf(out, "%s %s", k ? "," : "",
				json_is_string(reason) ? log_escape(view_of(json_string_value(reason),
					json_string_length(reason)), shown, sizeof(shown))
					: "(bytes that are no text)");
		fputc('\n', out);
	}
}

void
ladder_print(const json_t *r, FILE *out)
{
	const json_t *rules = json_object_get(r, "rules"), *one;
	char verdict[SHOWN_MAX], stage[SHOWN_MAX], cause[SHOWN_MAX], reply[SHOWN_MAX];
	size_t i;

	head(r, out);
	authentication(r, out);
	signatures(r, out);
	alarms(r, out);
	json_array_foreach(rules, i, one)
		rung(one, out);
	fputs("  --------\n", out);
	points(out, hundredths(json_object_get(r, "score")));
	fprintf(out, "  %s%s%s at %s", json_is_true(json_object_get(r, "dry-run")) ? "would " : "",
		text(r, "verdict", "?", verdict),
		json_is_true(json_object_get(r, "tagged")) ? ", tagged as spam," : "",
		text(r, "stage", "?", stage));
	by(r, out);
	if (json_is_true(json_object_get(r, "partial")))
		fprintf(out, " (stopped after %s)", text(r, "stage", "?", stage));
	fprintf(out, "\n  reply   %s\n", text(r, "reply", "", reply));
	if (json_is_string(json_object_get(r, "tag-text")))
		fprintf(out, "  tag     %s\n", text(r, "tag-text", "", cause));
	fates(r, out);
	unknowns(r, out);
	trace(r, out);
}
