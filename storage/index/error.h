/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Errors: a kind for the code, a sentence for the user, a line for the log. */

#ifndef STORAGE_ERROR_H
#define STORAGE_ERROR_H

#include "common/base/run.h"
#include "storage/index/sql.h"
#include "storage/types.h"

/* Set the error; returns RUN_FAIL.  errnum 0 or an errno to be logged. */
enum run	 op_fail(struct op *op, enum store_err kind, int errnum,
		    const char *text);
/* The same from what the index said. */
enum run	 op_fail_sql(struct op *op, enum sql_rc rc);
/*
 * The same from an errno, which is logged with the path: of the root, a
 * folder of it, and name and file in that, each of which may be NULL.
 * ENOSPC and EDQUOT are OVERQUOTA, and so on.
 */
enum run	 op_fail_path(struct op *op, const char *folder,
		    const char *name, const char *file, int errnum);
/* Set an error that is not set yet. */
void		 store_error_set(struct store_error *err, enum store_err kind,
		    int errnum, const char *text);
/* The same from an errno, which is logged with the path. */
void		 store_error_errno(struct store_error *err, int errnum,
		    const char *path);

#endif
