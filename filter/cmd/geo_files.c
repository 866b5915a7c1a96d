/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/geo_files.h"

#include <errno.h>
#include <time.h>

#include "svc/geo.h"
#include "util/limits.h"

enum { STALE_DAYS = 180, DAY = 86400 };

static struct place
place_of(const struct conf *c, const char *key)
{
	const struct place *at = conf_where(c, key);

	return at && at->line ? *at : (struct place){.file = view_str(c->path)};
}

/* Where the bytes that were read will stay as they are; NULL with errno if that cannot be told. */
static const char *
lasting(const struct source_tree *src, const char *path, struct arena *a)
{
	char *out;

	if (!src || !src->kept)
		return source_place(src, path, a);
	out = arena_alloc(a, SOURCE_PATH_MAX);
	return src->place(src->kept, path, out) == 0 ? out : NULL;
}

static struct geo *
open_one(const struct source_tree *src, const struct conf *c, const char *key, const char *path,
	enum geo_kind kind, struct diag *d)
{
	static const char remedy[] = "fetch it again, or take the setting away";
	struct place at = place_of(c, key);
	struct arena *a = arena_new(); /* the whole file is read: not into the conf's */
	struct geo *g = NULL;
	const char *where = NULL, *why;
	char text[200];
	struct view bytes;

	if (source_read(src, path, GEO_FILE_MAX, a, &bytes, &why) != SOURCE_OK)
		diag_error(d, &at, remedy, "%s %s: %s", key, path, why);
	else if (!(where = lasting(src, path, a)))
		diag_error(d, &at, NULL, "%s %s: %s", key, path, strerrordesc_np(errno));
	else if (!(g = geo_open(where, kind, text, sizeof(text))))
		diag_error(d, &at, remedy, "%s %s: %s", key, path, text);
	arena_free(a);
	return g;
}

void
geo_files_open(const struct source_tree *src, const struct conf *c, struct settings *s, struct diag *d)
{
	if (c->geo_country_file)
		s->geo_country = open_one(src, c, "geo-country-file", c->geo_country_file, GEO_COUNTRY, d);
	if (c->geo_asn_file)
		s->geo_asn = open_one(src, c, "geo-asn-file", c->geo_asn_file, GEO_ASN, d);
}

static void
note_age(const struct conf *c, const struct geo *g, const char *key, uint64_t now, struct diag *d)
{
	struct place at = place_of(c, key);
	char day[16];
	time_t built;
	struct tm tm;

	if (!g || geo_built(g) + (uint64_t)STALE_DAYS * DAY >= now)
		return;
	built = (time_t)geo_built(g);
	if (gmtime_r(&built, &tm) && strftime(day, sizeof(day), "%Y-%m-%d", &tm))
		diag_note(d, &at, "fetch a newer one", "%s is of %s: networks have moved since", key, day);
}

void
geo_files_note_age(const struct conf *c, const struct settings *s, uint64_t now, struct diag *d)
{
	note_age(c, s->geo_country, "geo-country-file", now, d);
	note_age(c, s->geo_asn, "geo-asn-file", now, d);
}
