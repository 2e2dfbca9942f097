/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Errors, set once, where they happen; see error.h.
 */

#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/base/table.h"
#include "storage/index/error.h"
#include "storage/index/op_head.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"

void
store_error_set(struct store_error *err, enum store_err kind, int errnum,
    const char *text)
{
	if (err->kind != STORE_OK)
		return;
	err->kind = kind;
	err->errnum = errnum;
	snprintf(err->text, sizeof(err->text), "%s", text);
}

void
store_error_errno(struct store_error *err, int errnum, const char *path)
{
	log_limited(LOG_LEVEL_WARN, "store error path=%s errno=%d: %s",
	    log_esc(slice_str(path)), errnum, strerror(errnum));
	switch (errnum) {
	case ENOSPC:
	case EDQUOT:
		store_error_set(err, STORE_ERR_OVERQUOTA, errnum,
		    "There is no space left on the disk");
		break;
	case EACCES:
	case EPERM:
	case EROFS:
		store_error_set(err, STORE_ERR_NOPERM, errnum,
		    "The mail store does not permit that");
		break;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		store_error_set(err, STORE_ERR_LIMIT, errnum,
		    "The server is short of resources; try again later");
		break;
	default:
		store_error_set(err, STORE_ERR_IO, errnum,
		    "The mail store could not be read or written");
		break;
	}
}

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
