/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* See esearch.h. */

#include "config.h"

#include "common/base/table.h"
#include "imapd/esearch.h"

static const struct arg_bit return_rows[] = {
	{ .name = "MIN", .bit = RETURN_MIN },
	{ .name = "MAX", .bit = RETURN_MAX },
	{ .name = "ALL", .bit = RETURN_ALL },
	{ .name = "COUNT", .bit = RETURN_COUNT },
};

int
esearch_parse(struct arg *a, uint32_t *returns)
{
	size_t n = 0;
	int rc = 0;

	*returns = 0;
	if (!arg_if_word(a, "RETURN"))
		return 0;
	if (arg_sp(a) == -1)
		return -1;
	if (!arg_if_empty_list(a))
		while ((rc = arg_list_next(a, &n)) == 1)
			if (arg_bits(a, return_rows, NROWS(return_rows),
			    "Unknown option of RETURN", returns) == -1)
				return -1;
	if (rc == -1)
		return -1;
	/* RFC 4731, 3.1: an empty list means ALL. */
	if (*returns == 0)
		*returns = RETURN_ALL;
	return arg_sp(a);
}

static void
print_number(struct reply *r, const char *name, uint64_t n)
{
	reply_str(r, name);
	reply_number(r, n);
}

void
esearch_print(struct reply *r, const struct esearch *e)
{
	bool any = !idset_empty(e->found);

	reply_untagged(r, "ESEARCH");
	reply_str(r, " (TAG ");
	reply_string(r, e->tag);
	reply_char(r, ')');
	if (e->uid)
		reply_str(r, " UID");
	if (any && (e->returns & RETURN_MIN))
		print_number(r, " MIN ", idset_min(e->found));
	if (any && (e->returns & RETURN_MAX))
		print_number(r, " MAX ", idset_max(e->found));
	if (e->returns & RETURN_COUNT)
		print_number(r, " COUNT ", idset_count(e->found));
	if (any && (e->returns & RETURN_ALL)) {
		reply_str(r, " ALL ");
		reply_idset(r, e->found);
	}
	if (any && e->modseq != 0)
		print_number(r, " MODSEQ ", e->modseq);
	reply_end(r);
}
