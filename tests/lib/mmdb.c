/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/mmdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "util/cidr.h"

enum { NODES = 4096, ROOM = 65536, SEPARATOR = 16 };
/* Records while the tree grows: a node's number, or one of these. */
#define NOTHING UINT32_MAX
#define DATA    0x80000000u
#define RAW     0x40000000u /* as it is */

struct mmdb {
	unsigned ip_version;
	const char *type;
	uint64_t built;
	struct view description;
	uint32_t node[NODES][2];
	uint32_t n_nodes;
	char data[ROOM], file[3 * ROOM];
	size_t n_data, n_file;
};

struct mmdb *
mmdb_new(unsigned ip_version, const char *type)
{
	struct mmdb *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	m->ip_version = ip_version;
	m->type = type;
	m->built = 1790000000;
	m->node[0][0] = m->node[0][1] = NOTHING;
	m->n_nodes = 1;
	return m;
}

void
mmdb_free(struct mmdb *m)
{
	free(m);
}

void
mmdb_built(struct mmdb *m, uint64_t when)
{
	m->built = when;
}

void
mmdb_description(struct mmdb *m, struct view bytes)
{
	m->description = bytes;
}

/* ---- values ---- */

/* n is the payload's size, or the number of pairs. Types over 7 have a byte of their own. */
static size_t
head(char *p, unsigned type, size_t n)
{
	size_t used = 0;

	if (n > 28)
		abort();
	p[used++] = (char)((type > 7 ? 0 : type << 5) | n);
	if (type > 7)
		p[used++] = (char)(type - 7);
	return used;
}

static uint32_t
put(struct mmdb *m, unsigned type, size_t n, const void *payload, size_t n_payload)
{
	uint32_t at = (uint32_t)m->n_data;

	if (m->n_data + n_payload + 8 > ROOM)
		abort();
	m->n_data += head(m->data + m->n_data, type, n);
	memcpy(m->data + m->n_data, payload, n_payload);
	m->n_data += n_payload;
	return at;
}

uint32_t
mmdb_map(struct mmdb *m, unsigned n_pairs)
{
	return put(m, 7, n_pairs, "", 0);
}

uint32_t
mmdb_text(struct mmdb *m, const char *text)
{
	return put(m, 2, strlen(text), text, strlen(text));
}

static uint32_t
number(struct mmdb *m, unsigned type, uint64_t n, size_t bytes)
{
	char b[8];

	for (size_t i = 0; i < bytes; i++)
		b[i] = (char)(n >> 8 * (bytes - 1 - i));
	return put(m, type, bytes, b, bytes);
}

uint32_t
mmdb_number(struct mmdb *m, uint32_t n)
{
	return number(m, 6, n, 4);
}

uint32_t
mmdb_pointer(struct mmdb *m, uint32_t to)
{
	const char b[] = {(char)(to >> 24), (char)(to >> 16), (char)(to >> 8), (char)to};

	return put(m, 1, 3 << 3, b, 4); /* size 3: four bytes follow */
}

uint32_t
mmdb_country(struct mmdb *m, const char *code)
{
	uint32_t at = mmdb_map(m, 1);

	mmdb_text(m, "country");
	mmdb_map(m, 1);
	mmdb_text(m, "iso_code");
	mmdb_text(m, code);
	return at;
}

uint32_t
mmdb_asn(struct mmdb *m, uint32_t n)
{
	uint32_t at = mmdb_map(m, 1);

	mmdb_text(m, "autonomous_system_number");
	mmdb_number(m, n);
	return at;
}

/* ---- the tree ---- */

static unsigned
bit(const uint8_t *b, unsigned i)
{
	return b[i / 8] >> (7 - i % 8) & 1;
}

void
mmdb_net(struct mmdb *m, const char *net, uint32_t offset)
{
	unsigned zeros, node = 0;
	struct cidr c;
	bool host_bits;

	if (!cidr_parse(view_str(net), &c, &host_bits))
		abort();
	zeros = c.net.family == 4 && m->ip_version == 6 ? 96 : 0; /* IPv4 stands at ::/96 */
	for (unsigned i = 0; i < zeros + c.bits; i++) {
		uint32_t *to = &m->node[node][i < zeros ? 0 : bit(c.net.b, i - zeros)];

		if (i + 1 == zeros + c.bits) {
			*to = DATA | offset;
		} else if (*to == NOTHING) {
			if (m->n_nodes == NODES)
				abort();
			m->node[m->n_nodes][0] = m->node[m->n_nodes][1] = NOTHING;
			*to = m->n_nodes++;
		}
		node = *to;
	}
}

void
mmdb_node(struct mmdb *m, unsigned n, unsigned side, uint32_t record)
{
	m->node[n][side] = RAW | record;
}

static uint32_t
record(const struct mmdb *m, uint32_t r)
{
	if (r == NOTHING)
		return m->n_nodes;
	if (r & DATA)
		return m->n_nodes + SEPARATOR + (r & ~DATA);
	return r & ~RAW;
}

/* ---- the file ---- */

static void
metadata(struct mmdb *m)
{
	mmdb_map(m, 9);
	mmdb_text(m, "description"); /* at 1; what follows it at 13 */
	if (m->description.p) {
		memcpy(m->data + m->n_data, m->description.p, m->description.n);
		m->n_data += m->description.n;
	} else {
		mmdb_map(m, 0);
	}
	mmdb_text(m, "node_count");
	mmdb_number(m, m->n_nodes);
	mmdb_text(m, "record_size");
	number(m, 5, 24, 2);
	mmdb_text(m, "ip_version");
	number(m, 5, m->ip_version, 2);
	mmdb_text(m, "database_type");
	mmdb_text(m, m->type);
	mmdb_text(m, "languages");
	put(m, 11, 0, "", 0);
	mmdb_text(m, "binary_format_major_version");
	number(m, 5, 2, 2);
	mmdb_text(m, "binary_format_minor_version");
	number(m, 5, 0, 2);
	mmdb_text(m, "build_epoch");
	number(m, 9, m->built, 8);
}

static void
add(struct mmdb *m, const void *p, size_t n)
{
	if (m->n_file + n > sizeof(m->file))
		abort();
	memcpy(m->file + m->n_file, p, n);
	m->n_file += n;
}

struct view
mmdb_bytes(struct mmdb *m)
{
	static const char zeros[SEPARATOR];
	size_t end_of_data = m->n_data;

	m->n_file = 0;
	for (uint32_t i = 0; i < m->n_nodes; i++) {
		for (unsigned side = 0; side < 2; side++) {
			uint32_t r = record(m, m->node[i][side]);
			const char b[] = {(char)(r >> 16), (char)(r >> 8), (char)r};

			add(m, b, sizeof(b));
		}
	}
	add(m, zeros, sizeof(zeros));
	add(m, m->data, m->n_data);
	add(m, "\xab\xcd\xefMaxMind.com", 14);
	metadata(m);
	add(m, m->data + end_of_data, m->n_data - end_of_data);
	m->n_data = end_of_data;
	return view_of(m->file, m->n_file);
}

char *
mmdb_file_of(struct view bytes)
{
	char path[] = "/tmp/postern-mmdb-XXXXXX";
	int fd = mkstemp(path);

	if (fd < 0 || write(fd, bytes.p, bytes.n) != (ssize_t)bytes.n)
		abort();
	close(fd);
	return strdup(path);
}

char *
mmdb_file(struct mmdb *m)
{
	return mmdb_file_of(mmdb_bytes(m));
}
