/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/status/status_report.h"

#include <stdarg.h>
#include <stdio.h>

#include "cmd/status/status_words.h"

enum { WHY_MAX = 400, CERTIFICATE_DAYS = 7 };

const char *
status_report_text(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

int64_t
status_report_number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

bool
status_report_true(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

bool
status_report_is_degraded(const json_t *report)
{
	return strcmp(status_report_text(report, "state"), "degraded") == 0;
}

static bool
is(const json_t *object, const char *key, const char *text)
{
	return strcmp(status_report_text(object, key), text) == 0;
}

/* ---- lines of workers ---- */

/* "state=ill seconds=3 why=..." as members of an object; whole numbers are numbers. gives */
static json_t *
object_of(const char *name, const char *worker, const char *line)
{
	struct view rest = view_str(line), key, value;
	json_t *o = json_pack("{s:s, s:s}", "name", name, "worker", worker);
	uint64_t n;

	while (o && status_words_next(&rest, &key, &value)) {
		char k[40];

		snprintf(k, sizeof(k), "%.*s", VIEW_ARG(key));
		json_object_set_new(o, k, view_number(value, INT64_MAX, &n) ? json_integer((json_int_t)n)
			: json_stringn(value.p ? value.p : "", value.n));
	}
	return o;
}

static json_t *
find(const json_t *array, const char *name)
{
	for (size_t i = 0; i < json_array_size(array); i++)
		if (is(json_array_get(array, i), "name", name))
			return json_array_get(array, i);
	return NULL;
}

/* Which of two workers' opinions counts: the worse one, else that of the one who asked more. */
static int
badness(const json_t *o)
{
	static const char *const order[] = {"well", "unknown", "suspect", "limit", "suspended", "ill"};

	for (int i = 0; i < (int)(sizeof(order) / sizeof(*order)); i++)
		if (is(o, "state", order[i]))
			return i;
	return 0;
}

static bool
outweighs(const json_t *a, const json_t *b)
{
	int x = badness(a), y = badness(b);

	return x > y || (x == y && status_report_number(a, "sent") > status_report_number(b, "sent"));
}

/* Adds o, which it takes, or joins it with what another worker says of the same. */
static void
join(json_t *array, json_t *o)
{
	json_t *other = o ? find(array, status_report_text(o, "name")) : NULL;
	int64_t sent;

	if (!other) {
		json_array_append_new(array, o);
		return;
	}
	sent = status_report_number(o, "sent") + status_report_number(other, "sent");
	if (outweighs(o, other))
		json_object_update(other, o);
	if (json_object_get(other, "sent"))
		json_object_set_new(other, "sent", json_integer(sent));
	json_decref(o);
}

/* All lines "PREFIX-NAME words" of workers that serve. gives */
static json_t *
gather(const json_t *workers, const char *prefix)
{
	json_t *all = json_array(), *value;
	size_t n = strlen(prefix);
	const char *key;

	for (size_t i = 0; i < json_array_size(workers); i++) {
		json_t *w = json_array_get(workers, i);

		if (!is(w, "state", "serving"))
			continue;
		json_object_foreach(json_object_get(w, "counters"), key, value)
			if (strncmp(key, prefix, n) == 0 && json_is_string(value))
				join(all, object_of(key + n, status_report_text(w, "name"),
					json_string_value(value)));
	}
	return all;
}

/* ---- what is wrong ---- */

static void __attribute__((format(printf, 4, 5)))
add(json_t *report, const char *what, int64_t seconds, const char *why, ...)
{
	json_t *o = json_pack("{s:s}", "what", what);
	char text[WHY_MAX];
	va_list ap;

	va_start(ap, why);
	vsnprintf(text, sizeof(text), why, ap);
	va_end(ap);
	json_object_set_new(o, "why", json_string(text)); /* no UTF-8: left out */
	if (seconds >= 0)
		json_object_set_new(o, "seconds", json_integer(seconds));
	json_array_append_new(json_object_get(report, "degraded"), o);
}

static void
judge_daemon(json_t *r)
{
	if (status_report_true(r, "off"))
		add(r, "all mail", -1, "passes unjudged, until 'postern on'");
	if (json_is_string(json_object_get(r, "fallback")))
		add(r, "settings", -1, "the present ones were refused: the last good ones serve");
	if (json_is_string(json_object_get(r, "doubts")))
		add(r, "rules", -1, "tests of them fail");
}

static void
judge_store(json_t *r, const json_t *counters)
{
	if (status_report_number(counters, "in-memory"))
		add(r, "store", -1, "its file cannot be had or written: memory holds what is new");
	if (json_object_get(counters, "redis-up") && !status_report_number(counters, "redis-up"))
		add(r, "store", -1,
			"Redis is away (redis-away in the log says why): its own file carries on");
}

static void
judge_worker(json_t *r, const json_t *w)
{
	const json_t *counters = json_object_get(w, "counters");
	const char *name = status_report_text(w, "name");

	if (is(w, "state", "draining") || is(w, "state", "ending") || is(w, "name", "check") ||
		is(w, "name", "keep"))
		return;
	if (status_report_true(w, "silent"))
		add(r, name, -1, "it does not answer (pid %lld)", (long long)status_report_number(w, "pid"));
	else if (!is(w, "state", "serving") && (is(w, "name", "store") ||
			 status_report_number(w, "generation") == status_report_number(r, "generation")))
		add(r, name, -1, "it is %s, restarted %lld times", status_report_text(w, "state"),
			(long long)status_report_number(w, "restarts"));
	if (is(w, "name", "store"))
		judge_store(r, counters);
	if (json_object_get(counters, "certificate-days") &&
		status_report_number(counters, "certificate-days") < CERTIFICATE_DAYS)
		add(r, name, -1, "its certificate ends in %lld days",
			(long long)status_report_number(counters, "certificate-days"));
}

/* Has any worker that serves this mark? */
static bool
any(const json_t *r, const char *key)
{
	const json_t *workers = json_object_get(r, "workers");

	for (size_t i = 0; i < json_array_size(workers); i++) {
		const json_t *w = json_array_get(workers, i);

		if (is(w, "state", "serving") && status_report_number(json_object_get(w, "counters"), key))
			return true;
	}
	return false;
}

static void
judge_services(json_t *r)
{
	const json_t *late = json_object_get(json_object_get(r, "counts"), "minute");
	int64_t failed = status_report_number(late, "store-failed");

	if (any(r, "dns-outage"))
		add(r, "dns", -1, "the resolver does not answer");
	if (any(r, "dns-hijacked"))
		add(r, "dns", -1, "the resolver invents addresses for names that do not exist");
	if (failed)
		add(r, "store", -1, "%lld of %lld calls failed in the last minute", (long long)failed,
			(long long)status_report_number(late, "store-calls"));
}

static void
judge_lists(json_t *r)
{
	const json_t *lists = json_object_get(r, "lists");

	for (size_t i = 0; i < json_array_size(lists); i++) {
		const json_t *l = json_array_get(lists, i);
		char what[100];

		snprintf(what, sizeof(what), "list %s", status_report_text(l, "name"));
		if (is(l, "state", "suspended"))
			add(r, what, status_report_number(l, "seconds"), "suspended: %s",
				status_report_text(l, "why"));
		else if (is(l, "state", "limit"))
			add(r, what, -1, "at its limit of %lld queries",
				(long long)status_report_number(l, "limit"));
	}
}

static void
judge_backends(json_t *r)
{
	const json_t *all = json_object_get(r, "backends");
	size_t n = json_array_size(all), usable = 0;

	for (size_t i = 0; i < n; i++)
		usable += !is(json_array_get(all, i), "state", "ill") &&
			!is(json_array_get(all, i), "used", "no");
	if (n && !usable)
		add(r, "all backends", -1, "none takes mail: clients are told to come again");
	for (size_t i = 0; i < n; i++) {
		const json_t *b = json_array_get(all, i);
		char what[100];

		snprintf(what, sizeof(what), "backend %s", status_report_text(b, "name"));
		if (is(b, "state", "ill"))
			add(r, what, status_report_number(b, "seconds"), "ill: %s",
				status_report_text(b, "why"));
		else if (is(b, "open-relay", "yes"))
			add(r, what, -1, "not used: it relays strangers' mail");
	}
}

static const char *
state_of(const json_t *r)
{
	if (is(r, "phase", "stopping"))
		return "stopping";
	if (status_report_number(r, "generation") == 0)
		return "starting";
	return json_array_size(json_object_get(r, "degraded")) ? "degraded" : "serving";
}

json_t *
status_report(struct view json)
{
	json_t *r = json_loadb(json.p ? json.p : "", json.n, 0, NULL);
	const json_t *workers = json_object_get(r, "workers");

	if (!json_is_object(r) || !json_is_array(workers)) {
		json_decref(r);
		return NULL;
	}
	json_object_set_new(r, "degraded", json_array());
	json_object_set_new(r, "lists", gather(workers, "dnsbl-"));
	json_object_set_new(r, "backends", gather(workers, "backend-"));
	judge_daemon(r);
	for (size_t i = 0; i < json_array_size(workers); i++)
		judge_worker(r, json_array_get(workers, i));
	judge_services(r);
	judge_backends(r);
	judge_lists(r);
	json_object_set_new(r, "state", json_string(state_of(r)));
	return r;
}
