/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Errors have a kind for the code, a sentence for the user and a line for the
 * log.
 */

#ifndef STORAGE_INDEX_STORE_ERROR_H
#define STORAGE_INDEX_STORE_ERROR_H

#include "storage/types.h"

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
/* Set the error of a store that was given up (mailbox/home.h). */
void		 store_error_lost(struct store_error *err);

#endif
