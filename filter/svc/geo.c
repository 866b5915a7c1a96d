/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/geo.h"

#include <fcntl.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "svc/geo_metadata.h"
#include "util/log.h"

enum { PATH_PARTS = 3 };

/* Where a value stands in a record, and what it is. */
static const struct kind {
	const char *name;
	const char *path[PATH_PARTS]; /* NULL at its end */
	uint32_t type;
} kinds[] = {
	[GEO_COUNTRY] = {"country", {"country", "iso_code"}, MMDB_DATA_TYPE_UTF8_STRING},
	[GEO_ASN] = {"AS number", {"autonomous_system_number"}, MMDB_DATA_TYPE_UINT32},
};

struct geo {
	MMDB_s db;
};

/* ---- records ---- */

/* The value below the path's first n parts; NONE if the map above it does not have it. */
static enum geo_end
part(MMDB_entry_s *record, const char *const *path, size_t n, MMDB_entry_data_s *out)
{
	const char *head[PATH_PARTS] = {NULL};
	int error;

	for (size_t i = 0; i < n; i++)
		head[i] = path[i];
	error = MMDB_aget_value(record, out, head);
	if (error == MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR || (error == MMDB_SUCCESS && !out->has_data))
		return GEO_NONE;
	return error == MMDB_SUCCESS ? GEO_FOUND : GEO_BAD;
}

/* The library tells a key that is not there from a parent that is no map only if one asks for both. */
static enum geo_end
value(MMDB_entry_s *record, const struct kind *k, MMDB_entry_data_s *out)
{
	for (size_t n = 0;; n++) {
		bool last = n == PATH_PARTS - 1 || !k->path[n];
		enum geo_end end = part(record, k->path, n, out);

		if (end != GEO_FOUND)
			return end;
		if (out->type != (last ? k->type : MMDB_DATA_TYPE_MAP))
			return GEO_BAD;
		if (last)
			return GEO_FOUND;
	}
}

static bool
is_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* As value(), and what is written there can be meant. */
static enum geo_end
sane(MMDB_entry_s *record, enum geo_kind kind, MMDB_entry_data_s *out)
{
	enum geo_end end = value(record, &kinds[kind], out);

	if (end != GEO_FOUND || kind == GEO_ASN)
		return end;
	return out->data_size == 2 && is_capital(out->utf8_string[0]) && is_capital(out->utf8_string[1])
		? GEO_FOUND : GEO_BAD;
}

static enum geo_end
look_up(const struct geo *g, const struct ip *ip, enum geo_kind kind, MMDB_entry_data_s *out)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	const void *address = ip->family == 4 ? (const void *)&v4 : &v6;
	MMDB_lookup_result_s at;
	int error = MMDB_SUCCESS;

	if (ip->family == 4)
		memcpy(&v4.sin_addr, ip->b, 4);
	else
		memcpy(&v6.sin6_addr, ip->b, 16);
	at = MMDB_lookup_sockaddr(&g->db, address, &error);
	if (error == MMDB_IPV6_LOOKUP_IN_IPV4_DATABASE_ERROR)
		return GEO_NO_IPV6;
	if (error != MMDB_SUCCESS)
		return GEO_BAD;
	return at.found_entry ? sane(&at.entry, kind, out) : GEO_NONE;
}

enum geo_end
geo_country(const struct geo *g, const struct ip *ip, struct view *out)
{
	MMDB_entry_data_s v;
	enum geo_end end = look_up(g, ip, GEO_COUNTRY, &v);

	if (end == GEO_FOUND)
		*out = view_of(v.utf8_string, v.data_size);
	return end;
}

enum geo_end
geo_asn(const struct geo *g, const struct ip *ip, uint32_t *out)
{
	MMDB_entry_data_s v;
	enum geo_end end = look_up(g, ip, GEO_ASN, &v);

	if (end == GEO_FOUND)
		*out = v.uint32;
	return end;
}

uint64_t
geo_built(const struct geo *g)
{
	return g->db.metadata.build_epoch;
}

/* ---- opening ---- */

/* A walk over the tree, bounded: hostile nodes may point back to where one came from. */
struct walk {
	const MMDB_s *db;
	enum geo_kind kind;
	unsigned nodes, records; /* that may still be looked at */
	bool bad;
};

static bool finds(struct walk *w, uint32_t node, unsigned depth);

/* A record of a node: a data record of this kind, or somewhere below it. */
static bool
leads(struct walk *w, uint8_t type, uint64_t record, MMDB_entry_s *entry, unsigned depth)
{
	MMDB_entry_data_s v;
	enum geo_end end;

	if (type == MMDB_RECORD_TYPE_SEARCH_NODE)
		return finds(w, (uint32_t)record, depth + 1);
	w->bad |= type == MMDB_RECORD_TYPE_INVALID;
	if (type != MMDB_RECORD_TYPE_DATA || w->records == 0)
		return false;
	w->records--;
	end = sane(entry, w->kind, &v);
	w->bad |= end == GEO_BAD;
	return end == GEO_FOUND;
}

static bool
finds(struct walk *w, uint32_t node, unsigned depth)
{
	MMDB_search_node_s n;

	if (depth >= w->db->depth || w->nodes == 0 || MMDB_read_node(w->db, node, &n) != MMDB_SUCCESS)
		return false;
	w->nodes--;
	return leads(w, n.left_record_type, n.left_record, &n.left_record_entry, depth) ||
	       leads(w, n.right_record_type, n.right_record, &n.right_record_entry, depth);
}

/* Someone may have named the file of another kind, or a damaged one. */
static bool
has_kind(const struct geo *g, enum geo_kind kind, char *why, size_t n)
{
	struct walk w = {&g->db, kind, 100000, 1000, false};

	if (finds(&w, 0, 0))
		return true;
	if (w.bad)
		snprintf(why, n, "the database is damaged");
	else
		snprintf(why, n, "the database (%.60s) has no %s in its first records",
			g->db.metadata.database_type ? g->db.metadata.database_type : "of no type",
			kinds[kind].name);
	return false;
}

/* NULL, or what is wrong with the file's description of itself. */
static const char *
metadata_fault(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
	size_t n = size < 0 ? 0 : size > GEO_METADATA_MAX ? GEO_METADATA_MAX : (size_t)size;
	char *tail = calloc(1, n + 1);
	const char *fault = NULL;

	if (!tail)
		log_die("out of memory");
	if (size < 0 || pread(fd, tail, n, size - (off_t)n) != (ssize_t)n)
		fault = "it cannot be read";
	else if (!geo_metadata_is_plain(view_of(tail, n)))
		fault = "no metadata, or damaged ones";
	free(tail);
	if (fd >= 0)
		close(fd);
	return fault;
}

struct geo *
geo_open(const char *path, enum geo_kind kind, char *why, size_t n)
{
	const char *fault = metadata_fault(path);
	struct geo *g = calloc(1, sizeof(*g));
	int error;

	if (!g)
		log_die("out of memory");
	error = fault ? MMDB_INVALID_METADATA_ERROR : MMDB_open(path, MMDB_MODE_MMAP, &g->db);
	if (error != MMDB_SUCCESS) {
		snprintf(why, n, "not a usable MaxMind DB: %s", fault ? fault : MMDB_strerror(error));
		free(g);
		return NULL;
	}
	if (has_kind(g, kind, why, n))
		return g;
	geo_close(g);
	return NULL;
}

void
geo_close(struct geo *g)
{
	if (!g)
		return;
	MMDB_close(&g->db);
	free(g);
}
