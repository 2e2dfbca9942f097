/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Ending an operation with an error, which has the form of store_error.h. */

#ifndef STORAGE_INDEX_OP_FAIL_H
#define STORAGE_INDEX_OP_FAIL_H

#include "common/base/run.h"
#include "storage/index/sql.h"
#include "storage/types.h"

struct op;

/*
 * Set the error of op, unless one is set already.  Returns RUN_FAIL.  errnum
 * is an errno, or 0 if no system call failed.
 */
enum run	 op_fail(struct op *op, enum store_err kind, int errnum,
		    const char *text);
/* As op_fail(), for a statement of the index that failed with rc. */
enum run	 op_fail_sql(struct op *op, enum sql_rc rc);
/*
 * As op_fail(), for a system call that failed with errnum, which is logged
 * with the path: the root of the store, followed by folder, name and file,
 * each of which may be NULL.  store_error_errno() chooses the kind of error.
 */
enum run	 op_fail_path(struct op *op, const char *folder,
		    const char *name, const char *file, int errnum);

#endif
