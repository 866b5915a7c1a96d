/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/parser/literal.h"

/* The digits at the front of *v are taken off; false if there are none or too many. */
static bool
take_number(struct view *v, uint64_t max, uint64_t *out)
{
	size_t n = 0;

	while (n < v->n && view_is_digit(v->p[n]))
		n++;
	if (!view_number(view_head(*v, n), max, out))
		return false;
	*v = view_skip(*v, n);
	return true;
}

/* score = [ "+" | "-" ] 1*DIGIT [ "." 1*2DIGIT ] */
bool
literal_score(struct view v, int32_t *hundredths_out)
{
	bool minus = v.n && v.p[0] == '-';
	uint64_t whole, part = 0;

	if (v.n && (minus || v.p[0] == '+'))
		v = view_skip(v, 1);
	if (!take_number(&v, 1000000, &whole))
		return false;
	if (v.n) {
		bool tenths = v.n == 2;

		if (v.p[0] != '.' || v.n > 3 || !view_number(view_skip(v, 1), 99, &part))
			return false;
		part *= tenths ? 10 : 1;
	}
	*hundredths_out = (int32_t)(whole * 100 + part);
	if (minus)
		*hundredths_out = -*hundredths_out;
	return true;
}

struct unit {
	const char *name;
	uint64_t factor;
};

static bool
with_unit(struct view v, const struct unit *units, uint64_t max, uint64_t *out)
{
	uint64_t n;

	if (!take_number(&v, max, &n))
		return false;
	for (; units->name; units++) {
		if (!view_eq_str(v, units->name))
			continue;
		if (n > max / units->factor)
			return false;
		*out = n * units->factor;
		return true;
	}
	return false;
}

bool
literal_duration(struct view v, uint64_t *ms_out)
{
	static const struct unit units[] = {{"ms", 1}, {"s", 1000}, {"m", 60 * 1000},
		{"h", 3600 * 1000}, {"d", 86400 * 1000}, {"w", 7 * 86400 * 1000}, {NULL, 0}};

	return with_unit(v, units, 3650ULL * 86400 * 1000, ms_out);
}

bool
literal_size(struct view v, uint64_t *bytes_out)
{
	static const struct unit units[] = {{"B", 1}, {"K", 1 << 10}, {"KB", 1 << 10},
		{"M", 1 << 20}, {"MB", 1 << 20}, {"G", 1 << 30}, {"GB", 1 << 30}, {NULL, 0}};

	return with_unit(v, units, (uint64_t)1 << 50, bytes_out);
}

bool
literal_is_symbol(struct view v)
{
	if (v.n < 2 || v.p[0] < 'A' || v.p[0] > 'Z')
		return false;
	for (size_t i = 1; i < v.n; i++)
		if (!(v.p[i] >= 'A' && v.p[i] <= 'Z') && !view_is_digit(v.p[i]) && v.p[i] != '_')
			return false;
	return true;
}

bool
literal_is_name(struct view v)
{
	if (v.n == 0 || v.p[0] < 'a' || v.p[0] > 'z')
		return false;
	for (size_t i = 1; i < v.n; i++)
		if (!(v.p[i] >= 'a' && v.p[i] <= 'z') && !view_is_digit(v.p[i]) && v.p[i] != '-')
			return false;
	return true;
}
