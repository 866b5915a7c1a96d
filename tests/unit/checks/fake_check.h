/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fake_check -- the engine as a check sees it, played by a table: for the tests of single checks.
 *
 * fake_check.c defines what engine/check.h declares; the test of a check includes it, so that no other
 * program gets it. DNS answers come one round late, as real ones do; a name that the table does not hold
 * does not exist.
 */
#ifndef TESTS_UNIT_CHECKS_FAKE_CHECK_H
#define TESTS_UNIT_CHECKS_FAKE_CHECK_H

#include "engine/check.h"
#include "tests/lib/unit.h"

enum { FAKE_FACTS = 16, FAKE_ASKED = 200 };

struct fake_dns {
	const char *name;
	enum dns_type type;
	const char *data; /* addresses or names; "!why" a failure; "" no such type; "~" never comes */
};

struct check_call {
	const struct check *check;
	enum stage stage;
	const struct fake_dns *dns;
	size_t n_dns;
	struct settings settings;
	struct program program;
	struct check_client client;
	struct check_envelope envelope;
	bool has_envelope;
	const struct check_seen *seen;
	int64_t now;
	uint64_t size;
	struct store *store;
	struct fact_value value[FAKE_FACTS]; /* of its rows */
	struct fact_value slot[FAKE_FACTS];  /* of the program's slots */
	const size_t *own; /* what check_own_slots gives */
	size_t n_own;
	bool unwanted[FAKE_FACTS];
	bool late; /* check_is_late */
	struct authres_result report;
	const struct check_dmarc *dmarc;
	const struct store_request *newcomer;
	size_t reports, rounds, n_asked;
	struct {
		char name[300];
		enum dns_type type;
		size_t round;
		uint32_t timeout_ms; /* 0 = that of the settings */
	} asked[FAKE_ASKED];
	void *state;
	struct arena *arena;
};

/* A call with an empty policy. Give back with fake_done. */
struct check_call *fake_new(const struct check *check, enum stage stage, const struct fake_dns *dns,
	size_t n_dns);
void fake_done(struct check_call *c);
/* Runs the check until its facts are settled, or nothing moves any more. */
void fake_run(struct check_call *c);
/* The value as one word: "yes", "no", "-" missing, "?why" unknown, "..." pending, its text. */
const char *fake_text(struct check_call *c, const struct fact_def *def, const struct fact_value *v);
bool fake_is(struct check_call *c, size_t row, const char *want); /* prints both if not */

#endif
