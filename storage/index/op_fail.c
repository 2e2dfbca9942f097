/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The failure of an operation; see op_fail.h. */

#include "config.h"

#include "common/base/buf.h"
#include "common/base/table.h"
#include "storage/index/op_fail.h"
#include "storage/index/op_head.h"
#include "storage/index/store_error.h"
#include "storage/index/store_state.h"

enum run
op_fail(struct op *op, enum store_err kind, int errnum, const char *text)
{
	store_error_set(&op->err, kind, errnum, text);
	return RUN_FAIL;
}

enum run
op_fail_sql(struct op *op, enum sql_rc rc)
{
	if (op->err.kind == STORE_OK)
		sql_error(op->store->db, rc, &op->err);
	return RUN_FAIL;
}

enum run
op_fail_path(struct op *op, const char *folder, const char *name,
    const char *file, int errnum)
{
	const char *parts[] = { folder, name, file };
	struct buf path;

	buf_init(&path, 4096);
	(void)buf_add_str(&path, op->store->root);
	for (size_t i = 0; i < NROWS(parts); i++)
		if (parts[i] != NULL && parts[i][0] != '\0') {
			(void)buf_add_char(&path, '/');
			(void)buf_add_str(&path, parts[i]);
		}
	(void)buf_add_char(&path, '\0');
	store_error_errno(&op->err, errnum, buf_slice(&path).p);
	buf_clear(&path);
	return RUN_FAIL;
}
