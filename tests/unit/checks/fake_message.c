/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fake_message -- the part of a fake engine that tests of header checks need: fields and needed
 * facts. Included after fake_check.c.
 */
static struct {
	const struct header_field *field;
	size_t n;
	struct fact_value need[FAKE_FACTS];
} fake_message;

const struct header_field *
check_headers(const struct check_call *c, size_t *n_out)
{
	*n_out = c->stage >= STAGE_HEADER ? fake_message.n : 0;
	return fake_message.field;
}

const struct header_field *
check_header(const struct check_call *c, const char *name, size_t *count_out)
{
	const struct header_field *first = NULL;
	size_t n, count = 0;

	check_headers(c, &n);
	for (size_t i = 0; i < n; i++)
		if (view_is(fake_message.field[i].name, name) && count++ == 0)
			first = &fake_message.field[i];
	if (count_out)
		*count_out = count;
	return first;
}

const struct fact_value *
check_need(struct check_call *c, size_t i)
{
	return &fake_message.need[i];
}
