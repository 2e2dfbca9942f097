/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* ID (RFC 2971): parsing the client's fields and printing ours. */

#include "config.h"

#include <sys/utsname.h>

#include "common/base/table.h"
#include "imapd/id.h"

/* Limits of RFC 2971, 3.3: pairs, and octets of a field and of a value. */
#define ID_PAIRS_MAX	30
#define ID_FIELD_MAX	30
#define ID_VALUE_MAX	1024

static int
id_pair(struct arg *a, struct buf *out)
{
	struct slice field, value;

	if (arg_string(a, &field) == -1 || arg_sp(a) == -1 ||
	    arg_nstring(a, &value) == -1)
		return -1;
	if (field.len > ID_FIELD_MAX || value.len > ID_VALUE_MAX)
		return arg_fail(a, "ID field is too long");
	if (value.p == NULL || field.len + value.len + 2 >
	    out->cap - buf_len(out))
		return 0;
	if (buf_len(out) > 0)
		(void)buf_add_char(out, ' ');
	(void)buf_add_slice(out, field);
	(void)buf_add_char(out, '=');
	(void)buf_add_slice(out, value);
	return 0;
}

int
id_parse(struct arg *a, struct buf *out)
{
	size_t pairs = 0;
	int rc;

	if (arg_if_word(a, "NIL") || arg_if_empty_list(a))
		return 0;
	while ((rc = arg_list_next(a, &pairs)) == 1) {
		if (pairs > ID_PAIRS_MAX)
			return arg_fail(a, "Too many ID fields");
		if (id_pair(a, out) == -1)
			return -1;
	}
	return rc;
}

struct id_row {
	uint32_t	 bit;		/* bit in conf.id_fields */
	const char	*field;
	const char	*value;		/* NULL: ask uname(3) */
};

static const struct id_row id_rows[] = {
	{ .bit = CONF_ID_NAME, .field = "name", .value = "Penfold" },
	{ .bit = CONF_ID_VERSION, .field = "version",
	    .value = PENFOLD_VERSION },
	{ .bit = CONF_ID_VENDOR, .field = "vendor",
	    .value = "The Penfold maintainers" },
	{ .bit = CONF_ID_OS, .field = "os" },
	{ .bit = CONF_ID_OS_VERSION, .field = "os-version" },
};

void
id_print(struct reply *r, const struct conf *conf)
{
	struct utsname un;
	const char *value;
	bool first = true;

	if (uname(&un) == -1)
		un.sysname[0] = un.release[0] = '\0';
	reply_untagged(r, "ID ");
	for (size_t i = 0; i < NROWS(id_rows); i++) {
		if ((conf->id_fields & id_rows[i].bit) == 0)
			continue;
		if ((value = id_rows[i].value) == NULL)
			value = id_rows[i].bit == CONF_ID_OS ? un.sysname :
			    un.release;
		reply_char(r, first ? '(' : ' ');
		reply_string(r, slice_str(id_rows[i].field));
		reply_char(r, ' ');
		reply_string(r, slice_str(value));
		first = false;
	}
	reply_str(r, first ? "NIL" : ")");
	reply_end(r);
}
