/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/date.h"

#include <time.h>

#include "mail/lexeme.h"

static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL};
static const char *const months[] = {
	"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", NULL};
static const struct {
	const char *name;
	int hours;
} zones[] = {{"ut", 0}, {"gmt", 0}, {"utc", 0}, {"z", 0}, {"est", -5}, {"edt", -4}, {"cst", -6}, {"cdt", -5},
	{"mst", -7}, {"mdt", -6}, {"pst", -8}, {"pdt", -7}};

/* Takes the current word; absent if there is none. */
static struct view
take(struct lexeme *l)
{
	struct view v = {NULL, 0};

	if (l->kind == LEXEME_WORD) {
		v = l->text;
		lexeme_next(l);
	}
	return v;
}

static bool
take_special(struct lexeme *l, char c)
{
	bool is = lexeme_is(l, c);

	if (is)
		lexeme_next(l);
	return is;
}

/* Index of the word in the table, or -1. */
static int
index_of(struct view word, const char *const *table)
{
	for (int i = 0; table[i]; i++)
		if (view_is(word, table[i]))
			return i;
	return -1;
}

/* A number of min to max digits. */
static bool
number(struct view v, size_t min, size_t max, int64_t *out)
{
	uint64_t n;

	if (v.n < min || v.n > max || !view_number(v, 9999, &n))
		return false;
	*out = (int64_t)n;
	return true;
}

/* year = 4*DIGIT; obs-year = 2*DIGIT, of which 4.3: "two digits 00 to 49: 2000; 50 to 99, or three
 * digits: 1900 is added". */
static bool
year(struct view v, int64_t *out)
{
	if (!number(v, 2, 4, out))
		return false;
	if (v.n == 2 && *out < 50)
		*out += 2000;
	else if (v.n < 4)
		*out += 1900;
	return *out >= 1900;
}

/* zone = ("+" / "-") 4DIGIT; obs-zone = the names above, or a letter but "J", which says nothing: 4.3
 * wants "-0000" for it. */
static bool
zone(struct view v, int64_t *seconds_out)
{
	int64_t n;

	if (v.n == 5 && (v.p[0] == '+' || v.p[0] == '-')) {
		if (!number(view_skip(v, 1), 4, 4, &n) || n % 100 > 59)
			return false;
		*seconds_out = (n / 100 * 3600 + n % 100 * 60) * (v.p[0] == '-' ? -1 : 1);
		return true;
	}
	for (size_t i = 0; i < sizeof(zones) / sizeof(*zones); i++)
		if (view_is(v, zones[i].name)) {
			*seconds_out = zones[i].hours * 3600;
			return true;
		}
	*seconds_out = 0;
	return v.n == 1 && view_is_alpha(v.p[0]) && view_lower(v.p[0]) != 'j';
}

/* Days since 1970 of a day of the Gregorian calendar; years begin in March, so that the leap day is the
 * last. */
static int64_t
days_since_1970(int64_t y, int64_t month, int64_t day)
{
	y -= month < 2;
	month = (month + 10) % 12;
	return y * 365 + y / 4 - y / 100 + y / 400 + (month * 153 + 2) / 5 + day - 719469;
}

static bool
day_ok(int64_t y, int month, int64_t day)
{
	static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

	return day >= 1 && day <= length[month] + (month == 1 && leap);
}

/* time-of-day = hour ":" minute [ ":" second ]; a leap second counts as the one after. */
static bool
time_of_day(struct lexeme *l, int64_t *out)
{
	int64_t h, m, s = 0;

	if (!number(take(l), 1, 2, &h) || !take_special(l, ':') || !number(take(l), 2, 2, &m))
		return false;
	if (take_special(l, ':') && !number(take(l), 2, 2, &s))
		return false;
	*out = h * 3600 + m * 60 + s;
	return h < 24 && m < 60 && s <= 60;
}

/* date-time = [ day-of-week "," ] date time [CFWS]; date = day month year; time = time-of-day zone */
bool
date_parse(struct view value, int64_t *out)
{
	struct lexeme l;
	int64_t day, y, at, offset;
	int month;

	lexeme_init(&l, value, false);
	if (l.kind == LEXEME_WORD && index_of(l.text, days) >= 0) {
		lexeme_next(&l);
		if (!take_special(&l, ','))
			return false;
	}
	if (!number(take(&l), 1, 2, &day) || (month = index_of(take(&l), months)) < 0 || !year(take(&l), &y))
		return false;
	if (!day_ok(y, month, day) || !time_of_day(&l, &at) || !zone(take(&l), &offset))
		return false;
	if (l.kind != LEXEME_END || l.bad)
		return false;
	*out = days_since_1970(y, month, day) * 86400 + at - offset;
	return true;
}

void
date_write(int64_t seconds, struct buf *out)
{
	static const char day_names[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
		month_names[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
			"Nov", "Dec"};
	time_t at = (time_t)seconds;
	struct tm t;

	gmtime_r(&at, &t);
	buf_printf(out, "%s, %d %s %d %02d:%02d:%02d +0000", day_names[t.tm_wday], t.tm_mday,
		month_names[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}
