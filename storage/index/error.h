/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Errors have a kind for the code, a sentence for the user and a line for the
 * log.
 */

#ifndef STORAGE_INDEX_ERROR_H
#define STORAGE_INDEX_ERROR_H

#include "common/base/run.h"
#include "storage/index/sql.h"
#include "storage/types.h"

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
/* Set an error, unless it is set already. */
void		 store_error_set(struct store_error *err, enum store_err kind,
		    int errnum, const char *text);
/*
 * As store_error_set(), for a system call that failed with errnum, which is
 * logged with the path.  Kind and text follow from errnum: ENOSPC is
 * STORE_ERR_OVERQUOTA, and so on.
 */
void		 store_error_errno(struct store_error *err, int errnum,
		    const char *path);

#endif
